//! The services that send requests.

/// The service that sent a request, as it was identified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its name in the settings; `anonymous` for one without a key. The log records it.
    pub name: String,
    /// Whether it may name an operator as the actor.
    pub asserts_operators: bool,
}

impl Caller {
    /// The name of a caller without a key.
    pub const ANONYMOUS: &'static str = "anonymous";
    /// The name of the server itself, as the caller of its own writes and as the id of the service that is their actor.
    pub const SERVER: &'static str = "rollcall";
    /// The names that no caller of the settings has.
    pub const RESERVED: [&'static str; 2] = [Self::ANONYMOUS, Self::SERVER];
}

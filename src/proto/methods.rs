//! What the contract says of each method: the option `required_right`.

/// A method, and the right that its caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// The path of its requests: `/rollcall.v1.AuthorizationService/Check`.
    pub path: &'static str,
    /// The name of its request message: `CheckRequest`.
    pub request: &'static str,
    /// The right's name in the enum `Right`: `RIGHT_READ`.
    pub right: &'static str,
}

/// Every method, by service in the order of the contract.
pub const METHODS: &[MethodInfo] = include!(concat!(env!("OUT_DIR"), "/methods.rs"));

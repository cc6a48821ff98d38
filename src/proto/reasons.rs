//! What the contract says of each reason of an error: the options of the enum `ErrorReason`.

/// What is known of every error with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonInfo {
    /// The reason's name, as `ErrorInfo` and the enum have it: `FIELD_REQUIRED`.
    pub name: &'static str,
    /// The name of its gRPC status code: `INVALID_ARGUMENT`.
    pub code: &'static str,
    /// Whether the very same request may succeed later.
    pub retryable: bool,
    /// The keys that its metadata always has.
    pub metadata: &'static [&'static str],
    /// The keys that its metadata has in some cases.
    pub optional_metadata: &'static [&'static str],
    /// What mends it, in a few words.
    pub remedy: &'static str,
}

/// Every reason, in the order of the contract.
pub const REASONS: &[ReasonInfo] = include!(concat!(env!("OUT_DIR"), "/reasons.rs"));

/// What is known of a reason by its name; none if the contract has no such reason.
pub fn find(name: &str) -> Option<&'static ReasonInfo> {
    REASONS.iter().find(|reason| reason.name == name)
}

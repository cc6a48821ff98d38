//! Compares what the service answered with what a case expects.

use rollcall_policy_tools::cases::{Case, Expected};

/// Demands that an answer is the expected one. `denied` is the reason code of a refusal, `None` if it was allowed; it
/// is compared only if the case names a reason.
///
/// # Panics
/// If the answer is another, with the line of the case and `what` was sent.
pub fn assert_matches(case: &Case, expected: &Expected, what: &str, denied: Option<&str>) {
    let at = format!("line {} of `{}`: {what}: {denied:?}", expected.line, case.name);
    assert_eq!(denied.is_none(), expected.allowed, "{at}");
    if let (Some(reason), Some(denied)) = (&expected.reason, denied) {
        assert_eq!(denied, reason, "{at}");
    }
}

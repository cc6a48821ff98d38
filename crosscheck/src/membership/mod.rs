//! Membership writes, decided a second time: the rules of `[TYPE.members]` and the limits that hold whatever they say
//! (protection, last holders, the state of the target) become Cedar's policies, from the text of the file alone.
//!
//! The principal is whoever writes, the resource is where; the context has the `target`, and as bindings of roles there
//! what the write takes (`from`; not said, it is all that the target has there) and what it gives (`to`). Ends of roles
//! are left out, for Cedar's policies can't add up when a right ends: every role is given for good, so `may_outlast`
//! decides nothing here, and neither do changes of an end alone. So are writes that are made several at once, and what is
//! decided of an invitation when it is accepted. Teams make no chain here that would be too deep.

pub mod compare;
pub mod request;
mod state;
pub mod translate;
mod words;

/// The policies whose membership rules are compared with Cedar: name, and text of the file. What no product says is in
/// the last three: who may be written to, who keeps what, teams, and roles for everybody.
pub const POLICIES: [(&str, &str); 7] = [
    ("lumicon", include_str!("../../../policies/lumicon.toml")),
    ("lumi-1", include_str!("../../../policies/lumi-1.toml")),
    ("lumi-2", include_str!("../../../policies/lumi-2.toml")),
    ("lume", include_str!("../../../policies/lume.toml")),
    ("yard", include_str!("../../../tests/stress/model_based/yard.toml")),
    ("chains", include_str!("../../../tests/stress/model_based/chains.toml")),
    ("club", include_str!("../../club.toml")),
];

//! The old words, and what to say instead. One that also has an ordinary meaning is banned only where it had another.

use crate::definitions::Role;

/// A name that is no longer used.
pub(super) struct OldName {
    /// The whole name; a longer one that contains it is another.
    pub(super) name: &'static str,
    /// The names to choose from, in backticks.
    pub(super) instead: &'static str,
    /// What it is banned as.
    pub(super) roles: &'static [Role],
    /// The directories below which it is banned.
    pub(super) below: &'static [&'static str],
}

const ANY: &[Role] =
    &[Role::Binding, Role::Field, Role::Function, Role::Type, Role::Variant, Role::Constant, Role::Module, Role::File];
/// Variables, parameters and fields.
const VALUES: &[Role] = &[Role::Binding, Role::Field];
const VALUES_AND_FUNCTIONS: &[Role] = &[Role::Binding, Role::Field, Role::Function];
const FUNCTIONS_AND_FILES: &[Role] = &[Role::Function, Role::Module, Role::File];
const TYPES_AND_VARIANTS: &[Role] = &[Role::Type, Role::Variant];
const MODULES: &[Role] = &[Role::Module, Role::File];

const ALL: &[&str] = &[""];
const CODE: &[&str] = &["src/", "crates/"];
const SERVICE: &[&str] = &["src/service/"];
const ENGINE: &[&str] = &["crates/engine/"];
const TESTS: &[&str] = &["tests/"];

const fn old(
    name: &'static str,
    instead: &'static str,
    roles: &'static [Role],
    below: &'static [&'static str],
) -> OldName {
    OldName { name, instead, roles, below }
}

/// The names that nothing may have any more.
pub(super) const NAMES: &[OldName] = &[
    // Resources and roles.
    old("of", "`resource_type`", VALUES, ALL),
    old("place", "`resource`, `node` or, in pages, `cursor`", VALUES_AND_FUNCTIONS, ALL),
    old("Place", "`Node`, `Resource` or, in pages, `Cursor`", TYPES_AND_VARIANTS, ALL),
    old("bound", "`assigned_roles`", VALUES_AND_FUNCTIONS, ALL),
    old("held", "`assigned_roles` or `effective_roles`", ANY, ALL),
    old("taken", "`removed_roles`", ANY, ALL),
    old("gives", "`is_new_role`", ANY, ALL),
    old("way_up", "`ancestors`", ANY, ALL),
    old("counting", "`ancestors_with_inheritance`", ANY, ALL),
    old("ITSELF", "`SELF`", ANY, ALL),
    old("Holders", "`Principals`", ANY, ALL),
    // Questions, writes and answers.
    old("told", "`options`, `response` or `batch`", ANY, ALL),
    old("Told", "`Batch` or `Response`", ANY, ALL),
    old("wanted", "`operation` or `request`", ANY, ALL),
    old("asked", "`request`", ANY, ALL),
    old("standing", "`member_status`", ANY, ALL),
    old("Standing", "`MemberStatus`", ANY, ALL),
    old("Session", "`WriteContext`", TYPES_AND_VARIANTS, SERVICE),
    old("Call", "`RequestContext`", TYPES_AND_VARIANTS, CODE),
    old("Sender", "`RequestContext`", TYPES_AND_VARIANTS, CODE),
    old("RequestKey", "`IdempotencyKey`", ANY, ALL),
    old("Answered", "`StoredResponse`", ANY, ALL),
    old("remember", "`save_response`", FUNCTIONS_AND_FILES, CODE),
    old("answered", "`find_response`", FUNCTIONS_AND_FILES, CODE),
    old("Checked", "`Validator` or `FieldErrors`", ANY, ALL),
    old("Kept", "`StoredResponse`, `CachedSnapshots` or what is counted", ANY, ALL),
    old("turn", "`write_queue` or `write_permit`", VALUES_AND_FUNCTIONS, CODE),
    old("freshness", "`consistency`", ANY, ALL),
    old("by_action", "`resource_permission`", ANY, ALL),
    old("deed", "`operation` or `resource_permission`", ANY, ALL),
    old("Deed", "`Operation` or `ResourcePermission`", ANY, ALL),
    old("deeds", "`operations`", ANY, ALL),
    old("Verb", "`WriteKind`", ANY, ALL),
    old("Operation", "`MembershipWrite`", TYPES_AND_VARIANTS, ENGINE),
    old("redates", "`changes_expiry`", ANY, ALL),
    old("judge", "`decide` for questions, `permit` for membership writes", ANY, ALL),
    old("Judge", "`Decide` for questions, `Permit` for membership writes", ANY, ALL),
    old("govern", "`permit`", FUNCTIONS_AND_FILES, ALL),
    old("acting", "`permit`", FUNCTIONS_AND_FILES, ALL),
    old("may_write", "`permit`", FUNCTIONS_AND_FILES, ALL),
    old("Offer", "`IssuedInvitation`", ANY, ALL),
    old("room_to_issue", "`check_invitation_quota`", ANY, ALL),
    // Policies, views and limits.
    old("Misfits", "`PolicyIncompatibilities`", ANY, ALL),
    old("misfits", "`incompatibilities`", ANY, ALL),
    old("Shelf", "`PolicyStore`", ANY, ALL),
    old("shelf", "`policy_store`", ANY, ALL),
    old("Library", "`PolicySet`", ANY, ALL),
    old("Parted", "`Diverged`", ANY, ALL),
    old("past", "`history`", MODULES, CODE),
    old("Frozen", "`HistoricalView`", ANY, ALL),
    old("Ends", "`Expirations`", ANY, ALL),
    old("lapse", "`expire_due`", ANY, ALL),
    old("patience", "`timeout`", ANY, ALL),
    old("PIECE", "`CHUNK`", ANY, ALL),
    old("upto", "`up_to`", ANY, ALL),
    // Tests.
    old("governed", "`model_based`", MODULES, TESTS),
    old("over_grpc", "`policy_cases_over_grpc`", MODULES, TESTS),
    old("holders", "`teams_and_expiry`", MODULES, TESTS),
    old("drive", "`driver`", MODULES, TESTS),
    old("storm", "`concurrent_random_writes`", ANY, ALL),
    old("ground", "`fixture`", ANY, ALL),
    old("Ground", "`Fixture`", ANY, ALL),
    old("furnish", "`seed`", ANY, ALL),
    old("sight", "`observed_state`", ANY, ALL),
    old("Sight", "`ObservedState`", ANY, ALL),
    old("tally", "`coverage`", ANY, ALL),
    old("Tally", "`Coverage`", ANY, ALL),
    old("cast", "`actors`", ANY, ALL),
    old("Cast", "`Actors`", ANY, ALL),
    old("tape", "`byte_source`", ANY, ALL),
    old("Tape", "`ByteSource`", ANY, ALL),
    old("spoilt", "`mutated`", ANY, ALL),
];

/// What no text may say any more, and what to say instead.
pub(super) const PHRASES: &[(&str, &str)] = &[
    ("WHICH_ROLE", "`ROLE_AMBIGUOUS`"),
    ("NO_ROLE_HERE", "`ROLE_NOT_BOUND`"),
    ("HOLDER_UNSUITABLE", "`SUBJECT_NOT_ELIGIBLE`"),
    ("hardly means what it says", "\"has a lint warning\""),
    ("it counts all the same", "\"it was loaded anyway\""),
    ("that the store has not got", "\"the token is newer than the store\""),
    ("may not act: they are the actor", "\"actor `x` is deactivated\""),
    ("What happens by itself", "\"Background work\""),
    ("Whom a new policy meets", "\"Compatibility of a new version\""),
];

//! Questions: decisions, lists, single things, and the log.

pub(crate) mod authorize;
mod changes;
pub(crate) mod consistency;
mod invitations;
mod members;
mod people;
mod question;
mod single;
mod watch;

pub use authorize::{Basis, BatchItem, CheckOutcome, ResourcePage};
pub use changes::{ChangePage, ListChanges};
pub use consistency::Consistency;
pub use invitations::{FoundInvitation, InvitationPage, ListInvitations, ListedInvitation, SuppressedPage};
pub use members::{ListMembers, ListedMember, MemberPage, Membership};
pub use question::CheckQuestion;
pub use single::{FoundMember, MemberRole};
pub use watch::{WatchBatch, WatchFrom, Watcher};

//! A tenant's state by its change log, replayed from the JSON alone and strictly: what is added must not exist, what is
//! removed must, and nothing may refer to what is gone.

use std::collections::BTreeMap;

use serde_json::Value;

/// A type and an id, of a subject or a resource.
pub type Key = (String, String);

/// The holder, the resource and the role of an assignment.
pub type Binding = (Key, Key, String);

/// A tenant's facts, as plain rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub policy_version: i64,
    pub members: BTreeMap<Key, MemberRow>,
    /// When each assignment ends, in microseconds since 1970; `None` if it does not.
    pub bindings: BTreeMap<Binding, Option<i64>>,
    /// When those that are pending can be accepted no more, where that is before their invitations expire.
    pub offer_ends: BTreeMap<Binding, i64>,
    /// Who gave each assignment, and by which rule.
    pub givers: BTreeMap<Binding, (Key, String)>,
    pub resources: BTreeMap<Key, ResourceRow>,
    /// The resources that were deleted and are not registered again, and the revisions that deleted them.
    pub tombstones: BTreeMap<Key, i64>,
    /// By invitation id.
    pub invitations: BTreeMap<String, InvitationRow>,
    /// By email: since when, in microseconds since 1970.
    pub suppressed: BTreeMap<String, i64>,
}

/// The columns of a member without its key. The log has nothing of the profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberRow {
    pub status: String,
    pub locked: bool,
    pub display_name: String,
    pub email: Option<String>,
    pub username: Option<String>,
    pub phone: Option<String>,
    pub created_at: i64,
}

/// The columns of a resource without its key.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceRow {
    pub parent: Option<Key>,
    pub owner: Option<Key>,
    pub archived: bool,
    pub display_name: String,
    pub created_at: i64,
}

/// The columns of an invitation without its id.
#[derive(Clone, Debug, PartialEq)]
pub struct InvitationRow {
    pub email: String,
    pub token_hash: String,
    pub inviter: Key,
    pub status: String,
    pub expires_at: i64,
    pub remind_at: Option<i64>,
    pub due_at: Option<i64>,
    pub issued_at: i64,
    pub created_at: i64,
    pub revision: i64,
}

/// One change of the log: its columns, and its data as JSON.
#[derive(Clone, Debug)]
pub struct LogRow {
    pub revision: i64,
    pub seq: i64,
    pub kind: String,
    pub actor: Key,
    pub rule: String,
    /// When it was committed, in microseconds since 1970.
    pub at: i64,
    pub data: Value,
}

impl State {
    /// The state after a whole log, whose revisions must be 1, 2, 3 … without a gap.
    pub fn replay(log: &[LogRow]) -> Self {
        let mut state = Self::default();
        for group in revisions(log) {
            state.apply_all(group);
        }
        state
    }

    /// The same facts without what people are called and reached by, which no log has.
    #[must_use]
    pub fn without_profiles(mut self) -> Self {
        for row in self.members.values_mut() {
            let (status, locked, created_at) = (row.status.clone(), row.locked, row.created_at);
            *row = MemberRow { status, locked, created_at, ..MemberRow::default() };
        }
        self
    }

    /// Applies the rows of one revision, in their order.
    pub fn apply_all(&mut self, rows: &[LogRow]) {
        for row in rows {
            assert_eq!(text(&row.data, "kind"), row.kind, "the column and the JSON agree");
            self.apply(row);
        }
    }

    fn apply(&mut self, row: &LogRow) {
        let (revision, change) = (row.revision, &row.data);
        match text(change, "kind").as_str() {
            "tenant_created" => {
                assert_eq!(*self, Self::default(), "a tenant is created first");
                self.policy_version = number(&change["tenant"], "policy_version");
            }
            "policy_set" => self.set_policy(change),
            "resource_created" => self.create_resource(&change["resource"]),
            "resource_archived" => self.archive(change, true),
            "resource_restored" => self.archive(change, false),
            "resource_moved" => self.move_resource(change),
            "owner_changed" => self.change_owner(change),
            "resource_deleted" => self.delete_resource(revision, change),
            "member_added" => self.add_member(change),
            "member_updated" => self.update_member(change),
            "member_removed" => self.remove_member(change),
            "role_granted" => self.grant(binding(change, "role"), row),
            "role_revoked" | "role_expired" => {
                self.revoke(&binding(change, "role"), change);
            }
            "role_changed" => {
                let offer_end = self.offer_ends.get(&binding(change, "from")).copied();
                let end = self.revoke(&binding(change, "from"), change);
                assert_eq!(end, change["from_expires_at"].as_i64(), "when it would have ended: {change}");
                self.grant(binding(change, "to"), row);
                self.offer_ends.extend(offer_end.map(|end| (binding(change, "to"), end)));
            }
            "invitation_issued" => self.issue_invitation(revision, change),
            "invitation_accepted" => self.close(revision, change, "ACCEPTED"),
            "invitation_revoked" => self.close(revision, change, "REVOKED"),
            "invitation_declined" => self.close(revision, change, "DECLINED"),
            "invitation_expired" => self.close(revision, change, "EXPIRED"),
            "invitation_reminder_due" | "invitation_reminder_withheld" => self.remind(revision, change),
            "address_suppressed" => self.suppress(revision, change),
            "address_cleared" => self.clear_address(change),
            other => panic!("the log has an unknown kind `{other}`"),
        }
    }

    fn set_policy(&mut self, change: &Value) {
        assert_eq!(self.policy_version, number(change, "from"), "{change}");
        self.policy_version = number(change, "to");
        assert_ne!(self.policy_version, number(change, "from"), "it is another: {change}");
    }

    fn move_resource(&mut self, change: &Value) {
        let (from, to) = (key(&change["from"]), key(&change["to"]));
        assert!(self.resources.contains_key(&to), "its parent exists: {change}");
        let row = self.resource(change);
        assert_eq!(row.parent.replace(to), Some(from), "{change}");
    }

    fn change_owner(&mut self, change: &Value) {
        let to = maybe_key(&change["to"]);
        let row = self.resource(change);
        assert_eq!(std::mem::replace(&mut row.owner, to), maybe_key(&change["from"]), "{change}");
    }

    fn delete_resource(&mut self, revision: i64, change: &Value) {
        let (deleted, row) = resource(&change["resource"]);
        assert_eq!(self.resources.remove(&deleted), Some(row), "a resource is deleted as it was: {change}");
        assert!(!self.resources.values().any(|row| row.parent.as_ref() == Some(&deleted)), "nothing is below");
        assert!(!self.bindings.keys().any(|(_, resource, _)| *resource == deleted), "nothing is bound there: {change}");
        self.tombstones.insert(deleted, revision);
    }

    fn add_member(&mut self, change: &Value) {
        let (subject, row) = member(&change["member"]);
        assert!(self.members.insert(subject, row).is_none(), "a member is added once: {change}");
    }

    fn update_member(&mut self, change: &Value) {
        let (subject, row) = member(&change["member"]);
        let before = self.members.insert(subject, row).expect("only a member is updated");
        assert_eq!(before.status, text(&change["before"], "status").to_uppercase(), "what was: {change}");
        assert_eq!(Some(before.locked), change["before"]["locked"].as_bool(), "what was: {change}");
    }

    fn remove_member(&mut self, change: &Value) {
        let (subject, row) = member(&change["member"]);
        assert_eq!(self.members.remove(&subject), Some(row), "a member is removed as they were: {change}");
        assert!(!self.bindings.keys().any(|(holder, ..)| *holder == subject), "nothing is left: {change}");
    }

    fn resource(&mut self, change: &Value) -> &mut ResourceRow {
        let found = self.resources.get_mut(&key(&change["resource"]));
        found.unwrap_or_else(|| panic!("only a resource is changed: {change}"))
    }

    fn archive(&mut self, change: &Value, archived: bool) {
        let row = self.resource(change);
        assert_ne!(std::mem::replace(&mut row.archived, archived), archived, "it is another: {change}");
    }

    fn create_resource(&mut self, created: &Value) {
        let (key, row) = resource(created);
        let parent = row.parent.as_ref();
        assert!(parent.is_none_or(|parent| self.resources.contains_key(parent)), "its parent exists: {created}");
        self.tombstones.remove(&key);
        let before = self.resources.insert(key, row);
        assert!(before.is_none(), "a resource is created once: {created}");
    }

    fn grant(&mut self, binding: Binding, row: &LogRow) {
        let change = &row.data;
        assert!(self.members.contains_key(&binding.0), "only a member holds roles: {change}");
        assert!(self.resources.contains_key(&binding.1), "only at a registered resource: {change}");
        let same_holder_and_resource = |other: &&Binding| other.0 == binding.0 && other.1 == binding.1;
        // One that has ended may be there still, until the log has its expiry.
        let goes_on = |end: &Option<i64>| end.is_none_or(|end| end > row.at);
        let mut others = self.bindings.iter().filter(|(other, end)| same_holder_and_resource(other) && goes_on(end));
        let has_another_role = others.any(|(other, _)| *other != binding);
        assert!(!has_another_role, "one role a member and resource: {change}");
        let granted_by = &change["granted_by"];
        let by = if granted_by.is_null() {
            (row.actor.clone(), row.rule.clone())
        } else {
            (key(&granted_by["member"]), text(granted_by, "rule"))
        };
        self.givers.insert(binding.clone(), by);
        self.offer_ends.remove(&binding);
        self.offer_ends.extend(change["offer_ends_at"].as_i64().map(|end| (binding.clone(), end)));
        let is_pending = self.members[&binding.0].status == "INVITED";
        let before = self.bindings.insert(binding, change["expires_at"].as_i64());
        // A role that has ended may be granted anew before the log has its expiry, and a pending one be taken over.
        let is_free = before.is_none_or(|end| end.is_some());
        assert!(is_free || is_pending, "a role that is assigned is not granted again: {change}");
    }

    /// Takes a role away, and returns when it would have ended.
    fn revoke(&mut self, binding: &Binding, change: &Value) -> Option<i64> {
        self.givers.remove(binding);
        self.offer_ends.remove(binding);
        self.bindings.remove(binding).unwrap_or_else(|| panic!("only an assigned role is revoked: {change}"))
    }

    fn issue_invitation(&mut self, revision: i64, change: &Value) {
        let invitation = &change["invitation"];
        let row = InvitationRow {
            email: text(invitation, "address"),
            token_hash: text(invitation, "token_hash"),
            inviter: key(&invitation["inviter"]),
            status: text(invitation, "status").to_uppercase(),
            expires_at: number(invitation, "expires_at"),
            remind_at: invitation["remind_at"].as_i64(),
            due_at: Some(invitation["remind_at"].as_i64().unwrap_or(number(invitation, "expires_at"))),
            issued_at: number(invitation, "issued_at"),
            created_at: number(invitation, "created_at"),
            revision,
        };
        assert_eq!(row.status, "PENDING", "{change}");
        let before = self.invitations.insert(text(invitation, "id"), row);
        assert!(before.is_none_or(|before| before.is_open()), "only an open one is issued again: {change}");
        self.one_open(&text(invitation, "address"));
    }

    fn remind(&mut self, revision: i64, change: &Value) {
        let row = self.invitations.get_mut(&text(change, "id")).expect("a known invitation");
        assert_eq!(row.status, "PENDING", "{change}");
        assert!(row.remind_at.is_some(), "a reminder was to come: {change}");
        row.remind_at = change["remind_at"].as_i64();
        row.due_at = Some(row.remind_at.unwrap_or(row.expires_at));
        row.revision = revision;
    }

    fn suppress(&mut self, revision: i64, change: &Value) {
        let email = text(change, "address");
        for row in self.invitations.values_mut().filter(|row| row.email == email && row.status == "PENDING") {
            (row.remind_at, row.due_at, row.revision) = (None, Some(row.expires_at), revision);
        }
        assert!(self.suppressed.insert(email, number(change, "at")).is_none(), "suppressed once: {change}");
    }

    fn clear_address(&mut self, change: &Value) {
        assert!(self.suppressed.remove(&text(change, "address")).is_some(), "was suppressed: {change}");
    }

    fn close(&mut self, revision: i64, change: &Value, status: &str) {
        let invitation = self.invitations.get_mut(&text(change, "id"));
        let invitation = invitation.unwrap_or_else(|| panic!("an unknown invitation: {change}"));
        let can_close = invitation.status == "PENDING" || (status == "REVOKED" && invitation.status == "EXPIRED");
        assert!(can_close, "an invitation is closed once: {change}");
        assert_eq!(invitation.email, text(change, "address"), "{change}");
        status.clone_into(&mut invitation.status);
        (invitation.remind_at, invitation.due_at, invitation.revision) = (None, None, revision);
    }

    fn one_open(&self, email: &str) {
        let open = self.invitations.values().filter(|row| row.email == email && row.is_open());
        assert_eq!(open.count(), 1, "one open invitation an email: `{email}`");
    }
}

impl InvitationRow {
    fn is_open(&self) -> bool {
        self.status == "PENDING" || self.status == "EXPIRED"
    }
}

/// The log's rows by revision.
///
/// # Panics
///
/// When the revisions are not 1, 2, 3 …, or the sequence within one has a gap.
pub fn revisions(log: &[LogRow]) -> Vec<&[LogRow]> {
    let groups = log.chunk_by(|a, b| a.revision == b.revision).collect::<Vec<_>>();
    for (group, revision) in groups.iter().zip(1..) {
        for (row, seq) in group.iter().zip(group[0].seq..) {
            assert_eq!((row.revision, row.seq), (revision, seq), "the log has a gap");
        }
    }
    groups
}

/// The key of a JSON object that has the texts `type` and `id`.
pub fn key(value: &Value) -> Key {
    (text(value, "type"), text(value, "id"))
}

fn maybe_key(value: &Value) -> Option<Key> {
    (!value.is_null()).then(|| key(value))
}

fn binding(change: &Value, role: &str) -> Binding {
    (key(&change["holder"]), key(&change["resource"]), text(change, role))
}

fn resource(value: &Value) -> (Key, ResourceRow) {
    let row = ResourceRow {
        parent: maybe_key(&value["parent"]),
        owner: maybe_key(&value["owner"]),
        archived: value["archived"].as_bool().expect("a flag"),
        display_name: text(value, "display_name"),
        created_at: number(value, "created_at"),
    };
    (key(value), row)
}

fn member(value: &Value) -> (Key, MemberRow) {
    let row = MemberRow {
        status: text(value, "status").to_uppercase(),
        locked: value["locked"].as_bool().expect("a flag"),
        created_at: number(value, "created_at"),
        ..MemberRow::default()
    };
    (key(&value["id"]), row)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("`{field}` is a text in {value}")).to_owned()
}

fn number(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_else(|| panic!("`{field}` is a number in {value}"))
}

//! The part of a tenant that membership writes can change, read from the facts of a case, from the tables and over
//! gRPC.

use std::collections::{BTreeMap, BTreeSet};

use rollcall::proto::{
    self, GetResourceRequest, GetTenantRequest, ListInvitationsRequest, ListMembersRequest, ResourceRef,
};
use rollcall_engine::{Change, InvitationStatus, MemberStatus, ResourceKey, Subject, Timestamp, kind};

use super::{fixture::CaseTenant, requests::resource_ref};
use crate::support::{Api, db::Db, tokens::revision_of};

/// The page size of lists: more than a tenant of a case has of anything.
const PAGE: i32 = 1000;

/// Roles at resources, each with its end.
pub type AssignedRoles = BTreeSet<(ResourceKey, String, Option<Timestamp>)>;

/// Members, owners and invitations of a tenant at a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedState {
    pub revision: i64,
    pub members: BTreeMap<Subject, ObservedMember>,
    pub owners: BTreeMap<ResourceKey, Option<Subject>>,
    /// The status of each invitation, by its email.
    pub invitations: BTreeMap<String, InvitationStatus>,
}

/// A member with the roles assigned to them that have not ended, by resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedMember {
    pub status: MemberStatus,
    pub locked: bool,
    pub name: String,
    pub roles: AssignedRoles,
}

impl ObservedState {
    /// The state of a tenant that has the facts of its case and no others, at revision 1.
    pub fn of(tenant: &CaseTenant) -> Self {
        let (members, owners, invitations) = Default::default();
        let mut observed = Self { revision: 1, members, owners, invitations };
        for change in &tenant.facts {
            match change {
                Change::ResourceCreated { resource } => {
                    observed.owners.insert(resource.key.clone(), resource.owner.clone());
                }
                Change::MemberAdded { member } => {
                    let name = member.profile.display_name.clone();
                    let seen = ObservedMember {
                        status: member.status,
                        locked: member.locked,
                        name,
                        roles: BTreeSet::default(),
                    };
                    observed.members.insert(member.subject.clone(), seen);
                }
                Change::RoleGranted { expires_at, .. } if tenant.has_ended(*expires_at) => {}
                Change::RoleGranted { subject, resource, role, expires_at, .. } => {
                    let holder = observed.members.get_mut(subject).expect("a member");
                    holder.roles.insert((resource.clone(), role.clone(), *expires_at));
                }
                Change::InvitationIssued { invitation, .. } => {
                    observed.invitations.insert(invitation.email.clone(), invitation.status);
                }
                other => panic!("cases have no such facts: {other:?}"),
            }
        }
        observed
    }

    /// The state that the tables have, without roles that have ended: they are there until they are swept.
    pub async fn stored(db: &Db, tenant: &CaseTenant) -> Self {
        let tables = db.state(&tenant.name).await;
        let (members, owners, invitations) = Default::default();
        let mut stored = Self { revision: db.revision(&tenant.name).await, members, owners, invitations };
        for ((kind, id), row) in tables.members {
            let status = match row.status.as_str() {
                "INVITED" => MemberStatus::Invited,
                "ACTIVE" => MemberStatus::Active,
                "DEACTIVATED" => MemberStatus::Deactivated,
                other => panic!("`{other}` is no status of a member"),
            };
            let seen =
                ObservedMember { status, locked: row.locked, name: row.display_name, roles: BTreeSet::default() };
            stored.members.insert(Subject::new(kind, id), seen);
        }
        for (((holder_kind, holder_id), (kind, id), role), end) in tables.bindings {
            let holder = stored.members.get_mut(&Subject::new(holder_kind, holder_id)).expect("a holder is a member");
            let end = end.map(Timestamp);
            if !tenant.has_ended(end) {
                holder.roles.insert((ResourceKey::new(kind, id), role, end));
            }
        }
        for ((kind, id), row) in tables.resources {
            let owner = row.owner.map(|(kind, id)| Subject::new(kind, id));
            stored.owners.insert(ResourceKey::new(kind, id), owner);
        }
        for row in tables.invitations.into_values() {
            let status = InvitationStatus::ALL.into_iter().find(|it| format!("{it:?}").to_uppercase() == row.status);
            let earlier = stored.invitations.insert(row.email, status.expect("a status"));
            assert_eq!(earlier, None, "one per email");
        }
        stored
    }

    /// The part of it at some resources: the members, with their roles there, the owners there, all invitations.
    /// Everybody (`*`) is a part of it only if a role there is assigned to them.
    #[must_use]
    pub fn at(mut self, keys: &BTreeSet<ResourceKey>) -> Self {
        for seen in self.members.values_mut() {
            seen.roles.retain(|(key, ..)| keys.contains(key));
        }
        self.members.retain(|subject, seen| !subject.as_ref().is_everybody() || !seen.roles.is_empty());
        self.owners.retain(|key, _| keys.contains(key));
        self
    }

    /// The state that the API shows.
    pub async fn read(api: &Api, tenant: &CaseTenant) -> Self {
        let all_resources = Self::of(tenant).owners.into_keys().collect();
        Self::read_at(api, tenant, &all_resources, None).await
    }

    /// The state that the API shows of some resources, of which the root is one, and of all invitations. The grants
    /// that an invitation is shown with must be the roles of the invited member: in `whole` or, without it, in what is
    /// read here.
    pub async fn read_at(api: &Api, tenant: &CaseTenant, keys: &BTreeSet<ResourceKey>, whole: Option<&Self>) -> Self {
        let name = || tenant.name.clone();
        let token = api
            .get_tenant(GetTenantRequest { tenant: name(), consistency: None })
            .await
            .expect("the tenant exists")
            .token;
        let (members, owners, invitations) = Default::default();
        let mut observed = Self { revision: revision_of(&token), members, owners, invitations };
        for key in keys {
            observed.members_at(api, tenant, key).await;
            let request = GetResourceRequest { tenant: name(), resource: Some(resource_ref(key)), consistency: None };
            let found = api.get_resource(request).await.expect("it is there").resource.expect("the response has it");
            observed.owners.insert(key.clone(), found.owner.map(to_subject));
        }
        let all = ListInvitationsRequest { tenant: name(), page_size: PAGE, ..Default::default() };
        for listed in api.list_invitations(all).await.expect("they are listed").invitations {
            let invitation = listed.invitation.expect("a listed invitation is there");
            let status = InvitationStatus::from_code(code(invitation.status)).expect("a status");
            let invited = whole.unwrap_or(&observed).members.get(&Subject::email(&invitation.email));
            assert_eq!(
                invited.map(|member| &member.roles),
                status.is_open().then(|| assigned_roles(listed.grants)).as_ref()
            );
            let earlier = observed.invitations.insert(invitation.email, status);
            assert_eq!(earlier, None, "one per email");
        }
        observed
    }

    /// Adds the members at a resource, which at the root are all, with the roles that are assigned to them there.
    async fn members_at(&mut self, api: &Api, tenant: &CaseTenant, key: &ResourceKey) {
        let (tenant, resource) = (tenant.name.clone(), Some(resource_ref(key)));
        let request = ListMembersRequest { tenant, resource, page_size: PAGE, ..Default::default() };
        for listed in api.list_members(request).await.expect("they are listed").members {
            let assigned = listed.memberships.into_iter().filter(|it| it.resource == Some(resource_ref(key)));
            let assigned = assigned.filter(|it| it.implied_by.is_empty() && it.through.is_none());
            let roles: Vec<_> = assigned
                .map(|it| (key.clone(), short_name(&it.role).to_owned(), it.expire_time.map(timestamp)))
                .collect();
            let member = listed.member.expect("a listed member is there");
            let seen = self.members.entry(named(&member)).or_insert(ObservedMember {
                status: MemberStatus::from_code(code(member.status)).expect("a status"),
                locked: member.locked,
                name: member.profile.unwrap_or_default().display_name,
                roles: BTreeSet::default(),
            });
            seen.roles.extend(roles);
        }
    }
}

/// The roles of grants, by resource.
pub fn assigned_roles(grants: Vec<proto::Grant>) -> AssignedRoles {
    let roles = grants.into_iter().map(|grant| {
        let ResourceRef { r#type: kind, id } = grant.resource.expect("a grant has a resource");
        (ResourceKey::new(kind, id), grant.role, grant.expire_time.map(timestamp))
    });
    roles.collect()
}

fn timestamp(at: prost_types::Timestamp) -> Timestamp {
    Timestamp(at.seconds * 1_000_000 + i64::from(at.nanos) / 1000)
}

/// A member by their subject; somebody invited by their email.
fn named(member: &proto::Member) -> Subject {
    let subject = to_subject(member.subject.clone().expect("a member is named"));
    let emails = member.profile.iter().flat_map(|profile| &profile.emails);
    let email = emails.map(|address| Subject::email(&address.email)).next();
    email.filter(|_| subject.kind == kind::INVITED).unwrap_or(subject)
}

fn to_subject(named: proto::Subject) -> Subject {
    Subject::new(named.r#type, named.id)
}

/// A role's name without its resource type.
fn short_name(role: &str) -> &str {
    role.split_once('.').map_or(role, |(_, role)| role)
}

/// The number of a status is the same on the wire as in the store.
fn code(status: i32) -> i16 {
    status.try_into().expect("small")
}

//! What can be seen of a tenant, and membership writes can change.

use std::collections::{BTreeMap, BTreeSet};

use rollcall::proto::{
    self, GetResourceRequest, GetTenantRequest, ListInvitationsRequest, ListMembersRequest, ResourceRef,
};
use rollcall_engine::{Change, InvitationStatus, MemberStatus, ResourceKey, Subject};

use crate::{
    ground::Ground,
    requests::place,
    support::{Api, write::revision_of},
};

/// More than a tenant of cases has of anything.
const PAGE: i32 = 1000;

/// A tenant at a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    pub revision: i64,
    pub members: BTreeMap<Subject, Seen>,
    pub owners: BTreeMap<ResourceKey, Option<Subject>>,
    /// By email.
    pub invitations: BTreeMap<String, InvitationStatus>,
}

/// A member, and all that is bound to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub status: MemberStatus,
    pub locked: bool,
    pub name: String,
    pub roles: BTreeSet<(ResourceKey, String)>,
}

impl Sight {
    /// What is to be seen where nothing but these facts is known.
    pub fn of(facts: &[Change]) -> Self {
        let (members, owners, invitations) = Default::default();
        let mut sight = Self { revision: 1, members, owners, invitations };
        for change in facts {
            match change {
                Change::ResourceCreated { resource } => {
                    sight.owners.insert(resource.key.clone(), resource.owner.clone());
                }
                Change::MemberAdded { member } => {
                    let name = member.profile.display_name.clone();
                    let seen = Seen { status: member.status, locked: member.locked, name, roles: BTreeSet::default() };
                    sight.members.insert(member.subject.clone(), seen);
                }
                Change::RoleGranted { subject, resource, role, .. } => {
                    let holder = sight.members.get_mut(subject).expect("a member");
                    holder.roles.insert((resource.clone(), role.clone()));
                }
                Change::InvitationIssued { invitation, .. } => {
                    sight.invitations.insert(invitation.email.clone(), invitation.status);
                }
                other => panic!("cases have no such facts: {other:?}"),
            }
        }
        sight
    }

    /// What the API tells.
    pub async fn read(api: &Api, ground: &Ground) -> Self {
        let tenant = || ground.tenant.clone();
        let token = api.get_tenant(GetTenantRequest { tenant: tenant() }).await.expect("the tenant exists").token;
        let (members, owners, invitations) = Default::default();
        let mut sight = Self { revision: revision_of(&ground.tenant, &token), members, owners, invitations };
        for key in Self::of(&ground.facts).owners.into_keys() {
            sight.members_at(api, ground, &key).await;
            let request = GetResourceRequest { tenant: tenant(), resource: Some(place(&key)) };
            let found = api.get_resource(request).await.expect("it is there").resource.expect("and told");
            sight.owners.insert(key, found.owner.map(to_subject));
        }
        let all = ListInvitationsRequest { tenant: tenant(), page_size: PAGE, ..Default::default() };
        for listed in api.list_invitations(all).await.expect("they are listed").invitations {
            let invitation = listed.invitation.expect("a listed invitation is there");
            let status = InvitationStatus::from_code(code(invitation.status)).expect("a status");
            let holder = sight.members.get(&Subject::email(&invitation.email));
            assert_eq!(holder.map(|it| &it.roles), status.is_open().then(|| held(listed.grants)).as_ref());
            let other = sight.invitations.insert(invitation.email, status);
            assert_eq!(other, None, "one an email");
        }
        sight
    }

    /// Adds the members at a place, everybody at the tenant itself, with the roles that are bound to them there.
    async fn members_at(&mut self, api: &Api, ground: &Ground, key: &ResourceKey) {
        let (tenant, resource) = (ground.tenant.clone(), Some(place(key)));
        let request = ListMembersRequest { tenant, resource, page_size: PAGE, ..Default::default() };
        for listed in api.list_members(request).await.expect("they are listed").members {
            let bound = listed.memberships.into_iter().filter(|it| it.resource == Some(place(key)));
            let bound = bound.filter(|it| it.implied_by.is_empty() && it.through.is_none());
            let roles: Vec<_> = bound.map(|it| short(&it.role).to_owned()).collect();
            let member = listed.member.expect("a listed member is there");
            let seen = self.members.entry(to_subject(member.subject.expect("a member is named"))).or_insert(Seen {
                status: MemberStatus::from_code(code(member.status)).expect("a status"),
                locked: member.locked,
                name: member.profile.unwrap_or_default().display_name,
                roles: BTreeSet::default(),
            });
            seen.roles.extend(roles.into_iter().map(|role| (key.clone(), role)));
        }
    }
}

/// What grants hold, none of which ends.
pub fn held(grants: Vec<proto::RoleGrant>) -> BTreeSet<(ResourceKey, String)> {
    let held = grants.into_iter().map(|grant| {
        assert_eq!(grant.expire_time, None, "{grant:?}");
        let ResourceRef { r#type: kind, id } = grant.resource.expect("a grant is somewhere");
        (ResourceKey::new(kind, id), grant.role)
    });
    held.collect()
}

fn to_subject(named: proto::Subject) -> Subject {
    Subject::new(named.r#type, named.id)
}

/// A role's name without its type.
fn short(role: &str) -> &str {
    role.split_once('.').map_or(role, |(_, role)| role)
}

/// The number of a status is the same on the wire as in the store.
fn code(status: i32) -> i16 {
    status.try_into().expect("small")
}

//! Pages of members: the holders of roles at a resource, and those whose roles at an ancestor of it count there too.

use rollcall_engine::{
    self as engine, Facts, GrantedBy, Mask, Member, MemberKey, MemberStatus, Moment, Policy, ResourceKey, ResourceType,
    Revision, Role, Subject, Timestamp, TypeSet,
};

use crate::service::{
    Service,
    error::{Error, Result},
    page::cut,
    ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, StoredGrant},
    read::consistency::Consistency,
    resolve::{
        givers::Givers,
        resources::find_node,
        teams::{Team, find_teams},
        types::meant,
    },
};

/// Which members to list.
#[derive(Clone, Debug)]
pub struct ListMembers {
    /// The tenant's id, as it was created with; an unknown one ends in `TENANT_NOT_FOUND`.
    pub tenant: String,
    /// The resource at which a role must count. None, like the root type with an empty id, is the tenant's root; with
    /// no `roles` either, that lists all members but teams and `*`.
    pub resource: Option<ResourceKey>,
    /// Only members with one of these roles at the resource. A name is one of the resource's type, or `type.role` for
    /// a role of a type above it. Empty: any role.
    pub roles: Vec<String>,
    /// Only members who belong to one of these teams, directly or through a team within it. Each must be a registered
    /// resource of a type with teams. Empty: all.
    pub teams: Vec<ResourceKey>,
    /// Only members with one of these statuses. Empty: all.
    pub statuses: Vec<MemberStatus>,
    /// Only members whose display name, email or username contains this, ignoring case. Empty: all.
    pub text: String,
    /// What to sort by; ties go by subject type and id, bytewise.
    pub order: MemberOrder,
    /// The most members to return. Not checked here; with 0 there is no next page either.
    pub limit: u32,
    /// The `next` of the page before, of a request with the same filters and order; empty for the first page.
    pub page_token: String,
}

/// A page of members.
#[derive(Debug)]
pub struct MemberPage {
    /// At most `limit` members, in the requested order.
    pub members: Vec<ListedMember>,
    /// The page token of the next page; none after the last page.
    pub next: Option<String>,
    /// The moment at which all of the page was read.
    pub moment: Moment,
}

/// A member, with their roles that count at the requested resource.
#[derive(Debug)]
pub struct ListedMember {
    /// The member's profile and status; of their grants only those that the query's scopes name.
    pub record: MemberRecord,
    /// The roles of the resource's type that the member has, nearest binding first, each source of a role once. Empty
    /// for a member of the tenant without a role at it.
    pub memberships: Vec<Membership>,
}

/// A role that counts at the requested resource, and the binding that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The role with its type, as `workspace.admin`.
    pub role: String,
    /// The resource at which the role is bound: the requested one, or an ancestor of it.
    pub resource: ResourceKey,
    /// The bound role that implies `role`, with its type; none when `role` itself is bound.
    pub implied_by: Option<String>,
    /// The team that holds it and that the member belongs to; none when they themselves hold it.
    pub through: Option<Subject>,
    /// The first instant at which the member's binding counts no more; none for one that lasts. Through a team it is
    /// the end of the binding in the team, not of the team's own.
    pub expires_at: Option<Timestamp>,
    /// Who gave the member's binding.
    pub granted_by: Option<GrantedBy>,
}

impl Membership {
    /// Whether an answer need not have both, whoever gave them.
    fn is_same(&self, other: &Self) -> bool {
        *self == Self { granted_by: self.granted_by.clone(), ..other.clone() }
    }
}

/// What a list takes from the policy and the tree of resources, before the store is asked.
struct ListPlan {
    scopes: Vec<MemberScope>,
    everybody: bool,
    /// The bindings of which one makes its holder belong to a requested team; none when no team was requested.
    team_grants: Option<Vec<(ResourceKey, String)>>,
    /// The subject types of teams: a list of everybody is a list of people.
    team_types: Vec<String>,
    /// What each of the bindings in `scopes` means at the requested resource.
    meanings: Vec<(ResourceKey, String, Meaning)>,
}

/// What a page token of a list of members holds: the parts of a [`MemberCursor`].
type MemberPageCursor = (Vec<String>, Option<i32>, i64);

impl Service {
    /// A page of the members at a resource, with everything that it rests on, read at one moment.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, `UNKNOWN_ROLE`, `FIELD_REQUIRED` for a
    /// resource without an id, `FIELD_INVALID` for a team of a type without teams, `INVALID_PAGE_TOKEN`, and the
    /// store's errors.
    pub async fn list_members(&self, list: &ListMembers, consistency: Consistency<'_>) -> Result<MemberPage> {
        let page = self.page_token(&list.query());
        let after = page.decode::<MemberPageCursor>(&list.page_token)?.map(|(last, number, revision)| MemberCursor {
            last,
            number,
            revision: Revision(revision),
        });
        let mut at = self.snapshot_and_view(&list.tenant, consistency).await?;
        let plan = self.facts_in(&mut at, |facts, moment| Ok::<_, Error>((list.plan(facts)?, *moment)));
        let (plan, moment) = plan.await??;
        let query = MemberQuery {
            scopes: plan.scopes.clone(),
            everybody: plan.everybody,
            team_grants: plan.team_grants.clone(),
            excluded_types: plan.everybody.then(|| plan.team_types.clone()),
            now: self.clock.now().max(moment.passed_end).max(at.snapshot.committed_at()),
            statuses: list.statuses.clone(),
            text: list.text.to_lowercase(),
            order: list.order,
            after,
            limit: list.limit.saturating_add(1),
        };
        let records = at.snapshot.list_members(&query).await?;
        let givers = Givers::find(&mut *at.snapshot, records.iter().flat_map(|record| &record.grants)).await?;
        let mut members: Vec<ListedMember> = records.into_iter().map(|record| plan.listed(record, &givers)).collect();
        let more = cut(&mut members, list.limit, ListedMember::bytes);
        let next = more.then(|| page.encode(&plan.cursor(&members, list.order, moment.revision)));
        Ok(MemberPage { members, next, moment })
    }
}

impl ListedMember {
    /// The most of a member's memberships that an answer lists.
    pub const MAX_MEMBERSHIPS: usize = 100;

    /// About how many bytes it has in an answer, rather more than fewer.
    fn bytes(&self) -> usize {
        let Member { subject, profile, .. } = &self.record.member;
        let identifiers = [&profile.email, &profile.username, &profile.phone];
        let profile: usize =
            identifiers.into_iter().flatten().map(String::len).sum::<usize>() + profile.display_name.len();
        let membership = |membership: &Membership| {
            let Membership { role, resource, implied_by, through, granted_by, .. } = membership;
            let granted_by =
                granted_by.as_ref().map_or(0, |by| by.subject.kind.len() + by.subject.id.len() + by.rule.len());
            let through = through.as_ref().map_or(0, |team| team.kind.len() + team.id.len());
            120 + granted_by
                + role.len()
                + resource.kind.len()
                + resource.id.len()
                + implied_by.as_ref().map_or(0, String::len)
                + through
        };
        let memberships: usize = self.memberships.iter().take(Self::MAX_MEMBERSHIPS).map(membership).sum();
        150 + subject.kind.len() + subject.id.len() + profile + memberships
    }
}

impl ListMembers {
    /// The parts of the query that a page token is bound to.
    fn query(&self) -> Vec<String> {
        let resource = self.resource.as_ref().map_or(String::new(), ToString::to_string);
        // An id has no white space in it.
        let teams = self.teams.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let statuses: Vec<String> = self.statuses.iter().map(|status| status.code().to_string()).collect();
        let order = format!("{:?}", self.order);
        let (roles, statuses) = (self.roles.join(","), statuses.join(","));
        vec!["members".into(), self.tenant.clone(), resource, roles, teams, statuses, self.text.clone(), order]
    }

    fn plan(&self, facts: &dyn Facts) -> Result<ListPlan> {
        let policy = facts.policy();
        let node = match &self.resource {
            Some(key) => find_node(facts, key, "resource")?,
            None => facts.root(),
        };
        let resource_type = policy.resource_type(facts.resource(node).resource_type);
        let type_roles: Mask = resource_type.roles().iter().map(|role| role.mask()).collect();
        let role_filter = self.role_filter(policy, resource_type)?;
        let teams = Team::all(facts);
        let team_types = policy
            .types()
            .iter()
            .filter(|resource_type| resource_type.is_team_type())
            .map(|resource_type| resource_type.name().to_owned());
        let mut plan = ListPlan {
            everybody: node == facts.root() && role_filter.is_none(),
            team_grants: self.team_grants(facts, &teams)?,
            team_types: team_types.collect(),
            scopes: Vec::new(),
            meanings: Vec::new(),
        };
        for (node, ancestor, inheritance) in engine::ancestors_with_inheritance(facts, node, TypeSet::EMPTY) {
            let resource = engine::name_of(facts, node).to_key();
            for role in policy.resource_type(ancestor.resource_type).roles().iter().map(|id| policy.role(*id)) {
                let effective_roles = policy.closure(inheritance.roles(policy, role.mask()));
                let bound_role = (role, effective_roles);
                let Some(meaning) = Meaning::of(policy, bound_role, &resource, type_roles, role_filter) else {
                    continue;
                };
                let holds = |team: &MemberKey| facts.assigned_roles(*team, node).contains(role.mask());
                for team in &teams {
                    for holder in
                        std::iter::once(&team.member).chain(facts.teams(team.member)).filter(|holder| holds(holder))
                    {
                        let through = Some(facts.subject(*holder).to_subject());
                        let meaning = Meaning { through, ..meaning.clone() };
                        team.roles.iter().for_each(|role| plan.add(&team.resource, role, meaning.clone()));
                    }
                }
                plan.add(&resource, role.name(), meaning);
            }
        }
        Ok(plan)
    }

    fn team_grants(&self, facts: &dyn Facts, teams: &[Team]) -> Result<Option<Vec<(ResourceKey, String)>>> {
        if self.teams.is_empty() {
            return Ok(None);
        }
        let requested = find_teams(facts, &self.teams)?;
        let included = teams.iter().filter(|team| team.is_within(facts, &requested));
        let grants =
            |team: &Team| team.roles.iter().map(|role| (team.resource.clone(), role.clone())).collect::<Vec<_>>();
        Ok(Some(included.flat_map(grants).collect()))
    }

    fn role_filter(&self, policy: &Policy, resource_type: &ResourceType) -> Result<Option<Mask>> {
        let mask = |(index, name): (usize, &String)| {
            // A role of a type above may be named with its type: who is a member here as a workspace's admin?
            let owner =
                name.split_once('.').and_then(|(owner, _)| policy.find_type(owner).ok()).unwrap_or(resource_type);
            policy.find_role(owner, name).map(Role::mask).map_err(|unknown| {
                let message = format!("`{}` has no role `{name}`{}", owner.name(), meant(&unknown));
                Error::field("UNKNOWN_ROLE", format!("roles[{index}]"), message)
                    .with("role", name.clone())
                    .with("nearest", unknown.nearest.join(","))
            })
        };
        let masks: Vec<Mask> = self.roles.iter().enumerate().map(mask).collect::<Result<_>>()?;
        Ok((!masks.is_empty()).then(|| masks.into_iter().collect()))
    }
}

/// What a bound role means at the requested resource.
#[derive(Clone)]
struct Meaning {
    /// The roles of the resource's own type, each with the bound role that implies it where that is another.
    roles: Vec<(String, Option<String>)>,
    /// Where it is bound.
    at: ResourceKey,
    /// The team that holds it; none when the member does.
    through: Option<Subject>,
    /// The number of the first of `roles`: members sort by it in the order of the policy file.
    rank: i32,
}

impl Meaning {
    /// The meaning of a bound role, given with all that its holder holds by it at the requested resource. None where that
    /// is none of `type_roles`, or none that the filter names.
    fn of(
        policy: &Policy,
        (bound_role, effective_roles): (&Role, Mask),
        at: &ResourceKey,
        type_roles: Mask,
        role_filter: Option<Mask>,
    ) -> Option<Self> {
        let implied = effective_roles & type_roles;
        if implied.is_empty() || !role_filter.is_none_or(|filter| effective_roles.intersects(filter)) {
            return None;
        }
        let name = |role: &Role| {
            (policy.qualified(role), (role.id() != bound_role.id()).then(|| policy.qualified(bound_role)))
        };
        let first = policy.roles_in(implied).next()?;
        let rank = i32::try_from(usize::from(first.id())).unwrap_or(0);
        Some(Self { roles: policy.roles_in(implied).map(name).collect(), at: at.clone(), through: None, rank })
    }

    /// The memberships that a binding gives.
    fn memberships(&self, stored: &StoredGrant, givers: &Givers) -> impl Iterator<Item = Membership> {
        let (expires_at, granted_by) = (stored.expires_at, givers.granted_by(&stored.giver));
        self.roles.iter().map(move |(role, implied_by)| Membership {
            role: role.clone(),
            resource: self.at.clone(),
            implied_by: implied_by.clone(),
            through: self.through.clone(),
            expires_at,
            granted_by: granted_by.clone(),
        })
    }
}

impl ListPlan {
    /// Counts the holders of a binding in, with what it means.
    fn add(&mut self, resource: &ResourceKey, role: &str, meaning: Meaning) {
        self.scopes.push(MemberScope { resource: resource.clone(), role: role.to_owned(), rank: meaning.rank });
        self.meanings.push((resource.clone(), role.to_owned(), meaning));
    }

    fn listed(&self, record: MemberRecord, givers: &Givers) -> ListedMember {
        let mut memberships = Vec::new();
        for (resource, role, meaning) in &self.meanings {
            let grant = record.grants.iter().find(|grant| grant.resource == *resource && grant.role == *role);
            for membership in grant.into_iter().flat_map(|grant| meaning.memberships(grant, givers)) {
                // A member may belong to a team by several bindings.
                if !memberships.iter().any(|other| membership.is_same(other)) {
                    memberships.push(membership);
                }
            }
        }
        ListedMember { record, memberships }
    }

    /// Where the page after these members begins, who were read at a revision.
    fn cursor(&self, members: &[ListedMember], order: MemberOrder, revision: Revision) -> MemberPageCursor {
        let last = members.iter().rev().take(MemberCursor::ANCHORS).map(|listed| listed.record.id.clone()).collect();
        let number = members.last().and_then(|last| match order {
            MemberOrder::Name | MemberOrder::Email => None,
            MemberOrder::Status => Some(last.record.member.status.code().into()),
            MemberOrder::Role => Some(self.rank(&last.record)),
        });
        (last, number, revision.0)
    }

    fn rank(&self, last: &MemberRecord) -> i32 {
        let is_granted = |scope: &&MemberScope| {
            last.grants.iter().any(|grant| grant.resource == scope.resource && grant.role == scope.role)
        };
        let ranks = self.scopes.iter().filter(is_granted).map(|scope| scope.rank);
        ranks.min().unwrap_or(MemberScope::NO_RANK)
    }
}

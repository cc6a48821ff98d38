//! Who belongs here: the holders of roles bound at a resource, and those who reach it from above.

use rollcall_engine::{
    self as engine, Facts, Mask, MemberKey, MemberStatus, Policy, ResourceKey, ResourceType, Revision, Role, Subject,
    Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::{Error, Result},
    page::PageToken,
    ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope},
    read::consistency::Consistency,
    resolve::{
        resources::find_node,
        teams::{Team, find_teams},
        types::meant,
    },
};

/// Which members to list.
#[derive(Clone, Debug)]
pub struct ListMembers {
    /// The tenant's id.
    pub tenant: String,
    /// Where; the tenant itself when none, which lists everybody.
    pub resource: Option<ResourceKey>,
    /// Only members with one of these roles there; none named: all.
    pub roles: Vec<String>,
    /// Only members who belong to one of these teams, themselves or through teams within it; none named: all.
    pub teams: Vec<ResourceKey>,
    /// Only members with one of these statuses; none named: all.
    pub statuses: Vec<MemberStatus>,
    /// Only members whose name, email or username has this in it.
    pub text: String,
    /// The order.
    pub order: MemberOrder,
    /// The most members to return.
    pub limit: u32,
    /// Where the page before ended.
    pub page_token: String,
}

/// A page of members.
#[derive(Debug)]
pub struct MemberPage {
    /// The members, in the order asked for.
    pub members: Vec<ListedMember>,
    /// Asks for the next page.
    pub next: Option<String>,
    /// The revision at which the page was read.
    pub revision: Revision,
}

/// A member, with the roles that count at the place asked about.
#[derive(Debug)]
pub struct ListedMember {
    /// The member.
    pub record: MemberRecord,
    /// Their roles there.
    pub memberships: Vec<Membership>,
}

/// A role that counts at a place, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The role with its type.
    pub role: String,
    /// Where the binding is.
    pub resource: ResourceKey,
    /// The bound role that implies it, when it is another.
    pub implied_by: Option<String>,
    /// The team that holds it and that the member belongs to; none when they themselves hold it.
    pub through: Option<Subject>,
    /// From this instant on it counts no more; none for one that lasts.
    pub expires_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    value: String,
    kind: String,
    id: String,
}

/// What a list needs to know of the policy and the tree.
struct Scene {
    reach: Vec<MemberScope>,
    everybody: bool,
    /// What one holds to belong to one of the teams wanted; none when any member is.
    belonging: Option<Vec<(ResourceKey, String)>>,
    /// The subject types of teams: whoever is asked who belongs to a tenant tells of people.
    team_types: Vec<String>,
    /// For each binding that makes somebody count at the place, what it means there.
    meanings: Vec<(ResourceKey, String, Meaning)>,
}

impl Service {
    /// A page of the members at a resource.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, `UNKNOWN_ROLE`, `FIELD_INVALID` for a team
    /// that is none, `INVALID_PAGE_TOKEN`, and what the store brings.
    pub async fn list_members(&self, list: &ListMembers) -> Result<MemberPage> {
        let page = list.page();
        let after = page
            .decode_as(&list.page_token, |place: &Place| {
                list.order.sorts_by_text() || place.value.parse::<i32>().is_ok()
            })?
            .map(|place| MemberCursor { value: place.value, subject: Subject::new(place.kind, place.id) });
        let view = self.view(&list.tenant, Consistency::MinimizeLatency).await?;
        let scene = view.with(|facts, _| list.scene(facts))?;
        let query = MemberQuery {
            tenant: &list.tenant,
            reach: scene.reach.clone(),
            everybody: scene.everybody,
            belonging: scene.belonging.clone(),
            people_but: scene.everybody.then(|| scene.team_types.clone()),
            now: self.clock.now(),
            statuses: list.statuses.clone(),
            text: list.text.to_lowercase(),
            order: list.order,
            after,
            limit: list.limit.saturating_add(1),
        };
        let (mut records, revision) = self.store.list_members(&query).await?;
        let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
        let more = records.len() > limit;
        records.truncate(limit);
        let next = more.then(|| records.last().map(|last| page.encode(&scene.place(last, list.order)))).flatten();
        let members = records.into_iter().map(|record| scene.listed(record)).collect();
        Ok(MemberPage { members, next, revision })
    }
}

impl ListMembers {
    fn page(&self) -> PageToken {
        let resource = self.resource.as_ref().map_or(String::new(), ToString::to_string);
        // An id has no white space in it.
        let teams = self.teams.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let statuses: Vec<String> = self.statuses.iter().map(|status| status.code().to_string()).collect();
        let order = format!("{:?}", self.order);
        let (roles, statuses) = (self.roles.join(","), statuses.join(","));
        PageToken::of(&[&self.tenant, &resource, &roles, &teams, &statuses, &self.text, &order])
    }

    fn scene(&self, facts: &dyn Facts) -> Result<Scene> {
        let policy = facts.policy();
        let node = match &self.resource {
            Some(key) => find_node(facts, key, "resource")?,
            None => facts.root(),
        };
        let of = policy.resource_type(facts.resource(node).of);
        let own: Mask = of.roles().iter().map(|role| role.mask()).collect();
        let wanted = self.wanted(policy, of)?;
        let teams = Team::all(facts);
        let team_types = policy.types().iter().filter(|of| of.is_teams()).map(|of| of.name().to_owned());
        let mut scene = Scene {
            everybody: node == facts.root() && wanted.is_none(),
            belonging: self.belonging(facts, &teams)?,
            team_types: team_types.collect(),
            reach: Vec::new(),
            meanings: Vec::new(),
        };
        for (above, place, counts) in engine::ancestors_with_mask(facts, node, None) {
            let resource = engine::name_of(facts, above).to_key();
            let roles = policy.resource_type(place.of).roles().iter().map(|id| policy.role(*id));
            for bound in roles.filter(|role| counts.contains(role.mask())) {
                let Some(meaning) = Meaning::of(policy, bound, &resource, own, wanted) else { continue };
                let holds = |team: &MemberKey| facts.assigned_roles(*team, above).contains(bound.mask());
                for within in &teams {
                    for team in
                        std::iter::once(&within.member).chain(facts.teams(within.member)).filter(|team| holds(team))
                    {
                        let through = Some(facts.subject(*team).to_subject());
                        let meaning = Meaning { through, ..meaning.clone() };
                        within.roles.iter().for_each(|role| scene.add(&within.resource, role, meaning.clone()));
                    }
                }
                scene.add(&resource, bound.name(), meaning);
            }
        }
        Ok(scene)
    }

    fn belonging(&self, facts: &dyn Facts, teams: &[Team]) -> Result<Option<Vec<(ResourceKey, String)>>> {
        if self.teams.is_empty() {
            return Ok(None);
        }
        let wanted = find_teams(facts, &self.teams)?;
        let within = teams.iter().filter(|team| team.is_within(facts, &wanted));
        let held =
            |team: &Team| team.roles.iter().map(|role| (team.resource.clone(), role.clone())).collect::<Vec<_>>();
        Ok(Some(within.flat_map(held).collect()))
    }

    fn wanted(&self, policy: &Policy, of: &ResourceType) -> Result<Option<Mask>> {
        let mask = |(index, name): (usize, &String)| {
            // A role above may be named with its type: who is a member here as a workspace's admin?
            let owner = name.split_once('.').and_then(|(owner, _)| policy.find_type(owner).ok()).unwrap_or(of);
            policy.find_role(owner, name).map(Role::mask).map_err(|unknown| {
                let message = format!("`{}` has no role `{name}`{}", owner.name(), meant(&unknown));
                Error::field("UNKNOWN_ROLE", format!("roles[{index}]"), message)
                    .with("role", name.clone())
                    .with("nearest", unknown.nearest.join(","))
            })
        };
        let wanted: Vec<Mask> = self.roles.iter().enumerate().map(mask).collect::<Result<_>>()?;
        Ok((!wanted.is_empty()).then(|| wanted.into_iter().collect()))
    }
}

/// What a bound role means at the place asked about.
#[derive(Clone)]
struct Meaning {
    /// The roles of the place's own type, and the bound role where that is another.
    roles: Vec<(String, Option<String>)>,
    /// Where it is bound.
    at: ResourceKey,
    /// The team that holds it.
    through: Option<Subject>,
    rank: i32,
}

impl Meaning {
    /// None for a role that means nothing at the place, or is not wanted.
    fn of(policy: &Policy, bound: &Role, at: &ResourceKey, own: Mask, wanted: Option<Mask>) -> Option<Self> {
        let means = bound.closure() & own;
        if means.is_empty() || !wanted.is_none_or(|wanted| bound.closure().intersects(wanted)) {
            return None;
        }
        let name = |role: &Role| (policy.qualified(role), (role.id() != bound.id()).then(|| policy.qualified(bound)));
        let first = policy.roles_in(means).next()?;
        let rank = i32::try_from(usize::from(first.id())).unwrap_or(0);
        Some(Self { roles: policy.roles_in(means).map(name).collect(), at: at.clone(), through: None, rank })
    }

    /// The memberships of one whose binding ends then.
    fn memberships(&self, expires_at: Option<Timestamp>) -> impl Iterator<Item = Membership> {
        self.roles.iter().map(move |(role, implied_by)| Membership {
            role: role.clone(),
            resource: self.at.clone(),
            implied_by: implied_by.clone(),
            through: self.through.clone(),
            expires_at,
        })
    }
}

impl Scene {
    /// Whoever holds this binding has what it means.
    fn add(&mut self, resource: &ResourceKey, role: &str, meaning: Meaning) {
        self.reach.push(MemberScope { resource: resource.clone(), role: role.to_owned(), rank: meaning.rank });
        self.meanings.push((resource.clone(), role.to_owned(), meaning));
    }

    fn listed(&self, record: MemberRecord) -> ListedMember {
        let mut memberships = Vec::new();
        for (resource, role, meaning) in &self.meanings {
            let held = record.held.iter().find(|held| held.resource == *resource && held.role == *role);
            for membership in held.into_iter().flat_map(|held| meaning.memberships(held.expires_at)) {
                // Somebody may belong to a team in several ways.
                if !memberships.contains(&membership) {
                    memberships.push(membership);
                }
            }
        }
        ListedMember { record, memberships }
    }

    /// The place of a member in the list, as the next page must be told it.
    fn place(&self, last: &MemberRecord, order: MemberOrder) -> Place {
        let member = &last.member;
        let value = match order {
            MemberOrder::Name => member.profile.display_name.to_lowercase(),
            MemberOrder::Email => member.profile.email.clone().unwrap_or_default(),
            MemberOrder::Status => member.status.code().to_string(),
            MemberOrder::Role => self.rank(last).to_string(),
        };
        Place { value, kind: member.subject.kind.clone(), id: member.subject.id.clone() }
    }

    fn rank(&self, last: &MemberRecord) -> i32 {
        let held = |reach: &&MemberScope| {
            last.held.iter().any(|held| held.resource == reach.resource && held.role == reach.role)
        };
        let ranks = self.reach.iter().filter(held).map(|reach| reach.rank);
        ranks.min().unwrap_or(MemberScope::NO_RANK)
    }
}

//! Random facts of a tenant under a random policy: resources, members and the roles that they hold.

use rollcall_engine::{MemberStatus, Subject};

use super::{
    byte_source::ByteSource,
    policy::{ROOT, RandomPolicy},
};

pub struct Resource {
    /// Its type, by its index in the policy.
    pub type_index: usize,
    pub id: String,
    /// The index of the resource above; none for the root.
    pub parent: Option<usize>,
    pub owner: Option<Subject>,
    pub archived: bool,
}

pub struct Member {
    pub subject: Subject,
    pub status: MemberStatus,
    pub locked: bool,
    /// Resources and roles, by their indexes.
    pub assigned_roles: Vec<(usize, usize)>,
}

/// Resources stand for their indexes here, as types and roles do.
pub struct RandomTenant {
    pub policy: RandomPolicy,
    /// The root first.
    pub resources: Vec<Resource>,
    pub members: Vec<Member>,
    /// The members, somebody who is none, and an operator.
    pub subjects: Vec<Subject>,
}

impl RandomTenant {
    pub fn generate(policy: RandomPolicy, source: &mut ByteSource<'_>) -> Self {
        let users: Vec<Subject> = (0..3 + source.below(3)).map(|user| Subject::user(format!("u{user}"))).collect();
        let resources = random_resources(&policy, &users, source);
        let members = users.iter().map(|user| random_member(user, &policy, &resources, source)).collect();
        let mut subjects = users;
        subjects.extend([Subject::user("nobody"), Subject::new("operator", "op")]);
        Self { policy, resources, members, subjects }
    }

    pub fn member(&self, subject: &Subject) -> Option<&Member> {
        self.members.iter().find(|member| member.subject == *subject)
    }

    /// A resource and those above it.
    pub fn ancestors(&self, resource: usize) -> Vec<usize> {
        std::iter::successors(Some(resource), |resource| self.resources[*resource].parent).collect()
    }
}

/// The root, and two or three resources of each other type.
fn random_resources(policy: &RandomPolicy, users: &[Subject], source: &mut ByteSource<'_>) -> Vec<Resource> {
    let root = Resource { type_index: ROOT, id: "acme".to_owned(), parent: None, owner: None, archived: false };
    let mut resources = vec![root];
    for (type_index, random_type) in policy.types.iter().enumerate().filter(|(_, it)| !it.member_records) {
        let Some(parent_type) = random_type.parent else { continue };
        let parents: Vec<usize> = (0..resources.len()).filter(|at| resources[*at].type_index == parent_type).collect();
        for number in 0..2 + source.below(2) {
            let owner = source.one_in(2).then(|| source.pick(users).clone());
            let (parent, archived) = (Some(*source.pick(&parents)), source.one_in(6));
            resources.push(Resource { type_index, id: format!("x{number}"), parent, owner, archived });
        }
    }
    resources
}

fn random_member(
    subject: &Subject,
    policy: &RandomPolicy,
    resources: &[Resource],
    source: &mut ByteSource<'_>,
) -> Member {
    let status = match source.below(8) {
        6 => MemberStatus::Invited,
        7 => MemberStatus::Deactivated,
        _ => MemberStatus::Active,
    };
    let locked = source.one_in(5);
    let mut assigned_roles = Vec::new();
    for _ in 0..source.below(5) {
        let resource = source.below(resources.len());
        assigned_roles.push((resource, *source.pick(&policy.roles_of(resources[resource].type_index))));
    }
    Member { subject: subject.clone(), status, locked, assigned_roles }
}

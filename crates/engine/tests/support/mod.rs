//! A tenant's facts for tests of the engine, said in few words.

use std::sync::Arc;

use rollcall_engine::{
    Head, MemberStatus, Policy, ResourceKey, Revision, SnapshotSink as _, Subject, Tenant, Timestamp, View,
    ViewBuilder, compile,
};

/// The id of every tenant.
pub const TENANT: &str = "acme";

/// A tenant's facts that are collected for a [`View`]. Subjects and resources are named `TYPE:ID`; a subject without a
/// type is a user.
#[derive(Clone)]
pub struct TenantFacts {
    policy: Arc<Policy>,
    resources: Vec<(ResourceKey, ResourceKey, Option<Subject>, bool)>,
    members: Vec<(Subject, MemberStatus, bool)>,
    roles: Vec<(Subject, ResourceKey, String, Option<Timestamp>)>,
}

pub fn compiled(policy: &str) -> Arc<Policy> {
    let policy = compile("policy.toml", policy).unwrap_or_else(|found| panic!("{}\n{policy}", found.render(false)));
    Arc::new(policy)
}

pub fn key(name: &str) -> ResourceKey {
    let (kind, id) = name.split_once(':').expect("a resource has a type");
    ResourceKey::new(kind, id)
}

pub fn subject(name: &str) -> Subject {
    name.split_once(':').map_or_else(|| Subject::user(name), |(kind, id)| Subject::new(kind, id))
}

impl TenantFacts {
    pub fn of(policy: &Arc<Policy>) -> Self {
        Self { policy: Arc::clone(policy), resources: Vec::new(), members: Vec::new(), roles: Vec::new() }
    }

    pub fn resource(mut self, name: &str, parent: &str, owner: Option<&str>, archived: bool) -> Self {
        self.resources.push((key(name), key(parent), owner.map(subject), archived));
        self
    }

    pub fn member(mut self, name: &str, status: MemberStatus, locked: bool) -> Self {
        self.members.push((subject(name), status, locked));
        self
    }

    /// An active member with these roles, each at a resource.
    pub fn active(mut self, name: &str, roles: &[(&str, &str)]) -> Self {
        self = self.member(name, MemberStatus::Active, false);
        roles.iter().fold(self, |facts, (at, role)| facts.role(name, at, role, None))
    }

    pub fn role(mut self, name: &str, at: &str, role: &str, end: Option<i64>) -> Self {
        self.roles.push((subject(name), key(at), role.to_owned(), end.map(Timestamp)));
        self
    }

    pub fn view(&self) -> View {
        let mut builder = ViewBuilder::new(Arc::clone(&self.policy));
        let tenant = Tenant {
            id: TENANT.to_owned(),
            display_name: String::new(),
            policy: self.policy.name().to_owned(),
            policy_version: self.policy.version(),
            root_type: self.policy.root().name().to_owned(),
            created_at: Timestamp::default(),
        };
        builder.tenant(tenant, Head { revision: Revision(1), ..Head::default() });
        for (key, parent, owner, archived) in &self.resources {
            builder.resource(key.as_ref(), Some(parent.as_ref()), owner.as_ref().map(Subject::as_ref), *archived);
        }
        for (subject, status, locked) in &self.members {
            builder.member(subject.as_ref(), *status, *locked);
        }
        for (subject, at, role, end) in &self.roles {
            builder.binding(subject.as_ref(), at.as_ref(), role, *end);
        }
        builder.finish().expect("the policy is there").expect("the tenant is there")
    }
}

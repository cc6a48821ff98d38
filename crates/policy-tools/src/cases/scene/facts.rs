//! The facts of a scene as changes that a view can apply.

use rollcall_engine::{Change, Grant, Member, MemberStatus, Profile, Resource, ResourceKey, Subject, Timestamp};

use crate::cases::scene::{AssignedRole, DeclaredResource, Scene};

impl Scene<'_> {
    /// The facts as changes, in an order in which a view can apply them.
    pub(crate) fn facts(&self) -> Vec<Change> {
        let resource = |key: &ResourceKey, declared: Option<&DeclaredResource>| Change::ResourceCreated {
            resource: Resource {
                key: key.clone(),
                parent: declared.map(|declared| declared.parent.clone()),
                owner: declared.and_then(|declared| declared.owner.clone()),
                archived: declared.is_some_and(|declared| declared.archived),
                display_name: key.id.clone(),
                created_at: Timestamp::default(),
            },
        };
        let registered = self.resources.iter().filter(|declared| declared.registered);
        let mut facts = vec![resource(&self.root, None)];
        facts.extend(registered.map(|declared| resource(&declared.key, Some(declared))));
        for (person, (status, locked)) in self.people.iter().filter_map(|person| Some((person, person.member_state?))) {
            let subject = person.subject.clone();
            let profile = Profile { display_name: subject.id.clone(), ..Profile::default() };
            let member = Member { subject, profile, status, locked, created_at: Timestamp::default() };
            facts.push(Change::MemberAdded { member });
        }
        facts.extend(self.teams().map(|member| Change::MemberAdded { member }));
        for person in &self.people {
            let grants = person.roles.iter().map(|assigned| self.grant(assigned));
            facts.extend(grants.map(|grant| Change::granted(&person.subject, &grant)));
        }
        facts
    }

    fn grant(&self, assigned: &AssignedRole) -> Grant {
        let role = self.policy.role(assigned.role).name().to_owned();
        Grant { resource: assigned.at.clone(), role, expires_at: assigned.until }
    }

    /// The teams that the file declares but does not list as members: they are active, and hold no role.
    fn teams(&self) -> impl Iterator<Item = Member> {
        let registered = self.resources.iter().filter(|declared| declared.registered);
        let subjects = registered.map(|declared| Subject::new(&declared.key.kind, &declared.key.id));
        let teams = subjects.filter(|subject| self.policy.is_team(subject.as_ref()) && self.person(subject).is_none());
        teams.map(|subject| Member {
            subject,
            profile: Profile::default(),
            status: MemberStatus::Active,
            locked: false,
            created_at: Timestamp::default(),
        })
    }
}

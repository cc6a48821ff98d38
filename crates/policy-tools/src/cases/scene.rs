//! The tenant that the cases of a file are about: its resources, members and groups, found by the names that the file
//! gives them.

use std::{collections::HashSet, sync::Arc};

use rollcall_engine::{
    Change, Diagnostic, Grant, Member, MemberStatus, OWNER, Policy, Profile, Resource, ResourceKey, ResourceType, Role,
    RoleId, Subject, Timestamp, kind,
    reader::{Located, suggestion},
};

/// The name, and the id, of the one operator that cases know.
pub(crate) const OPERATOR: &str = "operator";
/// In place of a name: whoever acts.
pub(crate) const SELF: &str = "self";
/// In place of names: all people.
pub(crate) const EVERYBODY: &str = "everybody";
/// In place of names: all people but those who are named.
pub(crate) const EVERYBODY_ELSE: &str = "everybody else";

/// The facts of a file of cases, by name.
#[derive(Clone)]
pub(crate) struct Scene<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) root: ResourceKey,
    /// All but the root, parents before what is below them.
    pub(crate) resources: Vec<DeclaredResource>,
    /// Members, then those who are none, each in the order of the file.
    pub(crate) people: Vec<Person>,
    /// Groups: a name, and the subjects that it stands for.
    pub(crate) groups: Vec<(String, Vec<Subject>)>,
}

/// A resource that the file declares.
#[derive(Clone)]
pub(crate) struct DeclaredResource {
    pub(crate) key: ResourceKey,
    pub(crate) parent: ResourceKey,
    pub(crate) owner: Option<Subject>,
    pub(crate) archived: bool,
    pub(crate) registered: bool,
}

/// Somebody whom the file names.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) subject: Subject,
    /// Their status, and whether they are locked; none for one who is no member.
    pub(crate) member_state: Option<(MemberStatus, bool)>,
    pub(crate) roles: Vec<(ResourceKey, RoleId)>,
}

/// The resource that a case is on.
pub(crate) struct CaseResource<'s> {
    pub(crate) resource_type: &'s ResourceType,
    /// Its id; none for the record of whoever acts.
    pub(crate) id: Option<String>,
    /// The declaration; none for the root, and for a resource that the file does not declare.
    pub(crate) declared: Option<&'s DeclaredResource>,
    pub(crate) registered: bool,
}

impl Scene<'_> {
    /// The subject of a name; a team and everybody (`*`) need not be among the people.
    pub(crate) fn subject(&self, name: &Located<String>) -> Result<Subject, Diagnostic> {
        let subject = subject_of(&name.value);
        let needs_no_name = subject.as_ref().is_everybody() || self.is_team(&subject);
        if name.value == OPERATOR || needs_no_name || self.person(&subject).is_some() {
            return Ok(subject);
        }
        let mut known: Vec<String> = self.people.iter().map(|person| name_of(&person.subject)).collect();
        known.extend(self.groups.iter().map(|(group, _)| group.clone()));
        Err(unknown("subject", name, known.iter().map(String::as_str)))
    }

    /// Whether a subject is a team that the file declares.
    fn is_team(&self, subject: &Subject) -> bool {
        let named = |declared: &&DeclaredResource| declared.key.kind == subject.kind && declared.key.id == subject.id;
        self.policy.is_team(subject.as_ref()) && self.resources.iter().any(|declared| named(&declared))
    }

    /// The subjects of a name: one, or those of a group.
    pub(crate) fn subjects(&self, name: &Located<String>) -> Result<Vec<Subject>, Diagnostic> {
        match self.groups.iter().find(|(group, _)| *group == name.value) {
            Some((_, people)) => Ok(people.clone()),
            None => self.subject(name).map(|one| vec![one]),
        }
    }

    /// The same facts without some people.
    pub(crate) fn without(&self, names: &[Located<String>]) -> Result<Self, Diagnostic> {
        let mut gone: HashSet<Subject> = HashSet::new();
        for name in names {
            gone.extend(self.subjects(name)?);
        }
        let stays = |subject: &Subject| !gone.contains(subject);
        let mut scene = self.clone();
        scene.people.retain(|person| stays(&person.subject));
        for (_, people) in &mut scene.groups {
            people.retain(stays);
        }
        Ok(scene)
    }

    pub(crate) fn person(&self, subject: &Subject) -> Option<&Person> {
        self.people.iter().find(|person| person.subject == *subject)
    }

    /// The roles that a subject holds at a resource by bindings, in the order of the policy.
    pub(crate) fn roles_at(&self, subject: &Subject, at: &ResourceKey) -> Vec<RoleId> {
        let assigned_roles = self.person(subject).map_or(&[][..], |person| &person.roles);
        let mut roles: Vec<RoleId> =
            assigned_roles.iter().filter(|(key, _)| key == at).map(|(_, role)| *role).collect();
        roles.sort_unstable();
        roles
    }

    /// The registered resource, or the root, of a name.
    pub(crate) fn registered(&self, name: &Located<String>) -> Result<&ResourceKey, Diagnostic> {
        let registered = self.resources.iter().filter(|found| found.registered).map(|found| &found.key);
        let mut all = std::iter::once(&self.root).chain(registered);
        all.clone()
            .find(|key| key.id == name.value)
            .ok_or_else(|| unknown("registered resource", name, all.by_ref().map(|key| key.id.as_str())))
    }

    /// The resources above a declared one, the nearest first, up to the first that is registered.
    pub(crate) fn parents_up_to_registered(&self, declared: &DeclaredResource) -> Arc<[ResourceKey]> {
        let stated = |key: &ResourceKey| self.resources.iter().find(|found| found.key == *key && !found.registered);
        let parents = std::iter::successors(Some(&declared.parent), |above| stated(above).map(|found| &found.parent));
        // One that is below itself is a mistake of the file, and has no end.
        parents.take(self.resources.len() + 1).cloned().collect()
    }

    /// The resource that a case is on: one that the file declares, or `TYPE:ID`.
    pub(crate) fn case_resource(&self, name: &Located<String>) -> Result<CaseResource<'_>, Diagnostic> {
        if let Some((resource_type, id)) = name.value.split_once(':') {
            let resource_type = self.find_type(&Located::new(resource_type.to_owned(), name.span.clone()))?;
            let id = Located::new(id.to_owned(), name.span.clone());
            let is_own_record = resource_type.has_member_records() && id.value == SELF;
            if resource_type.has_member_records() && !is_own_record {
                self.subject(&id)?;
            }
            return Ok(CaseResource {
                resource_type,
                id: (!is_own_record).then_some(id.value),
                declared: None,
                registered: false,
            });
        }
        let declared = self.resources.iter().find(|found| found.key.id == name.value);
        let key = match declared {
            Some(found) => &found.key,
            None if name.value == self.root.id => &self.root,
            None => {
                let known = self.resources.iter().map(|found| found.key.id.as_str());
                let known = known.chain([self.root.id.as_str()]);
                return Err(unknown("resource", name, known));
            }
        };
        let resource_type = self.find_type(&Located::new(key.kind.clone(), name.span.clone()))?;
        let registered = declared.is_none_or(|found| found.registered);
        Ok(CaseResource { resource_type, id: Some(key.id.clone()), declared, registered })
    }

    pub(crate) fn find_type(&self, name: &Located<String>) -> Result<&ResourceType, Diagnostic> {
        let types = || self.policy.types().iter().map(ResourceType::name);
        self.policy.find_type(&name.value).map_err(|_| unknown("resource type", name, types()))
    }

    pub(crate) fn role(&self, resource_type: &ResourceType, name: &Located<String>) -> Result<RoleId, Diagnostic> {
        self.policy.find_role(resource_type, &name.value).map(Role::id).map_err(|_| {
            let roles = resource_type.roles().iter().map(|id| self.policy.role(*id).name());
            let label = format!("not one of `{}`", resource_type.name());
            let diagnostic = Diagnostic { label, ..unknown("role", name, roles) };
            let is_relation = resource_type.is_owned() && name.value == OWNER;
            if is_relation { diagnostic.help("name whoever owns it as `owner` in `[resources]`") } else { diagnostic }
        })
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
            let grant =
                |(at, role): &(ResourceKey, RoleId)| Grant::permanent(at.clone(), self.policy.role(*role).name());
            facts.extend(
                person.roles.iter().map(|assigned_role| Change::granted(&person.subject, &grant(assigned_role))),
            );
        }
        facts
    }
}

/// The subject of a name as the file has it: a bare name is a user's, any other subject is written `TYPE:ID`.
pub(crate) fn subject_of(name: &str) -> Subject {
    match name.split_once(':') {
        Some((kind, id)) => Subject::new(kind, id),
        None if name == OPERATOR => Subject::new(kind::OPERATOR, OPERATOR),
        None => Subject::user(name),
    }
}

fn name_of(subject: &Subject) -> String {
    if subject.kind == kind::USER { subject.id.clone() } else { subject.to_string() }
}

/// "no … `NAME`", with the nearest of the known names.
pub(crate) fn unknown<'a>(what: &str, name: &Located<String>, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let message = format!("no {what} `{}`", name.value);
    Diagnostic::new(message, name.span.clone(), "not known here").help(suggestion(&name.value, known))
}

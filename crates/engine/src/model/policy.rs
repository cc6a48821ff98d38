//! A compiled policy, and the look-ups in it.

use std::time::Duration;

use crate::{
    domain::SubjectRef,
    model::{
        Index, UnknownName,
        id::{RoleId, TypeId},
        mask::{Mask, OWNER},
        resource_type::ResourceType,
        role::Role,
        rule::Action,
        unknown,
    },
};

/// A compiled policy: the role model of the tenants that run it.
#[derive(Debug)]
pub struct Policy {
    pub(crate) edition: u32,
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) root: TypeId,
    pub(crate) invitation_lifetime: Duration,
    pub(crate) reminders: Vec<Duration>,
    pub(crate) invitations_reactivate: bool,
    pub(crate) invitations_outlive_inviter: bool,
    pub(crate) people: Vec<String>,
    pub(crate) types: Vec<ResourceType>,
    pub(crate) roles: Vec<Role>,
    pub(crate) type_index: Index,
    /// The `never` constraints, which the compiler found to hold.
    pub(crate) never: Vec<NeverConstraint>,
}

/// Somebody who holds only the role `who` can never come to hold the role `becomes`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NeverConstraint {
    pub(crate) who: RoleId,
    pub(crate) becomes: RoleId,
}

impl Policy {
    /// The edition of the language in which the policy is written, which says what its text means. There is only 1 so
    /// far.
    pub fn edition(&self) -> u32 {
        self.edition
    }

    /// The policy's name, a [`NameForm::Policy`](crate::NameForm::Policy).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The policy's version, from 1 to 1,000,000.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The type of the root resource, which has no parent.
    pub fn root(&self) -> &ResourceType {
        self.resource_type(self.root)
    }

    /// How long an invitation can be accepted: whole days, from 1 to 365.
    pub fn invitation_lifetime(&self) -> Duration {
        self.invitation_lifetime
    }

    /// How long after an invitation was issued its reminders are due: each later than the one before, all before the
    /// invitation expires, 8 at most. Empty when nobody is reminded.
    pub fn reminders(&self) -> &[Duration] {
        &self.reminders
    }

    /// Whether inviting a deactivated member makes them active again; otherwise it is refused.
    pub fn invitations_reactivate(&self) -> bool {
        self.invitations_reactivate
    }

    /// Whether an invitation gives what its granters could give when they offered it; otherwise, what they still may when
    /// it is accepted.
    pub fn invitations_outlive_inviter(&self) -> bool {
        self.invitations_outlive_inviter
    }

    /// The subject types of people, at least one: only they count for a role with [`at_least`](Role::at_least).
    pub fn people(&self) -> &[String] {
        &self.people
    }

    /// Whether subjects of this type are people.
    pub fn is_type_of_people(&self, kind: &str) -> bool {
        self.people.iter().any(|people| people == kind)
    }

    /// The resource type of this name.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_type(&self, name: &str) -> Result<&ResourceType, UnknownName> {
        self.type_named(name).ok_or_else(|| unknown(name, self.types.iter().map(ResourceType::name)))
    }

    /// As [`Policy::find_type`], for whoever does not ask what else was meant.
    pub fn type_named(&self, name: &str) -> Option<&ResourceType> {
        self.types.get(*self.type_index.get(name)?)
    }

    /// Whether a subject is a team: its type is a resource type whose resources are teams.
    pub fn is_team(&self, subject: SubjectRef<'_>) -> bool {
        self.type_named(subject.kind).is_some_and(ResourceType::is_team_type)
    }

    /// Whether a subject is neither a team nor everybody of a type: somebody who acts, be it a person or a program.
    pub fn is_person(&self, subject: SubjectRef<'_>) -> bool {
        !subject.is_everybody() && !self.is_team(subject)
    }

    /// The resource type at this position.
    ///
    /// # Panics
    /// May panic when the id is another policy's.
    #[expect(clippy::indexing_slicing, reason = "type ids are made by the compiler of this very policy")]
    pub fn resource_type(&self, id: TypeId) -> &ResourceType {
        &self.types[usize::from(id.0)]
    }

    /// The role at this position.
    ///
    /// # Panics
    /// May panic when the id is another policy's.
    #[expect(clippy::indexing_slicing, reason = "role ids are made by the compiler of this very policy")]
    pub fn role(&self, id: RoleId) -> &Role {
        &self.roles[usize::from(id.0)]
    }

    /// The role of this name on a type: its short name, or `TYPE.ROLE`.
    ///
    /// # Errors
    /// When there is none, with the nearest short names.
    pub fn find_role(&self, resource_type: &ResourceType, name: &str) -> Result<&Role, UnknownName> {
        let short = name.strip_prefix(&resource_type.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        let roles = || resource_type.roles.iter().map(|id| self.role(*id));
        roles().find(|role| role.name == short).ok_or_else(|| {
            let UnknownName { nearest, .. } = unknown(short, roles().map(Role::name));
            UnknownName { name: name.to_owned(), nearest }
        })
    }

    /// Every resource type, in the order of the file.
    pub fn types(&self) -> &[ResourceType] {
        &self.types
    }

    /// Every role, in the order of the file.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The `never` constraints as pairs of roles: people who hold only the first one, however many of them act
    /// together, can never come to hold the second.
    pub fn never(&self) -> impl Iterator<Item = (&Role, &Role)> {
        self.never.iter().map(|constraint| (self.role(constraint.who), self.role(constraint.becomes)))
    }

    /// The role's name with its type: `job_site.editor`.
    pub fn qualified(&self, role: &Role) -> String {
        format!("{}.{}", self.resource_type(role.resource_type).name, role.name)
    }

    /// The roles of a mask, in the order of the file. Relations are left out.
    pub fn roles_in(&self, mask: Mask) -> impl Iterator<Item = &Role> {
        mask.roles().filter_map(|index| self.roles.get(index))
    }

    /// A type and those above it, from itself to the root type.
    pub fn ancestors<'p>(&'p self, resource_type: &'p ResourceType) -> Vec<&'p ResourceType> {
        std::iter::successors(Some(resource_type), |resource_type| {
            resource_type.parent.map(|above| self.resource_type(above))
        })
        .collect()
    }

    /// A role as a rule at `resource_type` may name it: by its short name if it is a role of that type, or of one above
    /// it and no other role on the way up has the name; otherwise as `TYPE.ROLE`. So is a role of a type above that is
    /// called `owner` where that word means whoever owns the resource.
    pub fn name_at(&self, resource_type: &ResourceType, role: &Role) -> String {
        let mut roles = self
            .ancestors(resource_type)
            .into_iter()
            .flat_map(|resource_type| &resource_type.roles)
            .map(|id| self.role(*id));
        let is_relation = resource_type.owned && role.name.eq_ignore_ascii_case(OWNER);
        let short = role.resource_type == resource_type.id
            || (!is_relation && roles.all(|other| other.id == role.id || other.name != role.name));
        if short && self.ancestors(resource_type).iter().any(|resource_type| resource_type.id == role.resource_type) {
            role.name.clone()
        } else {
            self.qualified(role)
        }
    }

    /// The bits that rules are matched against, for a subject with these roles and relations: with all roles that they
    /// imply, and as an active member unless they are an operator.
    pub fn bits(&self, roles: Mask) -> Mask {
        if roles.contains(Mask::OPERATOR) { roles } else { self.closure(roles) | Mask::ANYONE }
    }

    /// A mask of roles together with all that they imply.
    pub fn closure(&self, roles: Mask) -> Mask {
        self.roles_in(roles).map(|role| role.closure).collect::<Mask>() | roles
    }

    /// The actions of the type `above` that let a subject create a resource of this type below: any of them suffices.
    pub fn create_actions<'p>(
        &self,
        resource_type: &'p ResourceType,
        above: &'p ResourceType,
    ) -> impl Iterator<Item = &'p Action> {
        resource_type.create_actions.iter().filter_map(|name| above.action(name))
    }
}

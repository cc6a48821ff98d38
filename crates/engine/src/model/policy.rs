use std::time::Duration;

use crate::{
    domain::SubjectRef,
    model::{
        Index, Unknown,
        id::{RoleId, TypeId},
        mask::Mask,
        resource_type::ResourceType,
        role::Role,
        rule::Action,
        unknown,
    },
};

/// A compiled role model.
#[derive(Debug)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) root: TypeId,
    pub(crate) invitation_lifetime: Duration,
    pub(crate) reminders: Vec<Duration>,
    pub(crate) invitations_reactivate: bool,
    pub(crate) types: Vec<ResourceType>,
    pub(crate) roles: Vec<Role>,
    pub(crate) type_index: Index,
    /// The roles that count at resources of their own type below.
    pub(crate) reaching: Mask,
    /// What was found never to come about.
    pub(crate) never: Vec<Bound>,
}

/// Holders of the one role never come to hold the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) who: RoleId,
    pub(crate) becomes: RoleId,
}

impl Policy {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The type of the root resource.
    pub fn root(&self) -> &ResourceType {
        self.resource_type(self.root)
    }

    /// How long an invitation can be accepted.
    pub fn invitation_lifetime(&self) -> Duration {
        self.invitation_lifetime
    }

    /// How long after an invitation was sent its reminders are due: each later than the one before, and all before
    /// the invitation ends. Empty when nobody is reminded.
    pub fn reminders(&self) -> &[Duration] {
        &self.reminders
    }

    /// Whether to invite a deactivated member is to let them back in; else it is refused.
    pub fn invitations_reactivate(&self) -> bool {
        self.invitations_reactivate
    }

    /// The type of this name.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_type(&self, name: &str) -> Result<&ResourceType, Unknown> {
        self.type_index
            .get(name)
            .and_then(|index| self.types.get(*index))
            .ok_or_else(|| unknown(name, self.types.iter().map(ResourceType::name)))
    }

    /// Whether a subject is a team: of a type whose resources are teams.
    pub fn is_team(&self, subject: SubjectRef<'_>) -> bool {
        self.find_type(subject.kind).is_ok_and(ResourceType::is_teams)
    }

    /// Whether a subject is somebody, and neither a team nor everybody of a type.
    pub fn is_person(&self, subject: SubjectRef<'_>) -> bool {
        !subject.is_everybody() && !self.is_team(subject)
    }

    /// The type at this place.
    #[expect(clippy::indexing_slicing, reason = "type ids are made by the compiler of this very policy")]
    pub fn resource_type(&self, id: TypeId) -> &ResourceType {
        &self.types[usize::from(id.0)]
    }

    /// The role at this place.
    #[expect(clippy::indexing_slicing, reason = "role ids are made by the compiler of this very policy")]
    pub fn role(&self, id: RoleId) -> &Role {
        &self.roles[usize::from(id.0)]
    }

    /// The role of this short name on a type, which may also be written with the type before it.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_role(&self, of: &ResourceType, name: &str) -> Result<&Role, Unknown> {
        let short = name.strip_prefix(&of.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        let roles = || of.roles.iter().map(|id| self.role(*id));
        roles().find(|role| role.name == short).ok_or_else(|| unknown(name, roles().map(Role::name)))
    }

    /// Every resource type, in the order of the file.
    pub fn types(&self) -> &[ResourceType] {
        &self.types
    }

    /// Every role, in the order of the file.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What never comes about: who holds only the first role, however many of them, never comes to hold the second.
    pub fn never(&self) -> impl Iterator<Item = (&Role, &Role)> {
        self.never.iter().map(|bound| (self.role(bound.who), self.role(bound.becomes)))
    }

    /// The role with its type: `job_site.editor`.
    pub fn qualified(&self, role: &Role) -> String {
        format!("{}.{}", self.resource_type(role.of).name, role.name)
    }

    /// The roles of a mask.
    pub fn roles_in(&self, mask: Mask) -> impl Iterator<Item = &Role> {
        mask.roles().filter_map(|index| self.roles.get(index))
    }

    /// A type and those above it, from itself to the root type.
    pub fn ancestors<'p>(&'p self, of: &'p ResourceType) -> Vec<&'p ResourceType> {
        std::iter::successors(Some(of), |of| of.parent.map(|above| self.resource_type(above))).collect()
    }

    /// A role as a rule at `of` may name it: by its short name for one of `of` itself, and for one further up whose
    /// name no other role on the way has; otherwise with its type.
    pub fn name_at(&self, of: &ResourceType, role: &Role) -> String {
        let mut roles = self.ancestors(of).into_iter().flat_map(|of| &of.roles).map(|id| self.role(*id));
        let short = role.of == of.id || roles.all(|other| other.id == role.id || other.name != role.name);
        if short && self.ancestors(of).iter().any(|of| of.id == role.of) {
            role.name.clone()
        } else {
            self.qualified(role)
        }
    }

    /// What one who holds this has on the way up: with what it implies, and as an active member or an operator.
    pub fn bits(&self, held: Mask) -> Mask {
        if held.contains(Mask::OPERATOR) { held } else { self.closure(held) | Mask::ANYONE }
    }

    /// A mask of roles together with all that they imply.
    pub fn closure(&self, bound: Mask) -> Mask {
        self.roles_in(bound).map(|role| role.closure).collect::<Mask>() | bound
    }

    /// The actions of the type above of which any lets somebody create a resource of this type there.
    pub fn create_actions<'p>(
        &self,
        of: &'p ResourceType,
        above: &'p ResourceType,
    ) -> impl Iterator<Item = &'p Action> {
        of.create_actions.iter().filter_map(|name| above.action(name))
    }
}

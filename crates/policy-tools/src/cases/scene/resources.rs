//! The resources of a scene by name, and types and roles of its policy.

use std::sync::Arc;

use rollcall_engine::{Diagnostic, OWNER, ResourceKey, ResourceType, Role, RoleId, reader::Located};

use crate::cases::{
    mistakes::{Mistakes, NameKind, unknown},
    names::{SELF, split, type_and_id},
    scene::{CaseResource, DeclaredResource, Scene, record_id},
};

impl Scene<'_> {
    /// The registered resource, or the root, of a name. None where there is none, which is reported: `others` are names
    /// that may stand there too.
    pub(crate) fn registered(
        &self,
        name: &Located<String>,
        others: &[&str],
        mistakes: &mut Mistakes<'_>,
    ) -> Option<&ResourceKey> {
        if let Some((key, _)) =
            self.find_resource(&name.value).filter(|(_, declared)| declared.is_none_or(|found| found.registered))
        {
            return Some(key);
        }
        mistakes.wrong_name(NameKind::Resource, "", name, || {
            let registered = self.resources.iter().filter(|found| found.registered);
            let known = [&self.root.id].into_iter().chain(registered.map(|found| &found.name));
            unknown("registered resource", name, known.map(String::as_str).chain(others.iter().copied()))
        });
        None
    }

    /// The resource of a name, or of `TYPE:ID`, and its declaration; the root has none.
    fn find_resource(&self, name: &str) -> Option<(&ResourceKey, Option<&DeclaredResource>)> {
        if let Some(named) = self.resources.iter().find(|declared| declared.name == name) {
            return Some((&named.key, Some(named)));
        }
        if name == self.root.id {
            return Some((&self.root, None));
        }
        let (resource_type, id) = type_and_id(self.policy, name)?;
        let is_it = |key: &ResourceKey| key.kind == resource_type.name() && key.id == id;
        if is_it(&self.root) {
            return Some((&self.root, None));
        }
        self.resources.iter().find(|declared| is_it(&declared.key)).map(|declared| (&declared.key, Some(declared)))
    }

    /// The resources above a declared one, the nearest first, up to the first that is registered.
    pub(crate) fn parents_up_to_registered(&self, declared: &DeclaredResource) -> Arc<[ResourceKey]> {
        let stated = |key: &ResourceKey| self.resources.iter().find(|found| found.key == *key && !found.registered);
        let parents = std::iter::successors(Some(&declared.parent), |above| stated(above).map(|found| &found.parent));
        // One that is below itself is a mistake of the file, and has no end.
        parents.take(self.resources.len() + 1).cloned().collect()
    }

    /// The resource that a case is on: one that the file declares, or `TYPE:ID`. None where it is neither, which is
    /// reported.
    pub(crate) fn case_resource(
        &self,
        name: &Located<String>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<CaseResource<'_>> {
        if let Some((key, declared)) = self.find_resource(&name.value) {
            let resource_type = self.policy.find_type(&key.kind).ok()?;
            let registered = declared.is_none_or(|found| found.registered);
            return Some(CaseResource { resource_type, id: Some(key.id.clone()), declared, registered });
        }
        let Some((resource_type, id)) = type_and_id(self.policy, &name.value) else {
            self.report_resource(name, mistakes);
            return None;
        };
        let undeclared = |id| Some(CaseResource { resource_type, id, declared: None, registered: false });
        if !resource_type.has_member_records() {
            return undeclared(Some(id.to_owned()));
        }
        if id == SELF {
            return undeclared(None);
        }
        let person = self.subject(&Located::new(id.to_owned(), name.span.clone()), mistakes)?;
        undeclared(Some(record_id(&person)))
    }

    /// Reports a name that a case is on. What reads as `TYPE:ID` is a wrong type, unless the ids of this file are such.
    fn report_resource(&self, name: &Located<String>, mistakes: &mut Mistakes<'_>) {
        let names = || [&self.root.id].into_iter().chain(self.resources.iter().map(|declared| &declared.name));
        let is_like_others = |kind: &str| names().any(|known| known.split_once(':').is_some_and(|(it, _)| it == kind));
        match split(&name.value) {
            Some((kind, _)) if !is_like_others(kind) => {
                let label = format!("no type of the policy, and no resource is named `{}`", name.value);
                let kind = Located::new(kind.to_owned(), name.span.clone());
                mistakes.wrong_name(NameKind::Type, "", &kind, || Diagnostic { label, ..self.unknown_type(&kind) });
            }
            parts => mistakes.wrong_name(NameKind::Resource, "", name, || {
                let diagnostic = unknown("resource", name, names().map(String::as_str));
                match parts {
                    Some((kind, _)) => {
                        let label = format!("no resource is named so, and `{kind}` is no type of the policy");
                        Diagnostic { label, ..diagnostic }
                    }
                    None => diagnostic,
                }
            }),
        }
    }

    /// The type of a name. None where the policy has none, which is reported.
    pub(crate) fn find_type(&self, name: &Located<String>, mistakes: &mut Mistakes<'_>) -> Option<&ResourceType> {
        let found = self.policy.find_type(&name.value).ok();
        if found.is_none() {
            mistakes.wrong_name(NameKind::Type, "", name, || self.unknown_type(name));
        }
        found
    }

    fn unknown_type(&self, name: &Located<String>) -> Diagnostic {
        unknown("resource type", name, self.policy.types().iter().map(ResourceType::name))
    }

    /// The role of a type that has this name. None where the type has none, which is reported.
    pub(crate) fn role(
        &self,
        resource_type: &ResourceType,
        name: &Located<String>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<RoleId> {
        let found = self.policy.find_role(resource_type, &name.value).map(Role::id).ok();
        if found.is_none() {
            let is_known = self.policy.roles().iter().any(|role| role.name() == name.value) || name.value == OWNER;
            let scope = if is_known { resource_type.name() } else { "" };
            mistakes.wrong_name(NameKind::Role, scope, name, || {
                let roles = resource_type.roles().iter().map(|id| self.policy.role(*id).name());
                let label = format!("not one of `{}`", resource_type.name());
                let diagnostic = Diagnostic { label, ..unknown("role", name, roles) };
                let is_relation = resource_type.is_owned() && name.value == OWNER;
                if is_relation {
                    diagnostic.help("name whoever owns it as `owner` in `[resources]`")
                } else {
                    diagnostic
                }
            });
        }
        found
    }
}

//! Puts the resources that a file of cases declares below their parents.

use rollcall_engine::{Diagnostic, ResourceKey, reader::Located};

use crate::cases::{
    declare::{
        builder::SceneBuilder,
        resources::{Identified, ResourceDeclaration},
    },
    mistakes::{NameKind, unknown},
    scene::DeclaredResource,
};

impl SceneBuilder<'_, '_, '_> {
    /// Adds the resources, parents before what is below them. One whose parent is wrong is below the root, so that what
    /// else is wrong about it is still found.
    pub(super) fn add_resources(&mut self, declared: &[ResourceDeclaration]) {
        let mut all: Vec<Identified<'_, '_>> = Vec::new();
        for decl in declared {
            match self.identify(decl, &all) {
                Some(identified) => all.push(identified),
                None => {
                    for name in [Some(&decl.name), decl.id.as_ref()].into_iter().flatten() {
                        self.mistakes.excuse(NameKind::Resource, &name.value);
                    }
                }
            }
        }
        for resource in &all {
            let parent = self.parent(resource, &all).unwrap_or_else(|| self.scene.root.clone());
            self.scene.resources.push(DeclaredResource {
                name: resource.decl.name.value.clone(),
                key: resource.key.clone(),
                parent,
                owner: None,
                archived: resource.decl.archived,
                registered: !resource.decl.stated,
            });
        }
        for resource in &all {
            if is_below_itself(&self.scene.resources, &resource.key) {
                let name = &resource.decl.name;
                let message = format!("`{}` is below itself", name.value);
                self.mistakes.push(Diagnostic::new(message, name.span.clone(), "this resource"));
            }
        }
        let depths: Vec<usize> =
            self.scene.resources.iter().map(|resource| depth(&self.scene.resources, resource)).collect();
        let mut in_order: Vec<_> = depths.into_iter().zip(self.scene.resources.drain(..)).collect();
        in_order.sort_by_key(|(depth, _)| *depth);
        self.scene.resources.extend(in_order.into_iter().map(|(_, resource)| resource));
    }

    /// The parent of a resource. None where it can't be, which is reported.
    fn parent(&mut self, resource: &Identified<'_, '_>, all: &[Identified<'_, '_>]) -> Option<ResourceKey> {
        let Identified { decl, resource_type, .. } = resource;
        let parent_type = self.scene.policy.resource_type(resource_type.parent()?);
        let root = &self.scene.root;
        let expected = || format!("a `{}` is below a `{}`", resource_type.name(), parent_type.name());
        let Some(parent) = &decl.parent else {
            if parent_type.name() == root.kind {
                return Some(root.clone());
            }
            let message = format!("`{}` has no parent", decl.name.value);
            self.mistakes.push(Diagnostic::new(message, decl.name.span.clone(), expected()));
            return None;
        };
        let key = self.parent_key(decl, parent, all)?;
        let fits = self.scene.policy.find_type(&key.kind).is_ok_and(|found| resource_type.may_be_below(found.id()));
        if !fits {
            let message = format!("`{}` is a `{}`", parent.value, key.kind);
            self.mistakes.push(Diagnostic::new(message, parent.span.clone(), expected()));
            return None;
        }
        Some(key)
    }

    /// The resource of a parent's name. None where there is none that can be above, which is reported.
    fn parent_key(
        &mut self,
        decl: &ResourceDeclaration,
        parent: &Located<String>,
        all: &[Identified<'_, '_>],
    ) -> Option<ResourceKey> {
        let root = &self.scene.root;
        let by_name = all.iter().find(|other| other.decl.name.value == parent.value);
        let by_key = || all.iter().find(|other| other.key.to_string() == parent.value);
        let is_root = parent.value == root.id || parent.value == root.to_string();
        match by_name.or_else(by_key) {
            // What is registered hangs from what is.
            Some(other) if decl.stated || !other.decl.stated => Some(other.key.clone()),
            Some(_) => {
                let message = format!("`{}` is not registered, so nothing registered is below it", parent.value);
                let help = format!("add `stated = true` to `{}` too", decl.name.value);
                self.mistakes.push(Diagnostic::new(message, parent.span.clone(), "stated in the request").help(help));
                None
            }
            None if is_root => Some(root.clone()),
            None => {
                self.mistakes.wrong_name(NameKind::Resource, "", parent, || {
                    let what = if decl.stated { "resource" } else { "registered resource" };
                    let possible = all.iter().filter(|other| decl.stated || !other.decl.stated);
                    let known = possible.map(|other| other.decl.name.value.as_str());
                    unknown(what, parent, known.chain([root.id.as_str()]))
                });
                None
            }
        }
    }
}

/// How many resources of the file a resource is below, counting itself; more than there are when one of them is below
/// itself.
fn depth(resources: &[DeclaredResource], resource: &DeclaredResource) -> usize {
    ancestors(resources, resource).count() + 1
}

/// Whether the way up from a resource comes back to it.
fn is_below_itself(resources: &[DeclaredResource], key: &ResourceKey) -> bool {
    let own = resources.iter().find(|resource| resource.key == *key);
    own.is_some_and(|own| ancestors(resources, own).any(|above| above.key == *key))
}

/// The resources of the file that a resource is below, the nearest first; as many as there are when one of them is below
/// itself.
fn ancestors<'r>(
    resources: &'r [DeclaredResource],
    resource: &'r DeclaredResource,
) -> impl Iterator<Item = &'r DeclaredResource> {
    let up = |below: &&DeclaredResource| resources.iter().find(|above| above.key == below.parent);
    std::iter::successors(Some(resource), up).skip(1).take(resources.len())
}

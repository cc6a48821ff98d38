//! Checks that what a policy says of registering resources fits the rest of a type.

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        document::{Document, TypeDecl},
    },
    model::Registration,
};

impl TypeDecl {
    /// Whether its resources must be registered, also where the file does not say.
    pub(crate) fn registration(&self) -> Registration {
        self.registered.as_ref().map_or(Registration::Required, |registered| registered.value)
    }
}

/// What is said of a type must not contradict what it is, nor what its parent says.
pub(crate) fn check(
    document: &Document,
    resource_type: &TypeDecl,
    is_root: bool,
    parent: Option<usize>,
    problems: &mut Problems,
) {
    let name = &resource_type.name.value;
    let mut mistake = |message: String, help: String| {
        let span = resource_type.registered.as_ref().map_or(&resource_type.name.span, |registered| &registered.span);
        problems.push(Diagnostic::new(message, span.clone(), "this is said of registering").help(help));
    };
    if resource_type.registered.is_some() && (is_root || resource_type.member_records) {
        let why = if is_root { "comes with its tenant" } else { "is there for every member" };
        mistake(format!("a `{name}` {why}, so nobody registers one"), "take out `registered`".to_owned());
        return;
    }
    let parent = parent.and_then(|parent| document.types.get(parent));
    match resource_type.registration() {
        Registration::Never => {
            if !resource_type.roles.is_empty() || resource_type.teams || resource_type.creator_role.is_some() {
                let message = format!("no `{name}` is registered, so nobody holds roles at one");
                mistake(message, "take out its roles, or write `registered = \"optional\"`".to_owned());
            }
            if let Some(action) = resource_type.create_actions.first() {
                let message = format!("no `{name}` is registered, so no action creates one");
                mistake(message, format!("take out `{}`, or write `registered = \"optional\"`", action.value));
            }
        }
        _ if parent.is_some_and(|parent| parent.registration() == Registration::Never) => {
            let above = parent.map_or("", |parent| &parent.name.value);
            let message = format!("a `{name}` can't be registered: no `{above}`, which would be above it, is");
            mistake(message, "write `registered = \"never\"`".to_owned());
        }
        Registration::Required | Registration::Optional => {}
    }
}

//! Looks up names of the command line in a policy, and says which are known where one is not.

use std::collections::HashSet;

use rollcall_engine::{OWNER, Policy, ResourceType, Role, UnknownName};

use crate::cli::policy::file::Mistake;

/// The most names that are suggested for one that is not known.
const MAX_NEAREST: usize = 3;

/// The role that a rule of this type would mean by a name: short, or `TYPE.ROLE`.
pub(super) fn role<'p>(policy: &'p Policy, resource_type: &'p ResourceType, name: &str) -> Result<&'p Role, Mistake> {
    let ancestors = policy.ancestors(resource_type);
    let is_owned = resource_type.is_owned();
    if name == OWNER && is_owned {
        let type_name = resource_type.name();
        let why = format!(
            "`{OWNER}` of a `{type_name}` is whoever owns it, and no role; say `--owner`, or a role of a type above by \
             `TYPE.{OWNER}`"
        );
        return Err(Mistake::Unknown(why));
    }
    let found: Vec<&Role> = ancestors.iter().filter_map(|above| policy.find_role(above, name).ok()).collect();
    match found.as_slice() {
        [first, ..] if first.resource_type() == resource_type.id() => Ok(first),
        [only] => Ok(only),
        [] => {
            let what = format!("role of `{}` or of a type above it", resource_type.name());
            let nearest = ancestors.iter().filter_map(|above| policy.find_role(above, name).err());
            let mut nearest: Vec<String> = nearest.flat_map(|unknown| unknown.nearest).collect();
            let mut seen = HashSet::new();
            nearest.retain(|name| seen.insert(name.clone()));
            nearest.truncate(MAX_NEAREST);
            let roles = ancestors
                .iter()
                .flat_map(|above| above.roles())
                .map(|id| policy.name_at(resource_type, policy.role(*id)));
            Err(unknown_name(&what, &UnknownName { name: name.to_owned(), nearest }, &roles.collect::<Vec<_>>()))
        }
        several => {
            let names: Vec<String> = several.iter().map(|role| format!("`{}`", policy.qualified(role))).collect();
            let why = format!("`{name}` could be any of several roles; write {}", names.join(" or "));
            Err(Mistake::Unknown(why))
        }
    }
}

/// The mistake of a name that is not known, with the nearest names or else all that are known.
pub(super) fn unknown_name(what: &str, unknown: &UnknownName, known: &[String]) -> Mistake {
    let quoted = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let help = match (unknown.nearest.as_slice(), known) {
        ([], []) => "there is none".to_owned(),
        ([], known) => format!("known here: {}", quoted(known).join(", ")),
        (nearest, _) => format!("did you mean {}?", quoted(nearest).join(" or ")),
    };
    Mistake::Unknown(format!("no {what} is called `{}`; {help}", unknown.name))
}

//! Who stands in the columns of a table.

use rollcall_engine::{Mask, Policy, ResourceType, Term};

use crate::table::cell::allowed;

/// The head of the columns that are no roles.
pub const RELATIONS: &str = "relation";

/// Those who hold one role, or stand in one relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The role or the relation, one bit.
    pub who: Mask,
    /// The type that the role belongs to; [`RELATIONS`] for a relation.
    pub group: String,
    /// The role's short name, or the relation's word.
    pub name: String,
}

impl Column {
    /// The name by which the column is known outside its group: roles of other types with their type.
    pub fn full_name(&self, of: &str) -> String {
        if self.group == of || self.group == RELATIONS {
            self.name.clone()
        } else {
            format!("{}.{}", self.group, self.name)
        }
    }
}

/// The columns of a table of a type whose rows come to these terms: every role of the type and of those above it, from
/// the root down, and the relations that matter in some row.
pub(crate) fn columns(policy: &Policy, of: &ResourceType, rows: &[Vec<Term>]) -> Vec<Column> {
    let mut columns = Vec::new();
    for above in policy.ancestors(of).into_iter().rev() {
        columns.extend(above.roles().iter().map(|id| policy.role(*id)).map(|role| Column {
            who: role.mask(),
            group: above.name().to_owned(),
            name: role.name().to_owned(),
        }));
    }
    let mentions = |relation: Mask| {
        rows.iter().flatten().any(|term| term.need.intersects(relation) || term.forbid.intersects(relation))
    };
    // Every term but an operator's needs an active member: `anyone` matters where that is enough.
    let matters = |relation: Mask| match relation {
        Mask::ANYONE => rows.iter().any(|terms| allowed(terms, Mask::ANYONE)),
        _ => mentions(relation),
    };
    let relations = Mask::RELATIONS.iter().filter(|(_, relation)| matters(*relation));
    columns.extend(relations.map(|(word, relation)| Column {
        who: *relation,
        group: RELATIONS.to_owned(),
        name: (*word).to_owned(),
    }));
    columns
}

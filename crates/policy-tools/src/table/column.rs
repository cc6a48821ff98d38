//! The columns of a table: the roles that count at a type, and the relations that its rules are about.

use rollcall_engine::{Mask, Policy, ResourceType, Term};

use crate::table::cell::allowed;

/// The group of the columns that are relations and no roles. No type can be called that.
pub const RELATIONS: &str = "(relation)";

/// A column: those who hold one role, or have one relation to the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The role or the relation, one bit.
    pub who: Mask,
    /// The name of the type that the role belongs to; [`RELATIONS`] for a relation.
    pub group: String,
    /// The role's short name, or the relation's word, such as `owner`.
    pub name: String,
}

impl Column {
    /// The name of the column in a table of `resource_type` without groups: a role of another type is `TYPE.ROLE`.
    pub fn full_name(&self, resource_type: &str) -> String {
        if self.group == resource_type || self.group == RELATIONS { self.name.clone() } else { self.qualified() }
    }

    /// The name of the column below that of its group, among these columns: a role that is called as one of their
    /// relations is `TYPE.ROLE` all the same.
    pub fn name_among(&self, columns: &[Self]) -> String {
        let is_relation = |other: &Self| other.group == RELATIONS && other.name == self.name;
        if self.group != RELATIONS && columns.iter().any(is_relation) { self.qualified() } else { self.name.clone() }
    }

    fn qualified(&self) -> String {
        format!("{}.{}", self.group, self.name)
    }
}

/// The columns of a table of a type whose rows come to these terms: every role of the type and of those above it, from
/// the root down, and the relations that matter in some row.
pub(crate) fn columns(policy: &Policy, resource_type: &ResourceType, rows: &[Vec<Term>]) -> Vec<Column> {
    let mut columns = Vec::new();
    for above in policy.ancestors(resource_type).into_iter().rev() {
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

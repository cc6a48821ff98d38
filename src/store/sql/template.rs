//! Statements whose text is made once: to write a long one down costs more than to run it.

use std::{array, sync::OnceLock};

use sea_orm::{DbBackend, Statement, StatementBuilder, Value};

/// A statement but for its arguments, for each kind of database.
pub(super) struct Template([OnceLock<Text>; 3]);

struct Text {
    sql: String,
    values: Vec<Part>,
}

/// A value of a statement.
enum Part {
    Same(Value),
    /// The argument of this number.
    Argument(usize),
}

impl Template {
    pub(super) const fn new() -> Self {
        Self([const { OnceLock::new() }; 3])
    }

    /// The statement that `make` makes, with these arguments in place of the texts that it is given.
    pub(super) fn fill<const N: usize, Q: StatementBuilder>(
        &self,
        backend: DbBackend,
        arguments: &[Value; N],
        make: impl FnOnce([String; N]) -> Q,
    ) -> Statement {
        let Self([sqlite, postgres, other]) = self;
        let text = match backend {
            DbBackend::Sqlite => sqlite,
            DbBackend::Postgres => postgres,
            _ => other,
        };
        let Text { sql, values } = text.get_or_init(|| Text::of(backend, make));
        let value = |part: &Part| match part {
            Part::Same(value) => value.clone(),
            Part::Argument(number) => arguments.get(*number).cloned().unwrap_or(Value::Int(None)),
        };
        Statement::from_sql_and_values(backend, sql, values.iter().map(value))
    }
}

impl Text {
    fn of<const N: usize, Q: StatementBuilder>(backend: DbBackend, make: impl FnOnce([String; N]) -> Q) -> Self {
        // What no statement has of its own.
        let marks: [String; N] = array::from_fn(|number| format!("\u{1}argument {number}"));
        let Statement { sql, values, .. } = make(marks.clone()).build(&backend);
        let part = |value: Value| {
            let number = marks.iter().position(|mark| value == Value::from(mark.as_str()));
            number.map_or(Part::Same(value), Part::Argument)
        };
        Self { sql, values: values.into_iter().flat_map(|values| values.0).map(part).collect() }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _};

    use super::*;
    use crate::store::sql::entity::tenant::{Column, Entity};

    #[test]
    fn a_filled_template_is_the_statement_itself() {
        let template = Template::new();
        let query = |tenant: &str, policy: &str| {
            let query = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::RootType.eq("workspace"));
            query.filter(Column::Policy.eq(policy)).filter(Column::DisplayName.ne(tenant)).limit(7).into_query()
        };
        for backend in [DbBackend::Sqlite, DbBackend::Postgres, DbBackend::Sqlite] {
            for (tenant, policy) in [("acme", "lumicon"), ("\u{1}argument 1", "\u{1}argument 0"), ("", "")] {
                let arguments = [tenant.into(), policy.into()];
                let filled = template.fill(backend, &arguments, |[tenant, policy]| query(&tenant, &policy));
                assert_eq!(filled, StatementBuilder::build(&query(tenant, policy), &backend));
            }
        }
    }
}

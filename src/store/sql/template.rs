//! Statements whose text is made once: to write a long one down costs more than to run it.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use sea_orm::{DbBackend, Statement, StatementBuilder, Value};

/// A statement but for its arguments, for each kind of database and each count of arguments.
pub(super) struct Template(RwLock<Vec<Arc<Text>>>);

struct Text {
    backend: DbBackend,
    arguments: usize,
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
        Self(RwLock::new(Vec::new()))
    }

    /// The statement that `make` makes, with these arguments in place of the texts that it is given, one for each.
    pub(super) fn fill<Q: StatementBuilder>(
        &self,
        backend: DbBackend,
        arguments: &[Value],
        make: impl FnOnce(Vec<String>) -> Q,
    ) -> Statement {
        let text = self.find(backend, arguments.len()).unwrap_or_else(|| {
            let text = Arc::new(Text::of(backend, arguments.len(), make));
            self.0.write().push(Arc::clone(&text));
            text
        });
        let value = |part: &Part| match part {
            Part::Same(value) => value.clone(),
            Part::Argument(number) => arguments.get(*number).cloned().unwrap_or(Value::Int(None)),
        };
        Statement::from_sql_and_values(backend, &text.sql, text.values.iter().map(value))
    }

    fn find(&self, backend: DbBackend, arguments: usize) -> Option<Arc<Text>> {
        let texts = self.0.read();
        texts.iter().find(|text| text.backend == backend && text.arguments == arguments).cloned()
    }
}

impl Text {
    fn of<Q: StatementBuilder>(backend: DbBackend, arguments: usize, make: impl FnOnce(Vec<String>) -> Q) -> Self {
        // What no statement has of its own.
        let marks: Vec<String> = (0..arguments).map(|number| format!("\u{1}argument {number}")).collect();
        let numbers: HashMap<String, usize> = marks.iter().cloned().zip(0..).collect();
        let Statement { sql, values, .. } = make(marks).build(&backend);
        let part = |value: Value| {
            let mark = if let Value::String(Some(mark)) = &value { numbers.get(mark).copied() } else { None };
            mark.map_or(Part::Same(value), Part::Argument)
        };
        let values = values.into_iter().flat_map(|values| values.0).map(part).collect();
        Self { backend, arguments, sql, values }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _};

    use super::*;
    use crate::store::sql::entity::tenant::{Column, Entity};

    #[test]
    fn a_filled_template_is_the_statement_itself() {
        let (template, many) = (Template::new(), Template::new());
        let in_all = |tenants: Vec<String>| Entity::find().filter(Column::TenantId.is_in(tenants)).into_query();
        let query = |tenant: &str, policy: &str| {
            let query = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::RootType.eq("workspace"));
            query.filter(Column::Policy.eq(policy)).filter(Column::DisplayName.ne(tenant)).limit(7).into_query()
        };
        for backend in [DbBackend::Sqlite, DbBackend::Postgres, DbBackend::Sqlite] {
            for (tenant, policy) in [("acme", "lumicon"), ("\u{1}argument 1", "\u{1}argument 0"), ("", "")] {
                let arguments = [tenant.into(), policy.into()];
                let filled = template.fill(backend, &arguments, |marks| query(&marks[0], &marks[1]));
                assert_eq!(filled, StatementBuilder::build(&query(tenant, policy), &backend));
                for tenants in [vec![tenant], vec![policy, tenant, policy]] {
                    let tenants: Vec<String> = tenants.into_iter().map(str::to_owned).collect();
                    let arguments: Vec<Value> = tenants.iter().map(|tenant| tenant.as_str().into()).collect();
                    let filled = many.fill(backend, &arguments, in_all);
                    assert_eq!(filled, StatementBuilder::build(&in_all(tenants), &backend));
                }
            }
        }
    }
}

//! The statements of a write, which are run in order and many at a time: most of what a statement costs is the way to
//! the database and back.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryResult, QueryTrait, Statement,
    StatementBuilder, Value,
    sea_query::{DeleteStatement, Expr, Query, ReturningClause, UpdateStatement},
};

use crate::{
    service::ports::{StoreError, StoreResult},
    store::{
        dialect,
        error::{conflict, defect},
        sql::{statements::ROWS_PER_STATEMENT, template::Template},
    },
};

/// The most statements that are run at a time. Their text is prepared once, and kept while it is used.
const STATEMENTS: usize = 32;
/// The most values that are sent at a time, but for a single statement that has more.
const VALUES: usize = 4000;
/// Statements that have a piece of their own.
const ALONE: usize = 1;

/// The column that says which of its statements a row is of, where a script finds rows of several.
pub(super) const TABLE: &str = "table";

/// Statements to be run in order.
pub(super) struct Script<'a> {
    backend: DbBackend,
    /// Whether the rows that its statements find have the same columns.
    is_uniform: bool,
    pieces: Vec<Piece>,
    /// Of the statements that must change one row each, what it means if one does not.
    musts: Vec<Otherwise<'a>>,
}

/// What is run at a time: statements that become one text, with the values of all.
struct Piece {
    statements: Vec<String>,
    values: Vec<Value>,
}

/// What it means that a statement did not change one row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Otherwise<'a> {
    /// The tables disagree with the log: what a change of this kind is about has no row.
    NoRow(&'a str),
    /// The tables disagree with one another.
    Defect(&'static str),
    /// Somebody else was first.
    Conflict(&'static str),
}

/// A statement that can say which rows it changed.
pub(super) trait Changing {
    fn say(&mut self, what: ReturningClause);
}

impl<'a> Script<'a> {
    /// A script without a statement, for the database of a connection. Of its statements those that find rows all find
    /// rows of the same columns.
    pub(super) fn new(db: &impl ConnectionTrait) -> Self {
        Self { backend: db.get_database_backend(), is_uniform: true, pieces: Vec::new(), musts: Vec::new() }
    }

    /// A script whose statements find rows of different columns.
    pub(super) fn of_tables(db: &impl ConnectionTrait) -> Self {
        Self { is_uniform: false, ..Self::new(db) }
    }

    /// Appends a statement, which may change or find any number of rows.
    pub(super) fn push(&mut self, statement: &impl QueryTrait) {
        self.append(statement.build(self.backend));
    }

    /// Appends a statement that must change exactly one row.
    pub(super) fn push_one<Q>(&mut self, statement: Q, otherwise: Otherwise<'a>)
    where
        Q: QueryTrait<QueryStatement: Changing>,
    {
        let mut statement = statement.into_query();
        statement.say(Query::returning().exprs([Expr::value(self.must(otherwise))]));
        self.append(statement.build(&self.backend));
    }

    /// The number by which it is known whether the next statement changed a row.
    fn must(&mut self, otherwise: Otherwise<'a>) -> i64 {
        self.musts.push(otherwise);
        i64::try_from(self.musts.len()).unwrap_or(i64::MAX)
    }

    /// Appends the insertion of rows.
    pub(super) fn insert<A>(&mut self, mut rows: Vec<A>)
    where
        A: ActiveModelTrait + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS_PER_STATEMENT));
            self.push(&A::Entity::insert_many(rows));
            rows = rest;
        }
    }

    /// Runs the statements, each of which that must change a row changes one.
    ///
    /// # Errors
    /// What [`Otherwise`] says of the first that did not, and those of the database. Either may come after some statements
    /// were run, so this must be in a transaction.
    pub(super) async fn run(mut self, db: &impl ConnectionTrait) -> StoreResult<()> {
        let musts = std::mem::take(&mut self.musts);
        let mut changed: Vec<i64> = Vec::with_capacity(musts.len());
        for row in self.find(db).await? {
            changed.push(row.try_get_by_index(0)?);
        }
        changed.sort_unstable();
        let mut changed = changed.into_iter();
        for (number, otherwise) in (1..).zip(musts) {
            if changed.next() != Some(number) {
                return Err(otherwise.into());
            }
        }
        match changed.next() {
            None => Ok(()),
            Some(_) => Err(defect("a statement changed more rows than one")),
        }
    }

    /// Runs the statements: the rows that they find. Those of one statement stay together only where each finds other
    /// columns.
    pub(super) async fn find(self, db: &impl ConnectionTrait) -> StoreResult<Vec<QueryResult>> {
        let mut found = Vec::new();
        for Piece { statements, values } in self.pieces {
            let sql = dialect::one_text(self.backend, statements);
            found.extend(db.query_all_raw(Statement::from_sql_and_values(self.backend, sql, values)).await?);
        }
        Ok(found)
    }

    /// Runs the statements, which only read, and then one that ends the transaction that they are in.
    pub(super) async fn find_and_end(mut self, db: &impl ConnectionTrait, end: &str) -> StoreResult<Vec<QueryResult>> {
        self.append(Statement::from_string(self.backend, end));
        self.find(db).await
    }

    /// Appends a statement that is a query as the driver has it.
    pub(super) fn push_query(&mut self, query: &impl StatementBuilder) {
        self.append(query.build(&self.backend));
    }

    /// Appends a statement of a template, which may change or find any number of rows.
    pub(super) fn fill<const N: usize, Q: StatementBuilder>(
        &mut self,
        template: &Template,
        arguments: &[Value; N],
        make: impl FnOnce([String; N]) -> Q,
    ) {
        let make = |marks: Vec<String>| make(marks.try_into().expect("each argument has a mark"));
        self.append(template.fill(self.backend, arguments, make));
    }

    /// Appends a statement of a template that must change exactly one row.
    pub(super) fn fill_one<const N: usize, Q>(
        &mut self,
        template: &Template,
        arguments: [Value; N],
        otherwise: Otherwise<'a>,
        make: impl FnOnce([String; N]) -> Q,
    ) where
        Q: Changing + StatementBuilder,
    {
        let mut arguments = Vec::from(arguments);
        arguments.push(self.must(otherwise).into());
        let statement = template.fill(self.backend, &arguments, |mut marks| {
            let number = marks.pop();
            let mut statement = make(marks.try_into().expect("each argument has a mark"));
            statement.say(Query::returning().exprs(number.map(Expr::value)));
            statement
        });
        self.append(statement);
    }

    /// Appends a statement of a template with any number of arguments, and with what ends its text.
    pub(super) fn fill_many<Q: StatementBuilder>(
        &mut self,
        template: &Template,
        arguments: &[Value],
        ending: &str,
        make: impl FnOnce(Vec<String>) -> Q,
    ) {
        let mut statement = template.fill(self.backend, arguments, make);
        statement.sql.push_str(ending);
        self.append(statement);
    }

    fn append(&mut self, statement: Statement) {
        let Statement { sql, values, .. } = statement;
        let values = values.map(|values| values.0).unwrap_or_default();
        let most = if self.is_uniform || dialect::finds_several(self.backend) { STATEMENTS } else { ALONE };
        let fits = |piece: &Piece| {
            piece.statements.len() < most
                && piece.values.len() + values.len() <= VALUES
                && dialect::goes_with(self.backend, &piece.statements, &sql)
        };
        match self.pieces.last_mut().filter(|piece| fits(piece)) {
            Some(piece) => {
                piece.statements.push(sql);
                piece.values.extend(values);
            }
            None => self.pieces.push(Piece { statements: vec![sql], values }),
        }
    }
}

impl Changing for UpdateStatement {
    fn say(&mut self, what: ReturningClause) {
        self.returning(what);
    }
}

impl Changing for DeleteStatement {
    fn say(&mut self, what: ReturningClause) {
        self.returning(what);
    }
}

impl From<Otherwise<'_>> for StoreError {
    fn from(otherwise: Otherwise<'_>) -> Self {
        match otherwise {
            Otherwise::NoRow(kind) => defect(format!("change `{kind}` has not changed one row")),
            Otherwise::Defect(what) => defect(what),
            Otherwise::Conflict(what) => conflict(what),
        }
    }
}

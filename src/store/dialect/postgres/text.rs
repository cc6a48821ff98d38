//! How several statements become one: each goes the way to the database and back once, and PostgreSQL takes no values with
//! more than one statement in a text.

use std::fmt::Write as _;

/// What a statement does to which table, by how the text begins.
#[derive(PartialEq, Eq)]
enum Target<'s> {
    Reads,
    Deletes(&'s str),
    Writes(&'s str),
}

/// Whether a statement may become one with others: the parts of one statement all begin with what was there before it, and
/// of two that change the same row only one does. Deletions go together, for it is the same which of two comes first.
pub(in crate::store) fn goes_with(others: &[String], statement: &str) -> bool {
    let this = target(statement);
    others.iter().all(|other| match (target(other), &this) {
        (Target::Reads, _) | (_, Target::Reads) | (Target::Deletes(_), Target::Deletes(_)) => true,
        (Target::Deletes(other) | Target::Writes(other), Target::Deletes(table) | Target::Writes(table)) => {
            other != *table
        }
    })
}

fn target(statement: &str) -> Target<'_> {
    let table = || statement.split('"').nth(1).unwrap_or_default();
    match statement.split(' ').next() {
        Some("DELETE") => Target::Deletes(table()),
        Some("INSERT" | "UPDATE") => Target::Writes(table()),
        _ => Target::Reads,
    }
}

/// One statement of which these are the parts. It finds the rows of all of them that find any, in no order.
pub(in crate::store) fn one_text(mut statements: Vec<String>) -> String {
    if statements.len() < 2 {
        return statements.pop().unwrap_or_default();
    }
    let mut text = String::with_capacity(statements.iter().map(|statement| statement.len() + 64).sum());
    let (mut finding, mut values) = (Vec::new(), 0);
    for (number, statement) in statements.iter().enumerate() {
        text.push_str(if number == 0 { "WITH " } else { ", " });
        // Writing to a text can't fail.
        _ = write!(text, "part{number} AS (");
        values += append_with_values_from(values, statement, &mut text);
        text.push(')');
        if target(statement) == Target::Reads || statement.contains(" RETURNING ") {
            finding.push(number);
        }
    }
    if finding.is_empty() {
        text.push_str(" SELECT 0 WHERE FALSE");
    }
    for (index, number) in finding.into_iter().enumerate() {
        text.push_str(if index == 0 { " " } else { " UNION ALL " });
        _ = write!(text, "SELECT * FROM part{number}");
    }
    text
}

/// Appends a statement, of whose values the first has this many before it: how many values it has.
fn append_with_values_from(before: usize, statement: &str, text: &mut String) -> usize {
    let (mut most, mut is_quoted, mut quote) = (0, false, '"');
    let mut chars = statement.chars().peekable();
    while let Some(char) = chars.next() {
        text.push(char);
        if is_quoted {
            is_quoted = char != quote;
        } else if matches!(char, '"' | '\'') {
            (is_quoted, quote) = (true, char);
        } else if char == '$' {
            let mut number = 0;
            while let Some(digit) = chars.peek().and_then(|char| char.to_digit(10)) {
                number = number * 10 + digit as usize;
                chars.next();
            }
            most = most.max(number);
            _ = write!(text, "{}", before + number);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<const N: usize>(statements: [&str; N]) -> Vec<String> {
        statements.map(str::to_owned).into()
    }

    #[test]
    fn values_are_numbered_on_and_quoted_text_is_left_alone() {
        let one = one_text(texts([
            r#"UPDATE "a" SET "x$1" = $1 WHERE "y" = $2 AND "z" = '$2''$1' RETURNING $3"#,
            r#"INSERT INTO "b" ("x") VALUES ($1), ($2)"#,
            r#"DELETE FROM "c" WHERE "x" = $1 RETURNING $2"#,
        ]));
        let expected = r#"WITH part0 AS (UPDATE "a" SET "x$1" = $1 WHERE "y" = $2 AND "z" = '$2''$1' RETURNING $3), part1 AS (INSERT INTO "b" ("x") VALUES ($4), ($5)), part2 AS (DELETE FROM "c" WHERE "x" = $6 RETURNING $7) SELECT * FROM part0 UNION ALL SELECT * FROM part2"#;
        assert_eq!(one, expected);
        assert_eq!(one_text(texts(["SELECT $1"])), "SELECT $1");
        assert_eq!(
            one_text(texts([r#"DELETE FROM "a""#, r#"DELETE FROM "a""#])),
            r#"WITH part0 AS (DELETE FROM "a"), part1 AS (DELETE FROM "a") SELECT 0 WHERE FALSE"#
        );
    }

    #[test]
    fn what_may_change_the_same_row_stays_apart() {
        let [insert, update, delete] =
            [r#"INSERT INTO "a" ("x") VALUES ($1)"#, r#"UPDATE "a" SET "x" = $1"#, r#"DELETE FROM "a""#];
        let other = r#"UPDATE "b" SET "a" = $1"#;
        let read = r#"SELECT * FROM "a""#;
        for (first, second, is_joined) in [
            (insert, update, false),
            (insert, insert, false),
            (update, update, false),
            (delete, update, false),
            (update, delete, false),
            (delete, delete, true),
            (update, other, true),
            (read, read, true),
            (update, read, true),
        ] {
            assert_eq!(goes_with(&texts([first]), second), is_joined, "{first}; {second}");
        }
    }
}

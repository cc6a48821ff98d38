//! The cases of a policy: a tenant's facts, and what must and must not be let happen there.
//!
//! A file of cases says much in few words (several people, actions and resources a row, "anything else", "everybody
//! else"); [`read`] expands it to a [`CheckCase`] or a [`WriteCase`] for each single question.

mod case;
mod declare;
mod expand;
mod instant;
mod mistakes;
mod names;
mod rows;
mod scene;

use expand::QuestionBudget;
use mistakes::Mistakes;
use rollcall_engine::{
    Diagnostics, Policy,
    reader::{Fields, Lines, read_file},
};

pub use case::{Case, CheckCase, Expected, WriteCase};

/// The fields of a file of cases.
const FIELDS: [&str; 7] = ["tenant", "now", "resources", "members", "non_members", "groups", "case"];

/// Reads the text of a file of cases in TOML, written for this policy, and returns its cases in the order of the file.
/// A file without a `[[case]]` has none. `path` is only shown in diagnostics.
///
/// # Errors
/// Every mistake in the file at once: what is no TOML, fields and names that are not known (each once, however often it
/// stands there), facts that contradict each other, a row that asks nothing, and a file that comes to more than 100,000
/// questions.
pub fn read(path: &str, text: &str, policy: &Policy) -> Result<Vec<Case>, Diagnostics> {
    read_file(path, text, |table, problems| {
        let lines = Lines::new(text);
        let mut mistakes = Mistakes::new(problems, &lines);
        let mut fields = Fields::new(table, "a file of cases", 0..0);
        mistakes.check_fields("file", &mut fields, &FIELDS);
        let scene = declare::read(&mut fields, policy, &mut mistakes);
        let cases = fields.tables("case", "a case", mistakes.problems());
        let cases: Vec<_> = cases.into_iter().filter_map(|case| rows::read(case, &mut mistakes)).collect();
        let mut budget = QuestionBudget::all();
        let expanded = scene
            .map(|scene| cases.iter().map(|case| expand::expand(&scene, case, &mut budget, &mut mistakes)).collect());
        mistakes.finish();
        expanded
    })
}

//! The cases of a policy: a tenant's facts, and what must and must not be let happen there.
//!
//! A file of cases says much in few words (several people, actions and resources a row, "anything else", "everybody
//! else"); [`read`] expands it to a [`CheckCase`] or a [`WriteCase`] for each single question.

mod case;
mod declare;
mod expand;
mod rows;
mod scene;

use expand::QuestionBudget;
use rollcall_engine::{
    Diagnostics, Policy,
    reader::{Fields, Lines, read_file},
};

pub use case::{Case, CheckCase, Expected, WriteCase};

/// Reads the text of a file of cases in TOML, written for this policy, and returns its cases in the order of the file.
/// A file without a `[[case]]` has none. `path` is only shown in diagnostics.
///
/// # Errors
/// Every mistake in the file at once: what is no TOML, fields and names that are not known, facts that contradict each
/// other, a row that asks nothing, and a file that comes to more than 100,000 questions.
pub fn read(path: &str, text: &str, policy: &Policy) -> Result<Vec<Case>, Diagnostics> {
    read_file(path, text, |table, problems| {
        let mut fields = Fields::new(table, "a file of cases", 0..0);
        let scene = declare::read(&mut fields, policy, problems);
        let cases = fields.tables("case", "a case", problems);
        fields.finish(problems);
        let lines = Lines::new(text);
        let cases: Vec<_> = cases.into_iter().filter_map(|case| rows::read(case, &lines, problems)).collect();
        let scene = scene?;
        let mut budget = QuestionBudget::all();
        Some(cases.iter().filter_map(|case| expand::expand(&scene, case, &mut budget, problems)).collect())
    })
}

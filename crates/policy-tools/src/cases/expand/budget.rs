//! How many questions the rows of a file may come to.

use rollcall_engine::Diagnostic;

use crate::cases::{mistakes::Mistakes, rows::CaseRow};

/// The most questions that the rows of a file may come to, a kind of write that comes to none counted as one.
const MAX_QUESTIONS: usize = 100_000;

/// How many questions the rest of a file may still come to; none when it has come to too many.
pub(crate) struct QuestionBudget(Option<usize>);

impl QuestionBudget {
    /// The budget of a whole file.
    pub(crate) fn all() -> Self {
        Self(Some(MAX_QUESTIONS))
    }

    /// Spends some; none when there are not as many left. That is reported at the first row to which it happens, and no
    /// later one passes.
    pub(super) fn take(&mut self, questions: usize, row: &CaseRow, mistakes: &mut Mistakes<'_>) -> Option<()> {
        let remaining = self.0.take()?;
        self.0 = remaining.checked_sub(questions);
        if self.0.is_none() {
            let message = format!("the rows of this file come to more than {MAX_QUESTIONS} questions");
            let diagnostic = Diagnostic::new(message, row.span.clone(), "from this row on");
            mistakes.push(diagnostic.help("name fewer people, actions or roles, or split the file"));
        }
        self.0.map(|_| ())
    }
}

//! Expands the rows of a case, each about several people, actions and resources, to single questions.

mod budget;
mod checks;
mod row;
mod words;
mod writes;

use rollcall_engine::{Reason, Refusal};

use crate::cases::{
    case::Case,
    expand::{
        checks::checks_of,
        row::{ReadRow, named},
        writes::writes_of,
    },
    mistakes::Mistakes,
    rows::WrittenCase,
    scene::Scene,
};

pub(crate) use budget::QuestionBudget;

/// Expands a case. What is wrong is reported, and left out.
pub(crate) fn expand(
    scene: &Scene<'_>,
    case: &WrittenCase,
    budget: &mut QuestionBudget,
    mistakes: &mut Mistakes<'_>,
) -> Case {
    let mut scene = scene.clone();
    scene.leave_out(&case.without, mistakes);
    scene.now = case.now.or(scene.now);
    let denials: Vec<&str> =
        Reason::ALL.iter().filter(|reason| !reason.allowed()).map(|reason| reason.code()).collect();
    let (in_actions, in_writes) = (named(&scene, &case.actions), named(&scene, &case.writes));
    let of_actions = (&denials[..], &Refusal::CODES[..]);
    let of_writes = (of_actions.1, of_actions.0);
    let actions: Vec<ReadRow<'_>> =
        case.actions.iter().map(|row| ReadRow::new(&scene, row, &in_actions, of_actions, mistakes)).collect();
    let write_rows: Vec<ReadRow<'_>> =
        case.writes.iter().map(|row| ReadRow::new(&scene, row, &in_writes, of_writes, mistakes)).collect();
    let (mut checks, mut writes) = (Vec::new(), Vec::new());
    for on in &case.on {
        let Some(resource) = scene.case_resource(on, mistakes) else { continue };
        for row in &actions {
            checks.extend(checks_of(&scene, row, &resource, budget, mistakes).unwrap_or_default());
        }
        for row in &write_rows {
            writes.extend(writes_of(&scene, row, (on, &resource), budget, mistakes).unwrap_or_default());
        }
    }
    Case { name: case.name.clone(), facts: scene.facts(), now: scene.now, checks, writes }
}

//! Expands a row about actions.

use std::sync::Arc;

use rollcall_engine::{Action, ResourceKey};

use crate::cases::{
    case::CheckCase,
    expand::{
        budget::QuestionBudget,
        row::ReadRow,
        words::{Words, pick},
    },
    mistakes::Mistakes,
    scene::{CaseResource, Scene, record_id},
};

/// The questions of a row at a resource; none where something is wrong, which is reported.
pub(super) fn checks_of(
    scene: &Scene<'_>,
    read: &ReadRow<'_>,
    resource: &CaseResource<'_>,
    budget: &mut QuestionBudget,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<CheckCase>> {
    let (row, resource_type) = (read.row, resource.resource_type);
    let known: Vec<&str> = resource_type.actions().iter().map(Action::name).collect();
    let is_sound = Words::Actions.check(scene, row, (resource_type, &known), mistakes);
    if !is_sound || !read.is_sound {
        return None;
    }
    let sides = [(pick(&row.may, &row.may_not, &known), true), (pick(&row.may_not, &row.may, &known), false)];
    let actions: usize = sides.iter().map(|(actions, _)| actions.len()).sum();
    budget.take(read.actors.len() * actions, row, mistakes)?;
    let parents = resource.declared.map_or_else(Arc::default, |declared| scene.parents_up_to_registered(declared));
    let mut checks = Vec::new();
    for subject in &read.actors {
        let id = resource.id.clone().unwrap_or_else(|| record_id(subject));
        for (actions, allowed) in &sides {
            checks.extend(actions.iter().map(|action| CheckCase {
                expected: read.expected(*allowed),
                subject: subject.clone(),
                action: (*action).to_owned(),
                resource: ResourceKey::new(resource_type.name(), &id),
                parents: Arc::clone(&parents),
                owner: resource.declared.and_then(|declared| declared.owner.clone()),
            }));
        }
    }
    read.check_asks(checks.is_empty(), scene, mistakes);
    Some(checks)
}

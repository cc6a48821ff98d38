//! The actions and kinds of writes that the sides of a row name.

use rollcall_engine::{Diagnostic, ResourceType, WriteKind, reader::Located};

use crate::cases::{
    expand::row::deduplicated,
    mistakes::{Mistakes, NameKind, unknown},
    rows::CaseRow,
    scene::Scene,
};

/// In place of actions or membership writes: all that there are.
const ANYTHING: &str = "anything";
/// In place of actions or membership writes: all but those of the row's other side.
const ANYTHING_ELSE: &str = "anything else";

/// Whether a name is an action of some type, or a kind of membership write.
#[derive(Clone, Copy)]
pub(super) enum Words {
    Actions,
    Writes,
}

impl Words {
    /// Whether every word of a row is one of these at a type. One that is not is reported.
    pub(super) fn check(
        self,
        scene: &Scene<'_>,
        row: &CaseRow,
        (resource_type, known): (&ResourceType, &[&str]),
        mistakes: &mut Mistakes<'_>,
    ) -> bool {
        let mut is_sound = true;
        for (words, others) in [(&row.may, &row.may_not), (&row.may_not, &row.may)] {
            for word in words {
                let name = word.value.as_str();
                if name == ANYTHING_ELSE && others.is_empty() {
                    let message = "`anything else` refers to the row's other side, which is empty";
                    let help = "name the rest on the row's other side, or write `anything`";
                    mistakes.push(Diagnostic::new(message, word.span.clone(), "this side").help(help));
                    is_sound = false;
                } else if name != ANYTHING && name != ANYTHING_ELSE && !known.contains(&name) {
                    self.report(scene, word, (resource_type, known), mistakes);
                    is_sound = false;
                }
            }
        }
        is_sound
    }

    fn report(
        self,
        scene: &Scene<'_>,
        word: &Located<String>,
        (resource_type, known): (&ResourceType, &[&str]),
        mistakes: &mut Mistakes<'_>,
    ) {
        let name = word.value.as_str();
        let (kind, what, is_known) = match self {
            Self::Actions => {
                let has_it = |other: &ResourceType| other.find_action(name).is_ok();
                (NameKind::Action, "action", scene.policy.types().iter().any(has_it))
            }
            Self::Writes => (NameKind::Write, "membership write", WriteKind::from_name(name).is_some()),
        };
        let scope = if is_known { resource_type.name() } else { "" };
        mistakes.wrong_name(kind, scope, word, || {
            let label = format!("not one of `{}`", resource_type.name());
            Diagnostic { label, ..unknown(what, word, known.iter().copied()) }
        });
    }
}

/// Those that one side of a row names; "anything" stands for the usual ones.
pub(super) fn pick<'k>(words: &'k [Located<String>], others: &[Located<String>], usual: &[&'k str]) -> Vec<&'k str> {
    let mut picked = Vec::new();
    for word in words {
        match word.value.as_str() {
            ANYTHING => picked.extend(usual),
            ANYTHING_ELSE => {
                picked.extend(usual.iter().filter(|name| !others.iter().any(|other| other.value == **name)));
            }
            name => picked.push(name),
        }
    }
    deduplicated(picked)
}

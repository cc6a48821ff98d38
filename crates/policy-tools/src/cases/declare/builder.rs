//! The scene while it is read, and what the readers of its parts share.

use rollcall_engine::{
    Diagnostic,
    reader::{Fields, Key, Located},
};

use crate::cases::{mistakes::Mistakes, scene::Scene};

/// A scene that grows declaration by declaration.
pub(super) struct SceneBuilder<'b, 'm, 'p> {
    pub(super) scene: Scene<'p>,
    pub(super) mistakes: &'b mut Mistakes<'m>,
}

impl<'b, 'm, 'p> SceneBuilder<'b, 'm, 'p> {
    pub(super) fn new(scene: Scene<'p>, mistakes: &'b mut Mistakes<'m>) -> Self {
        Self { scene, mistakes }
    }

    /// The scene with all that was declared.
    pub(super) fn finish(self) -> Scene<'p> {
        Scene { is_sound: self.mistakes.is_empty(), ..self.scene }
    }

    /// A field that is a string and not empty. None if it is not there, or is not such a string, which is reported.
    pub(super) fn text(&mut self, fields: &mut Fields<'_, '_>, name: &'static str) -> Option<Located<String>> {
        let text = fields.string(name, self.mistakes.problems())?;
        if text.value.is_empty() {
            self.mistakes.push(Diagnostic::new(
                format!("`{name}` is empty"),
                text.span,
                "expected one character or more",
            ));
            return None;
        }
        Some(text)
    }
}

/// A key as a name.
pub(super) fn key_name(key: Key<'_, '_>) -> Located<String> {
    Located::new(key.get_ref().as_ref().to_owned(), key.span())
}

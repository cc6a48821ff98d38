//! The language of policies: from the text of a TOML file to a compiled policy, with every mistake in it at once.

mod checks;
pub(crate) mod compile;
pub(crate) mod diagnostic;
mod document;
mod edition;
mod escalation;
mod expr;
mod lint;
mod never;
mod people;
pub mod reader;
mod registered;
mod reserved;
mod resolve;
mod rules;
mod span;
mod terms;

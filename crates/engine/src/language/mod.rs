//! The language of policies: from the text of a TOML file to a compiled policy, with every mistake in it at once.

mod bounds;
pub(crate) mod compile;
pub(crate) mod diagnostic;
mod document;
mod expr;
mod lint;
pub mod reader;
mod resolve;
mod span;

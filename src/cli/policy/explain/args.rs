//! The arguments of `rollcall policy explain`.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use rollcall_engine::WriteKind;

/// What to explain, and of whom.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["action", "write"]).required(true))]
pub struct ExplainArgs {
    /// The policy file to explain
    pub file: PathBuf,
    /// The type of the resource
    #[arg(long = "type", value_name = "TYPE")]
    pub resource_type: String,
    /// What is to be done with it
    #[arg(long)]
    pub action: Option<String>,
    /// The kind of membership write that is to be made there
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub write: Option<WriteKind>,
    /// The role that the write removes; every one when not given
    #[arg(long, value_name = "ROLE", requires = "write", conflicts_with = "action")]
    pub from: Option<String>,
    /// The role that the write grants; every one when not given
    #[arg(long, value_name = "ROLE", requires = "write", conflicts_with = "action")]
    pub to: Option<String>,
    /// A role that is held: of the type, or of one above it; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// The resource is their own
    #[arg(long)]
    pub owner: bool,
    /// The record, or the membership that is written, is their own
    #[arg(long = "self")]
    pub itself: bool,
}

fn kinds() -> impl TypedValueParser<Value = WriteKind> {
    PossibleValuesParser::new(WriteKind::ALL.map(WriteKind::name))
        .try_map(|name| WriteKind::from_name(&name).ok_or_else(|| format!("no kind of write is called `{name}`")))
}

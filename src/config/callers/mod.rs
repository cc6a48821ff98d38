//! Reads the callers' file: who may call, what proves that a request is theirs, and what each may. Every mistake is
//! reported at once, in the order of the lines.

mod caller;
mod fields;
mod instant;
mod issuer;
mod key;
mod mistakes;
mod proof;
mod shown;
mod table;
#[cfg(test)]
mod tests;
mod unique;

use std::path::Path;

use toml::de::DeTable;

pub use crate::config::callers::mistakes::CallersMistakes;
use crate::{
    config::callers::{fields::Form, mistakes::Mistakes, proof::Proofs, table::Table, unique::Unique},
    edge::identity::CallersFile,
};

const CALLER: Form = Form { name: "caller", what: "tables that are each headed `[[caller]]`", example: "[[caller]]" };
const ISSUER: Form = Form { name: "issuer", what: "tables that are each headed `[[issuer]]`", example: "[[issuer]]" };
const TRUST_DOMAIN: Form =
    Form { name: "trust_domain", what: "tables that are each headed `[[trust_domain]]`", example: "[[trust_domain]]" };

/// Reads the text of a callers' file, which messages call `path_shown`. The paths in it are relative to `directory`,
/// which is its own; the files that they lead to are not looked at.
///
/// # Errors
/// Every mistake in the file. None of them shows the hash of a key, or what may be one.
pub fn parse_callers(path_shown: &str, directory: &Path, text: &str) -> Result<CallersFile, CallersMistakes> {
    let mut mistakes = Mistakes::default();
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        mistakes.add_to_file(error.span().map(|span| span.start), error.message());
    }
    // What is left of a broken file would only add mistakes that are not there.
    let file =
        if errors.is_empty() { read(document.get_ref(), directory, &mut mistakes) } else { CallersFile::default() };
    mistakes.into_result(file, path_shown, text)
}

/// What is right in the file. The issuers come first, for the callers' tokens name them.
fn read(document: &DeTable<'_>, directory: &Path, mistakes: &mut Mistakes) -> CallersFile {
    let file = Table::of_document(document, &[CALLER, ISSUER, TRUST_DOMAIN], mistakes);
    let mut names = Unique::default();
    let issuers = file.items(ISSUER, ISSUER, mistakes);
    let issuers = issuers.iter().filter_map(|field| issuer::issuer(field, directory, &mut names, mistakes)).collect();
    let mut proofs = Proofs::new(names);
    let mut names = Unique::default();

    let callers = file.items(CALLER, CALLER, mistakes);
    let callers = callers.iter().filter_map(|field| caller::caller(field, &mut names, &mut proofs, mistakes)).collect();

    let mut names = Unique::default();
    let trust_domains = file.items(TRUST_DOMAIN, TRUST_DOMAIN, mistakes);
    let trust_domains =
        trust_domains.iter().filter_map(|field| issuer::trust_domain(field, directory, &mut names, mistakes)).collect();
    CallersFile { callers, issuers, trust_domains }
}

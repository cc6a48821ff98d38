//! Checks the rules of this repository that neither the compiler nor Clippy knows. `./dev lint` runs it at the root.

#![allow(clippy::print_stdout, reason = "a command line tool prints")]

mod circles;
mod definitions;
mod doc_comments;
mod documents;
mod graph;
mod handlers;
mod heads;
mod layers;
mod markdown;
mod modules;
mod names;
mod paths;
mod purity;
mod report;
mod size;
mod source;
mod words;

use std::process::ExitCode;

use report::Check;
use source::Repository;

fn main() -> ExitCode {
    let repository = match Repository::read() {
        Ok(repository) => repository,
        Err(error) => {
            println!("house: can't read the repository: {error}; run it at the root of the repository");
            return ExitCode::FAILURE;
        }
    };
    let checks = [
        source::check,
        layers::check,
        purity::check,
        circles::check,
        handlers::check,
        size::check,
        heads::check,
        doc_comments::check,
        words::check,
        documents::check,
    ]
    .map(|check| check(&repository));
    for check in &checks {
        print!("{check}");
    }
    if checks.iter().all(Check::passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

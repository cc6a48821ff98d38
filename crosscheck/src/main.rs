//! Compares Rollcall's decisions with Cedar's: `crosscheck [--requests N] [--seed N]`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command says how it went")]

use std::process::ExitCode;

use crosscheck::{
    POLICIES,
    agree::{StopCondition, compare},
    model::Model,
    translate::translate,
};

/// Of a policy's requests, at least one in this many must be allowed, and as many denied.
const SUBSTANTIAL: usize = 20;
const SHOWN: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crosscheck: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (requests, seed) = options()?;
    println!("seed {seed}");
    let mut failed = Vec::new();
    let mut total = 0;
    for (name, file) in POLICIES {
        let model = Model::read(file)?;
        let cedar = translate(&model)?;
        let stop = StopCondition { requests: requests.div_ceil(POLICIES.len()), disagreements: usize::MAX };
        let summary = compare(file, &model, &cedar, seed, stop)?;
        println!(
            "{name:8} {:6} requests to {:3} tenants: {:6} allowed, {:6} denied, {} disagreements",
            summary.requests(),
            summary.tenants,
            summary.allowed,
            summary.denied,
            summary.disagreements.len()
        );
        summary.disagreements.iter().take(SHOWN).for_each(|disagreement| println!("  {disagreement}"));
        let one_sided = summary.allowed.min(summary.denied) * SUBSTANTIAL < summary.requests();
        if one_sided || !summary.disagreements.is_empty() {
            failed.push(name);
        }
        total += summary.requests();
    }
    if failed.is_empty() {
        println!("Rollcall and Cedar agree on {total} requests");
        Ok(())
    } else {
        Err(format!("disagreements, or hardly any requests allowed or denied, for {}", failed.join(", ")))
    }
}

fn options() -> Result<(usize, u64), String> {
    let (mut requests, mut seed) = (100_000, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        let number: u64 = value.parse().map_err(|_| format!("`{name}` needs a number, not `{value}`"))?;
        match name.as_str() {
            "--requests" => requests = usize::try_from(number).map_err(|error| error.to_string())?,
            "--seed" => seed = number,
            _ => return Err(format!("no option `{name}`, there are `--requests` and `--seed`")),
        }
    }
    Ok((requests, seed))
}

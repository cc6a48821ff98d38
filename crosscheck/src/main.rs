//! Compares Rollcall's decisions with Cedar's: `crosscheck [--requests N] [--seed N]`, with as many requests about actions
//! and about membership writes.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command says how it went")]

use std::process::ExitCode;

use crosscheck::{
    POLICIES,
    agree::{self, StopCondition, Summary},
    membership,
    model::Model,
    translate,
};

/// Of a policy's requests about actions, at least one in this many must be allowed, and as many denied.
const SUBSTANTIAL: usize = 20;
/// The same of membership writes: of all that could be done to somebody, little is ever right.
const SUBSTANTIAL_WRITES: usize = 100;
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
    let (mut failed, mut total) = (Vec::new(), 0);
    for (name, file) in POLICIES {
        let model = Model::read(file)?;
        let stop = StopCondition { requests: requests.div_ceil(POLICIES.len()), disagreements: usize::MAX };
        let summary = agree::compare(file, &model, &translate::translate(&model)?, seed, stop)?;
        total += summary.requests();
        if !is_good(name, "requests", &summary, SUBSTANTIAL) {
            failed.push(name);
        }
    }
    for (name, file) in membership::POLICIES {
        let model = Model::read(file)?;
        let requests = requests.div_ceil(membership::POLICIES.len());
        let stop = StopCondition { requests, disagreements: usize::MAX };
        let cedar = membership::translate::translate(&model)?;
        let summary = membership::compare::compare(file, &model, &cedar, seed, stop)?;
        total += summary.requests();
        if !is_good(name, "membership writes", &summary, SUBSTANTIAL_WRITES) {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("Rollcall and Cedar agree on {total} requests");
        Ok(())
    } else {
        Err(format!("disagreements, or hardly any requests allowed or denied, for {}", failed.join(", ")))
    }
}

/// Shows how the comparison went under a policy; false where the two disagree, or where hardly anything was allowed or
/// denied.
fn is_good(name: &str, what: &str, summary: &Summary, substantial: usize) -> bool {
    let Summary { tenants, allowed, denied, disagreements } = summary;
    println!(
        "{name:8} {:6} {what} to {tenants:3} tenants: {allowed:6} allowed, {denied:6} denied, {} disagreements",
        summary.requests(),
        disagreements.len()
    );
    disagreements.iter().take(SHOWN).for_each(|disagreement| println!("  {disagreement}"));
    let one_sided = (*allowed).min(*denied) * substantial < summary.requests();
    !one_sided && disagreements.is_empty()
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

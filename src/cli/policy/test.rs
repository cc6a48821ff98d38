//! `rollcall policy test`: runs the cases beside policy files, and counts or lists the cells of the table that they
//! leave out.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use rollcall_policy_tools::{CaseResults, CaseRunner, Coverage, Failure, Report};

use crate::cli::policy::{
    file::{self, Mistake},
    output::Output,
};

/// The arguments of `rollcall policy test`.
#[derive(Clone, Debug, Default, Args)]
pub struct TestArgs {
    /// Policy files, or the files of cases beside them
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// List what the cases leave out of each policy's table
    #[arg(long)]
    pub uncovered: bool,
    /// Fail, and list it, when the cases leave out anything of a policy's table
    #[arg(long)]
    pub require_coverage: bool,
}

/// Runs the cases beside each policy file; whether all hold, and leave nothing out where that is required. Cases that
/// do not hold come below what is left out, and the last line counts them.
pub(crate) fn run(args: &TestArgs, output: &mut Output<'_>) -> io::Result<bool> {
    // `policies/*.toml` names the files of cases too: each is run once, with its policy.
    let policies: BTreeSet<PathBuf> =
        args.files.iter().map(|path| file::policy_of(path).unwrap_or_else(|| path.clone())).collect();
    let (mut passed, mut failures, mut all_good) = (0, Vec::new(), true);
    for path in policies {
        let cases = file::cases_of(&path);
        match run_cases(&path, &cases) {
            Ok((results, report)) => {
                print_coverage(&path, &report, args.uncovered || args.require_coverage, output)?;
                all_good &= report.gaps.is_empty() || !args.require_coverage;
                passed += results.passed;
                failures.extend(results.failures.into_iter().map(|failure| (cases.clone(), failure)));
            }
            Err(mistake) => {
                all_good = false;
                output.mistake(&mistake)?;
            }
        }
    }
    if !failures.is_empty() {
        writeln!(output.out)?;
    }
    for (cases, Failure { case, line, expected, found }) in &failures {
        writeln!(output.out, "{}:{line}: {case}", cases.display())?;
        writeln!(output.out, "  expected: {expected}")?;
        writeln!(output.out, "  but:      {found}\n")?;
    }
    writeln!(output.out, "{passed} passed, {} failed", failures.len())?;
    Ok(all_good && failures.is_empty())
}

/// One line that counts the cells, and below it a line for each gap where they are to be listed.
fn print_coverage(path: &Path, report: &Report, listed: bool, output: &mut Output<'_>) -> io::Result<()> {
    let uncovered = match report.cells - report.covered {
        0 => String::new(),
        count if listed => format!(", {count} left out"),
        count => format!(", {count} left out; list them with `--uncovered`"),
    };
    writeln!(output.out, "{}: {} of {} cells asked{uncovered}", path.display(), report.covered, report.cells)?;
    for gap in report.gaps.iter().filter(|_| listed) {
        writeln!(output.out, "  {gap}")?;
    }
    Ok(())
}

fn run_cases(policy: &Path, cases: &Path) -> Result<(CaseResults, Report), Mistake> {
    let policy = Arc::new(file::policy(policy)?);
    let (mut results, mut coverage) = (CaseResults::default(), Coverage::new(&policy));
    for case in file::cases(cases, &policy)? {
        let inconsistent =
            || Mistake::Unreadable(format!("the facts of the case `{}` contradict each other", case.name));
        CaseRunner::new(&policy, &case.facts, case.now).ok_or_else(inconsistent)?.run(
            &case,
            &mut results,
            &mut coverage,
        );
    }
    Ok((results, coverage.report()))
}

//! `rollcall policy test`: runs the cases beside policy files, and counts or lists what they leave out.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use rollcall_policy_tools::{Coverage, Report};

use crate::cli::policy::{
    Output,
    file::{self, Mistake},
    judge::{Failure, Judge, Verdicts},
};

/// What to run, and what to tell of the cells that are left out.
#[derive(Clone, Debug, Default, Args)]
pub struct TestArgs {
    /// Policy files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// List what the cases leave out of each policy's table
    #[arg(long)]
    pub uncovered: bool,
    /// Fail, and list it, when the cases leave out anything of a policy's table
    #[arg(long)]
    pub require_coverage: bool,
}

/// Runs the cases beside each policy file; whether all hold, and leave nothing out where that is required. Cases that do
/// not hold come below what is left out, and the last line counts them.
pub(crate) fn run(args: &TestArgs, output: &mut Output<'_>) -> io::Result<bool> {
    // `policies/*.toml` names the files of cases too: each is run once, with its policy.
    let policies: BTreeSet<PathBuf> =
        args.files.iter().map(|path| file::policy_of(path).unwrap_or_else(|| path.clone())).collect();
    let (mut passed, mut failures, mut well) = (0, Vec::new(), true);
    for path in policies {
        let cases = file::cases_of(&path);
        match verdicts(&path, &cases) {
            Ok((verdicts, report)) => {
                print_coverage(&path, &report, args.uncovered || args.require_coverage, output)?;
                well &= report.gaps.is_empty() || !args.require_coverage;
                passed += verdicts.passed;
                failures.extend(verdicts.failures.into_iter().map(|failure| (cases.clone(), failure)));
            }
            Err(mistake) => {
                well = false;
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
    Ok(well && failures.is_empty())
}

/// One line that counts the cells, and below it a line for each gap where they are to be listed.
fn print_coverage(path: &Path, report: &Report, listed: bool, output: &mut Output<'_>) -> io::Result<()> {
    let left_out = match report.cells - report.asked {
        0 => String::new(),
        count if listed => format!(", {count} left out"),
        count => format!(", {count} left out; list them with `--uncovered`"),
    };
    writeln!(output.out, "{}: {} of {} cells asked{left_out}", path.display(), report.asked, report.cells)?;
    for gap in report.gaps.iter().filter(|_| listed) {
        writeln!(output.out, "  {gap}")?;
    }
    Ok(())
}

fn verdicts(policy: &Path, cases: &Path) -> Result<(Verdicts, Report), Mistake> {
    let policy = Arc::new(file::policy(policy)?);
    let (mut verdicts, mut coverage) = (Verdicts::default(), Coverage::new(&policy));
    for case in file::cases(cases, &policy)? {
        let misfit = || Mistake::Unreadable(format!("the facts of the case `{}` do not fit together", case.name));
        Judge::new(&policy, &case.facts).ok_or_else(misfit)?.run(&case, &mut verdicts, &mut coverage);
    }
    Ok((verdicts, coverage.report()))
}

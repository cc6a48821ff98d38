use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::policy::{Coverage, Report};

use super::{
    Output,
    file::{self, Mistake},
    judge::{Judge, Verdicts},
};

/// Runs the cases beside each policy file; whether all hold, and leave nothing out where that is required. The last line
/// says how many hold.
pub(crate) fn run(files: &[PathBuf], require_coverage: bool, output: &mut Output<'_>) -> io::Result<bool> {
    // `policies/*.toml` names the files of cases too: each is run once, with its policy.
    let policies: BTreeSet<PathBuf> =
        files.iter().map(|path| file::policy_of(path).unwrap_or_else(|| path.clone())).collect();
    let (mut passed, mut failed, mut well) = (0, 0, true);
    for path in policies {
        let cases = file::cases_of(&path);
        match verdicts(&path, &cases) {
            Ok((verdicts, report)) => {
                for failure in &verdicts.failures {
                    writeln!(output.out, "{}:{}: {}", cases.display(), failure.line, failure.case)?;
                    writeln!(output.out, "  expected: {}", failure.expected)?;
                    writeln!(output.out, "  but:      {}\n", failure.found)?;
                }
                writeln!(output.out, "{}: {} of {} cells asked", path.display(), report.asked, report.cells)?;
                for gap in &report.gaps {
                    writeln!(output.out, "  {gap}")?;
                }
                well &= report.gaps.is_empty() || !require_coverage;
                passed += verdicts.passed;
                failed += verdicts.failures.len();
            }
            Err(mistake) => {
                well = false;
                output.mistake(&mistake)?;
            }
        }
    }
    writeln!(output.out, "{passed} passed, {failed} failed")?;
    Ok(well && failed == 0)
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

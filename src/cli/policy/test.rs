use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Output,
    file::{self, Mistake},
    judge::{Judge, Verdicts},
};

/// Runs the cases beside each policy file; whether all hold. The last line says how many do.
pub(crate) fn run(files: &[PathBuf], output: &mut Output<'_>) -> io::Result<bool> {
    // `policies/*.toml` names the files of cases too: each is run once, with its policy.
    let policies: BTreeSet<PathBuf> =
        files.iter().map(|path| file::policy_of(path).unwrap_or_else(|| path.clone())).collect();
    let (mut passed, mut failed, mut well) = (0, 0, true);
    for path in policies {
        let cases = file::cases_of(&path);
        match verdicts(&path, &cases) {
            Ok(verdicts) => {
                for failure in &verdicts.failures {
                    writeln!(output.out, "{}:{}: {}", cases.display(), failure.line, failure.case)?;
                    writeln!(output.out, "  expected: {}", failure.expected)?;
                    writeln!(output.out, "  but:      {}\n", failure.found)?;
                }
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

fn verdicts(policy: &Path, cases: &Path) -> Result<Verdicts, Mistake> {
    let policy = Arc::new(file::policy(policy)?);
    let mut verdicts = Verdicts::default();
    for case in file::cases(cases, &policy)? {
        let misfit = || Mistake::Unreadable(format!("the facts of the case `{}` do not fit together", case.name));
        Judge::new(&policy, &case.facts).ok_or_else(misfit)?.run(&case, &mut verdicts);
    }
    Ok(verdicts)
}

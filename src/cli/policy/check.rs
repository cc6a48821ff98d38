use std::{
    io,
    path::{Path, PathBuf},
};

use rollcall_engine::Diagnostics;

use crate::cli::policy::{
    Output, counted,
    file::{self, Mistake},
};

/// Compiles each file; whether all are good.
pub(crate) fn run(files: &[PathBuf], output: &mut Output<'_>) -> io::Result<bool> {
    let mut well = true;
    for path in files {
        match summary(path) {
            Ok((summary, warnings)) => {
                if let Some(warnings) = warnings {
                    writeln!(output.err, "{}\n", warnings.render(output.styled))?;
                }
                writeln!(output.out, "{}: {summary}", path.display())?;
            }
            Err(mistake) => {
                well = false;
                output.mistake(&mistake)?;
            }
        }
    }
    Ok(well)
}

/// What is in a good file, in one line, and what is doubtful in it.
fn summary(path: &Path) -> Result<(String, Option<Diagnostics>), Mistake> {
    if let Some(beside) = file::policy_of(path) {
        let policy = file::policy(&beside).map_err(|_| {
            let (path, beside) = (path.display(), beside.display());
            Mistake::Unreadable(format!("can't check `{path}` before its policy `{beside}` is mended"))
        })?;
        let cases = file::cases(path, &policy)?;
        let questions = cases.iter().map(|case| case.checks.len() + case.writes.len()).sum();
        return Ok((format!("{}, {}", counted(cases.len(), "case"), counted(questions, "question")), None));
    }
    let (policy, warnings) = file::policy_with_warnings(path)?;
    let actions = policy.types().iter().map(|of| of.actions().len()).sum();
    let summary = format!(
        "`{}` version {}: {}, {}, {}",
        policy.name(),
        policy.version(),
        counted(policy.types().len(), "type"),
        counted(policy.roles().len(), "role"),
        counted(actions, "action")
    );
    Ok((summary, warnings))
}

//! `rollcall policy check`: compiles policy files and reads files of cases, and shows every mistake and warning.

use std::{
    io,
    path::{Path, PathBuf},
};

use rollcall_engine::Diagnostics;

use crate::cli::policy::{
    file::{self, Mistake},
    output::{Output, counted},
};

/// Compiles each file; whether none has a mistake.
pub(crate) fn run(files: &[PathBuf], output: &mut Output<'_>) -> io::Result<bool> {
    let mut all_good = true;
    for path in files {
        match summary(path) {
            Ok((summary, warnings)) => {
                if let Some(warnings) = warnings {
                    writeln!(output.err, "{}\n", warnings.render(output.styled))?;
                }
                writeln!(output.out, "{}: {summary}", path.display())?;
            }
            Err(mistake) => {
                all_good = false;
                output.mistake(&mistake)?;
            }
        }
    }
    Ok(all_good)
}

/// What a good file contains, in one line, and its warnings.
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
    let actions = policy.types().iter().map(|resource_type| resource_type.actions().len()).sum();
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

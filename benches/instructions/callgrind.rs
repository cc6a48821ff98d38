//! Programs under callgrind, and what it counted.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The same command under callgrind, which writes what it counted to `log`.
pub fn under(command: &Command, log: &Path) -> Command {
    let mut counted = Command::new("valgrind");
    counted.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(format!("--log-file={}", log.display()));
    counted.arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        counted.current_dir(dir);
    }
    // One worker, so that no count depends on which of several got a task; and nothing of the caller's environment, whose
    // size alone moves counts.
    counted.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TOKIO_WORKER_THREADS", "1");
    counted.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    counted
}

/// How many instructions a program took that has ended.
pub fn counted(log: &Path) -> u64 {
    let text = fs::read_to_string(log).expect("callgrind writes its log");
    let line = text.lines().find_map(|line| line.split_once("Collected : "));
    line.and_then(|(_, count)| count.trim().parse().ok())
        .unwrap_or_else(|| panic!("callgrind counted nothing:\n{text}"))
}

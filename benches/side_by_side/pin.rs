//! Which core does what: one for the servers, another for the client.

use std::{
    fs,
    process::{Command, Stdio},
};

/// The cores of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// Where every server runs.
    pub server: usize,
    /// Where the client runs.
    pub client: usize,
    /// How many this process might have used.
    pub usable: usize,
}

/// Binds this process to the last of the cores that it may use. Call it before any thread is made: a thread inherits
/// the binding of the one that makes it.
pub fn pin() -> Result<Cores, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let usable = cores(list.trim()).ok_or_else(|| format!("`{list}` is no list of cores"))?;
    let (Some(&server), Some(&client)) = (usable.first(), usable.last()) else {
        return Err("no core may be used".into());
    };
    if server == client {
        return Err("needs two cores, one for the servers and one for the client: \
                    on one, what the client costs would be taken for the server's"
            .into());
    }
    let id = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["-cp", &client.to_string(), &id]).stdin(Stdio::null()).stdout(Stdio::null());
    let status = taskset.status().map_err(|error| format!("`taskset` (of util-linux) does not run: {error}"))?;
    if !status.success() {
        return Err(format!("`taskset -cp {client} {id}` failed"));
    }
    Ok(Cores { server, client, usable: usable.len() })
}

/// The same command, bound to a core. Where its output goes is not taken over.
pub fn pinned(core: usize, command: &Command) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", &core.to_string()]).arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        pinned.current_dir(dir);
    }
    pinned
}

/// The cores of a list such as `0-3,6`.
fn cores(list: &str) -> Option<Vec<usize>> {
    let mut cores = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cores.extend(first.parse().ok()?..=last.parse::<usize>().ok()?);
    }
    Some(cores)
}

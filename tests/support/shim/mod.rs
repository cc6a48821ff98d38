//! Makes calls on files fail in a program that a test starts, by what the dynamic linker loads before libc.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

/// `EIO`: the device failed.
pub const EIO: i32 = 5;
/// `ENOSPC`: the disk is full.
pub const ENOSPC: i32 = 28;
/// `ESTALE`: what a network file system says of a file that it lost. (SQLite takes EIO of a read for corruption.)
pub const ESTALE: i32 = 116;

/// The file in a directory that has the order.
const ORDER: &str = "order";

/// What a program is told by way of a directory.
pub struct Shim {
    dir: PathBuf,
}

impl Shim {
    /// Has a program run under the shim.
    pub fn load(command: &mut Command, dir: &Path) -> Self {
        command.env("LD_PRELOAD", library()).env("FAULT_ORDER", dir.join(ORDER));
        Self::of(dir)
    }

    /// The shim of the program that was started with this directory.
    pub fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Has a call fail, as `shim.c` says: `CALL ERRNO NAME`.
    pub fn order(&self, text: &str) {
        let whole = self.dir.join("whole");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, self.dir.join(ORDER)).unwrap();
    }

    /// Whether an order has not been carried out yet.
    pub fn is_pending(&self) -> bool {
        self.dir.join(ORDER).exists()
    }

    /// Lets everything succeed from now on.
    pub fn heal(&self) {
        drop(fs::remove_file(self.dir.join(ORDER)));
    }
}

/// Lets everybody use a directory: a program that may not be root has its orders there, and takes them away.
pub fn open_to_all(dir: &Path) {
    fs::set_permissions(dir, Permissions::from_mode(0o777)).expect("it is the test's own");
}

/// The library, compiled once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = LIBRARY.get_or_init(|| {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        open_to_all(dir.path());
        let file = dir.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/shim/shim.c");
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&file).arg(source).status();
        assert!(compiled.expect("a C compiler is there").success());
        (dir, file)
    });
    file
}

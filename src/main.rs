//! The `rollcall` program: sets the allocator, and runs the command line.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes some hundred small allocations, on which glibc spends more.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rollcall::cli::main()
}

//! ssowatch: see the library crate for the map.

use std::{alloc::System, process::ExitCode};

use zeroizing_alloc::ZeroAlloc;

/// Wipes what is freed: secrets are copied into headers, bodies and the buffers of libraries, which nobody else wipes.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    ssowatch::cli::main()
}

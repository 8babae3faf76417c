//! ssowatch: see the library crate for the map.

use std::process::ExitCode;

fn main() -> ExitCode {
    ssowatch::cli::main()
}

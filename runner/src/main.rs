//! The `runner` binary: parse, run, exit code. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    runner::cli::main(std::env::args_os())
}

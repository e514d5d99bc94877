//! `cargo xtask bench`: the benchmarks, compiled for speed. Arguments go to them.

use crate::shell::{call, cargo};

/// Builds and runs the benchmarks.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut command = cargo(&["run", "--release", "--package", "plumbline-bench", "--"]);
    call(command.args(args))
}

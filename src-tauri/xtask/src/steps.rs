//! The steps of `cargo xtask test`, cheapest first: what each is called and what it does.
//!
//! Every Cargo step selects the whole workspace with its tests. Cargo unifies features over what is
//! selected, so one selection means that every dependency is compiled once and not once a step.

use crate::shell::{call, cargo, npm};
use crate::{bindings, e2e, system, window};

/// One step: a name for `--only` and `--skip`, and what it does.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: fn() -> Result<(), String>,
}

/// All steps in order.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "system",
        run: system_packages,
    },
    Step {
        name: "fmt",
        run: || call(&mut cargo(&["fmt", "--all", "--check"])),
    },
    Step {
        name: "layout",
        run: || call(&mut workspace("test", &["--test", "layout"])),
    },
    Step {
        name: "clippy",
        run: || {
            call(&mut workspace(
                "clippy",
                &["--all-targets", "--", "-D", "warnings"],
            ))
        },
    },
    Step {
        name: "rust",
        run: || call(&mut workspace("test", &[])),
    },
    Step {
        name: "clients",
        run: clients,
    },
    Step {
        name: "bindings",
        run: || bindings::check(&["--workspace"]),
    },
    Step {
        name: "npm",
        run: || system::ensure_node().and_then(|()| window::install()),
    },
    Step {
        name: "check",
        run: || ui("check"),
    },
    Step {
        name: "lint",
        run: || ui("lint"),
    },
    Step {
        name: "ui",
        run: || ui("test"),
    },
    Step {
        name: "build",
        run: || window::build().and_then(|()| build_everything()),
    },
    Step {
        name: "e2e",
        run: e2e::test,
    },
];

/// Builds every binary with the features that the tests were built with.
pub(crate) fn build_everything() -> Result<(), String> {
    call(&mut workspace("build", &["--all-targets"]))
}

fn system_packages() -> Result<(), String> {
    system::ensure(system::DESKTOP)?;
    system::ensure(system::CLIENT_TESTS)?;
    system::ensure(system::KEYRING_TESTS)?;
    system::ensure(system::WINDOW_TESTS)
}

/// Official clients of other projects, from PyPI, against the built program.
fn clients() -> Result<(), String> {
    system::ensure(system::CLIENT_TESTS)?;
    call(&mut workspace(
        "test",
        &["--test", "clients", "--", "--ignored"],
    ))
}

fn workspace(verb: &str, args: &[&str]) -> std::process::Command {
    let mut command = cargo(&[verb, "--workspace"]);
    command.args(args);
    command
}

fn ui(script: &str) -> Result<(), String> {
    call(&mut npm(&window::folder(), &["run", "--silent", script]))
}

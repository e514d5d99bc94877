//! The real window, driven from outside by the scripts of `tests/e2e`.

use crate::repository::{debug_folder, root};
use crate::shell::{call, npm};
use crate::steps::build_everything;
use crate::{system, window};

/// `cargo xtask shots`: screenshots of every screen, in both themes and two sizes.
pub(crate) fn shots(args: &[String]) -> Result<(), String> {
    system::ensure(system::DESKTOP)?;
    system::ensure(system::WINDOW_TESTS)?;
    system::ensure_node()?;
    window::install()?;
    window::build()?;
    build_everything()?;
    script("shots", args)
}

/// The end-to-end tests; the binaries must be built.
pub(crate) fn test() -> Result<(), String> {
    script("test", &[])
}

fn script(name: &str, args: &[String]) -> Result<(), String> {
    let mut command = npm(&root().join("tests/e2e"), &["run", "--silent", name, "--"]);
    call(
        command
            .args(args)
            .env("PLUMBLINE_TARGET_DIR", debug_folder()),
    )
}

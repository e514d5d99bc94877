//! The web half of the window: its packages and its build, each made anew only when something changed.

use crate::repository::{newest, root};
use crate::shell::{call, npm};
use std::fs;
use std::path::PathBuf;

/// The folder of the web half.
pub(crate) fn folder() -> PathBuf {
    root().join("ui")
}

/// Installs the packages when they are missing or not those of the lock file.
pub(crate) fn install() -> Result<(), String> {
    let lock = fs::read(folder().join("package-lock.json"))
        .map_err(|why| format!("ui/package-lock.json cannot be read: {why}"))?;
    let stamp = folder().join("node_modules/.installed-from-lock");
    if fs::read(&stamp).is_ok_and(|seen| seen == lock) {
        return Ok(());
    }
    call(&mut npm(&folder(), &["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, lock).map_err(|why| format!("{}: {why}", stamp.display()))
}

/// Builds the page when a source is newer than the last build.
pub(crate) fn build() -> Result<(), String> {
    let page = folder().join("dist/index.html");
    let built = fs::metadata(&page).and_then(|meta| meta.modified()).ok();
    if built.is_some() && built >= newest(&folder()) {
        return Ok(());
    }
    call(&mut npm(&folder(), &["run", "build"]))
}

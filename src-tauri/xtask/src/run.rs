//! `cargo xtask run`: from a fresh clone to the demo on the screen, or in the terminal without one.

use crate::repository::{profile_folder, root};
use crate::shell::{call, cargo};
use crate::{system, window};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds what is missing, prepares the demo workspace and opens it.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut headless = false;
    let mut profile = "debug";
    for arg in args {
        match arg.as_str() {
            "--headless" => headless = true,
            "--release" => profile = "release",
            other => return Err(format!("`cargo xtask run` knows no `{other}`")),
        }
    }
    if !headless && !system::has_display() {
        println!("No display was found: the demo runs in the terminal.");
        headless = true;
    }
    if headless {
        return in_the_terminal(profile);
    }
    system::ensure(system::DESKTOP)?;
    system::ensure_node()?;
    window::install()?;
    window::build()?;
    build(&["-p", "plumbline", "-p", "plumbline-desktop"], profile)?;
    let workspace = demo_workspace()?;
    demo(profile, &workspace)?;
    call(
        Command::new(program("plumbline-desktop", profile))
            .arg("--workspace")
            .arg(&workspace)
            .current_dir(root()),
    )
}

fn in_the_terminal(profile: &str) -> Result<(), String> {
    build(&["-p", "plumbline"], profile)?;
    demo(profile, &demo_workspace()?)
}

fn build(packages: &[&str], profile: &str) -> Result<(), String> {
    let mut command = cargo(&["build"]);
    command.args(packages);
    if profile == "release" {
        command.arg("--release");
    }
    call(&mut command)
}

fn demo(profile: &str, workspace: &Path) -> Result<(), String> {
    call(
        Command::new(program("plumbline", profile))
            .arg("demo")
            .arg("--workspace")
            .arg(workspace)
            .current_dir(root()),
    )
}

fn program(name: &str, profile: &str) -> PathBuf {
    profile_folder(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Where the demo is kept: the user's data folder, so that it is there again next time.
fn demo_workspace() -> Result<PathBuf, String> {
    let folder = data_folder()
        .ok_or("no data folder: set HOME (or XDG_DATA_HOME) and run this again")?
        .join("plumbline");
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok(folder.join("demo.db"))
}

fn data_folder() -> Option<PathBuf> {
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if cfg!(windows) {
        from("APPDATA")
    } else if cfg!(target_os = "macos") {
        from("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")))
    }
}

//! A virtual environment with pinned packages, made once and kept while the pins are the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Python of the environment.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let pins = scripts().join("requirements.txt");
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
        let (python, made) = (place.join("bin/python"), place.join("requirements.txt"));
        if fs::read(&made).ok() != fs::read(&pins).ok() {
            run(Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&place));
            let install = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ];
            run(Command::new(&python).args(install).arg(&pins));
            // Last, so that an environment half made is made anew.
            fs::copy(&pins, &made).unwrap();
        }
        python
    })
}

/// Runs a script of this folder with arguments; what it printed.
pub(crate) fn script(name: &str, args: &[&str]) -> String {
    let mut command = Command::new(python());
    command
        .arg("-I")
        .arg(scripts().join(name))
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    String::from_utf8(run(&mut command).stdout).unwrap()
}

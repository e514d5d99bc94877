//! Starting other programs: shown before they run, judged by their exit status.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a program with its output shown; an error names the program and how it ended.
pub(crate) fn call(command: &mut Command) -> Result<(), String> {
    println!("$ {}", line(command));
    let status = command
        .status()
        .map_err(|why| format!("{} did not start: {why}", line(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", line(command)))
    }
}

/// Runs a program silently and gives its standard output, `None` when it failed or is not installed.
pub(crate) fn answer(program: &str, args: &[&str]) -> Option<String> {
    let out = Command::new(program)
        .args(args)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    out.status
        .success()
        .then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Cargo, at the root of the repository.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(crate::repository::root());
    command
}

/// npm in a folder; a batch file on Windows.
pub(crate) fn npm(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(args).current_dir(folder);
    command
}

fn line(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    // The full path of Cargo says nothing to a reader.
    if let Some(name) = Path::new(&text).file_stem().and_then(|name| name.to_str()) {
        text = name.to_owned();
    }
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

//! Opens a file in the editor that a person chose.

use plumbline_model::Problem;
use plumbline_report::clean;
use std::process::Command;

/// Waits until the editor is closed; the file is as it left it.
pub(super) fn open(path: &str) -> Result<(), Problem> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|editor| !editor.trim().is_empty())
        .unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    // As git does: the variable may carry options, and no shell reads it.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program)
        .args(words)
        .arg(path)
        .status()
        .map_err(|error| {
            Problem::bad_input(format!("cannot start `{}`: {error}", clean(program)))
                .hint("Name your editor in EDITOR, such as EDITOR=nano.")
        })?;
    if status.success() {
        return Ok(());
    }
    Err(Problem::bad_input(format!(
        "`{}` ended with {status}; the file is as it left it",
        clean(program)
    )))
}

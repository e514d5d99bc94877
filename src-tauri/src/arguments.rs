//! What was typed after `plumbline-desktop`: which workspace and which prompts to open.

use plumbline_model::Problem;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

const USAGE: &str = "\
plumbline-desktop [--workspace FILE] [--prompts DIR]

  --workspace FILE   the workspace to open; made when it does not exist
  --prompts DIR      the folder of prompt files
  --version          print the version
  --help             print this
";

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Opening {
    /// `None` opens the default workspace.
    pub(crate) workspace: Option<PathBuf>,
    /// `None` keeps the folder that the workspace remembers.
    pub(crate) prompts: Option<PathBuf>,
}

/// What the person asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Open(Opening),
    Print(String),
}

/// Reads the arguments, without the name of the program.
///
/// # Errors
/// An unknown argument, or one without its value.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Wish, Problem> {
    let mut opening = Opening::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let mut value = || {
            let problem =
                || Problem::bad_input(format!("{} needs a path", arg.display())).hint(USAGE);
            args.next().map(PathBuf::from).ok_or_else(problem)
        };
        match arg.to_str() {
            Some("--workspace") => opening.workspace = Some(value()?),
            Some("--prompts") => opening.prompts = Some(value()?),
            Some("--version" | "-V") => {
                return Ok(Wish::Print(format!(
                    "plumbline-desktop {}\n",
                    env!("CARGO_PKG_VERSION")
                )));
            }
            Some("--help" | "-h") => return Ok(Wish::Print(USAGE.to_owned())),
            _ => {
                let what = format!("plumbline-desktop knows no `{}`", arg.display());
                return Err(Problem::bad_input(what).hint(USAGE));
            }
        }
    }
    Ok(Wish::Open(opening))
}

/// Prints to standard output; a closed pipe is nobody's problem.
pub(crate) fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Prints a problem to standard error.
pub(crate) fn say_error(problem: &Problem) {
    let _ = writeln!(std::io::stderr(), "{problem}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Wish, Problem> {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn both_paths_may_be_given_in_any_order() {
        let wish = parsed(&["--prompts", "p", "--workspace", "w.db"]).unwrap();
        let opening = Opening {
            workspace: Some("w.db".into()),
            prompts: Some("p".into()),
        };
        assert_eq!(wish, Wish::Open(opening));
        assert_eq!(parsed(&[]).unwrap(), Wish::Open(Opening::default()));
    }

    #[test]
    fn what_is_not_understood_is_bad_input_and_never_ignored() {
        for args in [&["--workspace"][..], &["--wrkspace", "x"], &["x.db"]] {
            let problem = parsed(args).unwrap_err();
            assert_eq!(problem.code, plumbline_model::Code::BadInput);
            assert!(problem.hint.is_some(), "it must say how to do it right");
        }
    }
}

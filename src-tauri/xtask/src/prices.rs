//! The chore that renews the bundled price table: `cargo xtask prices [--from PATH] [--oracle PYTHON]`.
//!
//! It fetches the newest `genai-prices` wheel from the Python registry (or takes the wheel or
//! site-packages folder named by `--from`) and converts it with `prices.py`, which reads the package's
//! data as syntax and runs none of it. `--oracle` names a Python with the package installed and also
//! rewrites the expectations that our cost computation is tested against.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

const CONVERT: &str = include_str!("prices.py");
const ORACLE: &str = include_str!("prices_oracle.py");

/// Runs the chore.
///
/// # Errors
/// A sentence: an unknown argument, no Python, a failed download, or data that cannot be converted.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut from = None;
    let mut oracle = None;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let value = rest.next().ok_or_else(|| usage(arg))?;
        match arg.as_str() {
            "--from" => from = Some(PathBuf::from(value)),
            "--oracle" => oracle = Some(value.as_str()),
            _ => return Err(usage(arg)),
        }
    }
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = xtask.join("../crates/tokens/prices");
    fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    match from {
        Some(source) => convert(&source, &folder)?,
        None => {
            let download = Download::fetch()?;
            convert(&download.wheel()?, &folder)?;
        }
    }
    if let Some(python) = oracle {
        let target = xtask.join("../../fixtures/prices/oracle.json");
        let mut ask = Command::new(python);
        finish(ask.arg("-c").arg(ORACLE).arg(target), python)?;
    }
    Ok(())
}

fn usage(arg: &str) -> String {
    format!("cannot use `{arg}`: cargo xtask prices [--from WHEEL|SITE_PACKAGES] [--oracle PYTHON]")
}

fn convert(source: &Path, folder: &Path) -> Result<(), String> {
    let mut python = Command::new("python3");
    finish(
        python.arg("-c").arg(CONVERT).arg(source).arg(folder),
        "python3",
    )
}

fn finish(command: &mut Command, name: &str) -> Result<(), String> {
    let status = command
        .status()
        .map_err(|e| format!("cannot start {name}: {e}; install Python 3 and try again"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} ended with {status}; its message is above"))
    }
}

/// A folder with the downloaded wheel, removed when dropped.
struct Download(PathBuf);

impl Download {
    fn fetch() -> Result<Self, String> {
        let folder = env::temp_dir().join(format!("plumbline-prices-{}", process::id()));
        let download = Self(folder);
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps"]);
        pip.args(["--only-binary", ":all:", "genai-prices", "--dest"]);
        finish(pip.arg(&download.0), "python3 -m pip download genai-prices")?;
        Ok(download)
    }

    fn wheel(&self) -> Result<PathBuf, String> {
        fs::read_dir(&self.0)
            .map_err(|e| format!("cannot read {}: {e}", self.0.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|end| end == "whl"))
            .ok_or_else(|| "pip downloaded no wheel of genai-prices".to_owned())
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // Best effort: a temporary folder left behind harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

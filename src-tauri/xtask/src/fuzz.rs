//! `cargo xtask fuzz`: seeds from the fixtures, then every target of `src-tauri/fuzz` for some seconds.
//!
//! Needs `cargo install cargo-fuzz`. The stable compiler does, told to take the sanitizer's flags.

use crate::repository::root;
use crate::shell::call;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECONDS: u64 = 60;
/// Longer inputs make a fuzzer slow and find little more.
const INPUT_BYTES: u64 = 16 * 1024;

/// Runs the targets that are named, else all of them.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut seconds = SECONDS;
    let mut named = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--seconds" {
            let value = rest.next().and_then(|value| value.parse().ok());
            seconds = value.ok_or("--seconds takes a number")?;
        } else {
            named.push(arg.clone());
        }
    }
    let folder = root().join("src-tauri/fuzz");
    let targets = targets(&folder)?;
    for name in &named {
        if !targets.contains(name) {
            return Err(format!(
                "there is no target `{name}`; there are {}",
                targets.join(", ")
            ));
        }
    }
    let seeds = fixtures(&root().join("fixtures/traces"))?;
    for target in targets
        .iter()
        .filter(|target| named.is_empty() || named.contains(target))
    {
        let corpus = folder.join("corpus").join(target);
        seed(&corpus, target, &seeds)?;
        if target == "archive" {
            seed_archives(&corpus)?;
        }
        let mut command = Command::new("cargo");
        command
            .args(["fuzz", "run", target, "--"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={INPUT_BYTES}"))
            .args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(&folder);
        call(&mut command)?;
    }
    Ok(())
}

/// The names of the targets, which are those of their files.
fn targets(folder: &Path) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = fs::read_dir(folder.join("targets"))
        .map_err(|why| format!("the targets cannot be listed: {why}"))?
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Every fixture below a folder that is short enough.
fn fixtures(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        let entries = fs::read_dir(&at).map_err(|why| format!("{}: {why}", at.display()))?;
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) if meta.len() <= INPUT_BYTES => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The fixtures of a format, or all of them where a target takes any, beside what earlier runs found.
fn seed(corpus: &Path, target: &str, seeds: &[PathBuf]) -> Result<(), String> {
    fs::create_dir_all(corpus).map_err(|why| format!("{}: {why}", corpus.display()))?;
    let takes_any = ["detected", "archive", "mapped", "stream"].contains(&target);
    for path in seeds {
        let format = path.parent().and_then(Path::file_name).unwrap_or_default();
        let name = path.file_name().unwrap_or_default();
        if takes_any || format == target {
            let to = corpus.join(format!(
                "{}-{}",
                format.to_string_lossy(),
                name.to_string_lossy()
            ));
            fs::copy(path, &to).map_err(|why| format!("{}: {why}", to.display()))?;
        }
    }
    Ok(())
}

/// Tar archives of some fixtures. Inspect's `.eval` files, which are among them, are zip archives.
fn seed_archives(corpus: &Path) -> Result<(), String> {
    for (flags, ending) in [("-cf", "tar"), ("-czf", "tar.gz")] {
        for format in ["canonical_jsonl", "openai_log"] {
            let mut command = Command::new("tar");
            command
                .arg(flags)
                .arg(corpus.join(format!("{format}.{ending}")))
                .arg(format)
                .current_dir(root().join("fixtures/traces"));
            call(&mut command)?;
        }
    }
    Ok(())
}

//! `cargo xtask bindings`: the TypeScript types of the window's contract, written by ts-rs.
//!
//! They are generated into a scratch folder first, so that types which are gone go, and so that
//! `--check` can compare without writing.

use crate::repository::root;
use crate::shell::{call, cargo};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The tests are built as the test step builds them; a selection of packages has features of its own and builds all
/// dependencies anew.
const EVERYTHING: &[&str] = &["--workspace"];

type Files = BTreeMap<PathBuf, String>;

/// Writes the types, or with `--check` fails when the committed ones are not those of the code.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    match args {
        [] => write(&generate(EVERYTHING)?),
        [flag] if flag == "--check" => check(EVERYTHING),
        _ => Err("`cargo xtask bindings` takes only --check".into()),
    }
}

/// Fails when the committed types differ from what `selection` (Cargo's package flags) generates.
pub(crate) fn check(selection: &[&str]) -> Result<(), String> {
    let (fresh, committed) = (generate(selection)?, read_tree(&folder())?);
    let paths: BTreeSet<&PathBuf> = fresh.keys().chain(committed.keys()).collect();
    let differing: Vec<String> = paths
        .into_iter()
        .filter(|path| fresh.get(*path) != committed.get(*path))
        .map(|path| path.display().to_string())
        .collect();
    if differing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "ui/src/lib/bindings is not what the code says; run `cargo xtask bindings`: {}",
            differing.join(", ")
        ))
    }
}

fn folder() -> PathBuf {
    root().join("ui/src/lib/bindings")
}

fn generate(selection: &[&str]) -> Result<Files, String> {
    let scratch = std::env::temp_dir().join(format!("plumbline-bindings-{}", std::process::id()));
    let mut command = cargo(&["test", "--quiet"]);
    command
        .args(selection)
        .args(["--lib", "export_bindings"])
        .env("TS_RS_EXPORT_DIR", &scratch);
    let files = call(&mut command).and_then(|()| read_tree(&scratch));
    let _ = fs::remove_dir_all(&scratch);
    files.and_then(|files| match files.len() {
        0 => Err("no type was generated".into()),
        _ => Ok(files),
    })
}

fn write(files: &Files) -> Result<(), String> {
    let folder = folder();
    let _ = fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(|why| format!("{}: {why}", path.display()))?;
    }
    println!("{} types in {}", files.len(), folder.display());
    Ok(())
}

fn read_tree(folder: &Path) -> Result<Files, String> {
    let mut files = Files::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        let entries = fs::read_dir(&at).map_err(|why| format!("{}: {why}", at.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path)
                    .map_err(|why| format!("{}: {why}", path.display()))?;
                let name = path.strip_prefix(folder).unwrap_or(&path).to_path_buf();
                files.insert(name, text);
            }
        }
    }
    Ok(files)
}

//! The shape of the house, checked: which room may name which, and what only one room may touch.
//!
//! Reads `cargo metadata` and the sources, compiles nothing. Development dependencies are free: a test
//! may look into any room.

#![expect(
    clippy::expect_used,
    reason = "helpers of tests fail the test that calls them"
)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every arrow that may stand in a `Cargo.toml`, by package name without the `plumbline-` prefix.
/// `plumbline` itself is the command line; `desktop` is the window.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("tokens", &["model"]),
    ("prompts", &["model", "tokens"]),
    ("ingest", &["model"]),
    ("listen", &["ingest", "model", "providers"]),
    ("workspace", &["model"]),
    ("providers", &["model"]),
    ("analysis", &["model", "tokens"]),
    (
        "engine",
        &[
            "analysis",
            "ingest",
            "listen",
            "model",
            "prompts",
            "providers",
            "report",
            "tokens",
            "workspace",
        ],
    ),
    ("report", &["analysis", "model"]),
    ("plumbline", &["engine", "model", "report"]),
    ("desktop", &["engine", "model", "report"]),
    ("xtask", &[]),
    (
        "bench",
        &[
            "analysis",
            "engine",
            "ingest",
            "model",
            "prompts",
            "providers",
            "report",
            "tokens",
            "workspace",
        ],
    ),
];

/// Crates that only one room may name.
const DOORS: &[(&str, &[&str])] = &[
    ("rusqlite", &["workspace", "bench"]),
    ("reqwest", &["providers", "bench"]),
    ("tauri", &["desktop"]),
    ("rfd", &["desktop"]),
];

/// What may stand at the top of the repository, besides what Git and Cargo make.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".git",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".rustfmt.toml",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "fixtures",
    "prompts",
    "src-tauri",
    "target",
    "tests",
    "ui",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .expect("cargo metadata starts");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON")
}

/// Room by room, the names of what it depends on outside of tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let all = metadata();
    let packages = all["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let names = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| dependency["name"].as_str().expect("name").to_owned())
                .collect();
            (
                room(package["name"].as_str().expect("name")).to_owned(),
                names,
            )
        })
        .collect()
}

fn room(package: &str) -> &str {
    package.strip_prefix("plumbline-").unwrap_or(package)
}

/// Every file below `folder` with one of these endings, without what is installed or built.
fn sources(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["node_modules", "dist", "target", "bindings"].contains(&name.as_str()) {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).expect("a source is UTF-8");
                found.push((relative(&path), text));
            }
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("below the root");
    path.to_string_lossy().replace('\\', "/")
}

#[test]
fn rooms_name_only_the_rooms_they_may() {
    let found = dependencies();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let known: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    let rooms: BTreeSet<&str> = allowed.keys().copied().collect();
    assert_eq!(known, rooms, "a new room needs its place in ARROWS");
    let mut wrong = Vec::new();
    for (from, names) in &found {
        for name in names
            .iter()
            .filter(|name| *name == "plumbline" || name.starts_with("plumbline-"))
        {
            if !allowed[from.as_str()].contains(&room(name)) {
                wrong.push(format!("{from} -> {}", room(name)));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not allowed: {wrong:?}");
}

#[test]
fn the_store_the_network_and_the_window_have_one_door_each() {
    let found = dependencies();
    for (door, keepers) in DOORS {
        let users: Vec<&String> = found
            .iter()
            .filter(|(_, names)| names.contains(*door))
            .map(|(room, _)| room)
            .collect();
        assert!(
            !users.is_empty(),
            "nobody uses {door}: take it out of this test"
        );
        for user in users {
            assert!(
                keepers.contains(&user.as_str()),
                "{user} must not name {door}"
            );
        }
    }
}

#[test]
fn every_shared_dependency_is_used_and_versions_stand_in_one_place() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let shared: BTreeSet<String> = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| {
            line.split_once(" = ")
                .map(|(name, _)| name.trim().to_owned())
        })
        .collect();
    assert!(shared.len() > 20, "the list was not found");
    let all = metadata();
    let mut used = BTreeSet::new();
    for package in all["packages"].as_array().expect("packages") {
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            used.insert(dependency["name"].as_str().expect("name").to_owned());
        }
        let path = package["manifest_path"].as_str().expect("path");
        let text = fs::read_to_string(path).expect("a manifest");
        let own: Vec<&str> = text
            .lines()
            .skip_while(|line| *line != "[package]")
            .filter(|line| line.contains("version = \"") && !line.starts_with("version"))
            .filter(|line| !line.starts_with("rust-version"))
            .collect();
        assert!(own.is_empty(), "{path} sets a version of its own: {own:?}");
    }
    let unused: Vec<_> = shared.difference(&used).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn only_the_host_folder_names_tauri_in_the_window() {
    let files = sources("ui/src", &[".ts", ".svelte", ".js"]);
    assert!(
        !files.is_empty(),
        "the window has no sources where this test looks"
    );
    for (path, text) in files {
        assert!(
            path.starts_with("ui/src/lib/host/") || !text.contains("@tauri-apps/"),
            "{path} reaches past the host interface"
        );
    }
}

#[test]
fn the_window_never_renders_data_as_markup() {
    let files = sources("ui/src", &[".ts", ".svelte", ".js"]);
    for (path, text) in files {
        for way in [
            "{@html",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write(",
        ] {
            let test = path.ends_with(".test.ts");
            assert!(test || !text.contains(way), "{path} uses {way}");
        }
    }
}

#[test]
fn pure_rooms_read_no_clock_no_disk_and_no_network() {
    for room in ["model", "prompts", "tokens", "analysis"] {
        let files = sources(&format!("src-tauri/crates/{room}/src"), &[".rs"]);
        assert!(
            !files.is_empty(),
            "{room} has no sources where this test looks"
        );
        for (path, text) in files
            .into_iter()
            .filter(|(path, _)| !path.ends_with("tests.rs"))
        {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for way in [
                "SystemTime::now",
                "Instant::now",
                "std::fs",
                "std::net",
                "std::env",
                "now_utc",
            ] {
                assert!(!code.contains(way), "{path} uses {way}");
            }
        }
    }
}

#[test]
fn nothing_else_stands_at_the_top() {
    let entries = fs::read_dir(root()).expect("the root can be read");
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            TOP.contains(&name.as_str()),
            "`{name}` has no place at the top of the repository"
        );
    }
}

#[test]
fn two_types_of_one_name_do_not_write_one_binding() {
    let mut written: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in sources("src-tauri", &[".rs"]) {
        for exported in text.split("#[ts(export").skip(1) {
            // The type stands behind its attributes, whose `rename` is its name there.
            let until = exported
                .find(" {")
                .or_else(|| exported.find('('))
                .unwrap_or(0);
            let head = &exported[..until];
            let renamed = head
                .split_once("rename = \"")
                .filter(|(before, _)| !before.contains(']'));
            let name = match renamed {
                Some((_, rest)) => rest.split('"').next(),
                None => head
                    .split_once("struct ")
                    .or_else(|| head.split_once("enum "))
                    .and_then(|(_, rest)| rest.split(|c: char| !c.is_alphanumeric()).next()),
            };
            let Some(name) = name else { continue };
            let other = written.insert(name.to_owned(), path.clone());
            assert_eq!(other, None, "{name} is exported by {path} too");
        }
    }
    assert!(written.len() > 200, "{} types", written.len());
}

#[test]
fn tests_do_not_write_the_committed_bindings() {
    // They would be fresh whenever somebody looks, and stale in every clone.
    let config = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    assert!(config.contains("TS_RS_EXPORT_DIR"));
    assert!(!config.contains("ui/src"), "{config}");
}

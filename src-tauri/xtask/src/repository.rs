//! Where things stand in the repository, and which of two trees is newer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The root of the repository this chore was compiled in.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder of debug binaries, wherever Cargo puts its target folder.
pub(crate) fn debug_folder() -> PathBuf {
    profile_folder("debug")
}

/// The folder of one profile's binaries: `debug` or `release`.
pub(crate) fn profile_folder(profile: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir));
    target.join(profile)
}

/// When the newest file below `path` was written, `None` when there is none. Skips `node_modules`,
/// `dist` and hidden names.
pub(crate) fn newest(path: &Path) -> Option<SystemTime> {
    let mut newest = None;
    let mut open = vec![path.to_path_buf()];
    while let Some(at) = open.pop() {
        let Ok(meta) = fs::metadata(&at) else {
            continue;
        };
        if meta.is_file() {
            newest = newest.max(meta.modified().ok());
            continue;
        }
        for entry in fs::read_dir(&at).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && name != "node_modules" && name != "dist" {
                open.push(entry.path());
            }
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("src-tauri/xtask/Cargo.toml").is_file());
    }

    #[test]
    fn newest_ignores_what_is_installed_or_built() {
        let dir = std::env::temp_dir().join(format!("xtask-newest-{}", std::process::id()));
        fs::create_dir_all(dir.join("node_modules")).unwrap();
        fs::write(dir.join("node_modules/a.js"), "").unwrap();
        assert_eq!(newest(&dir), None, "an installed file is no source");
        fs::write(dir.join("b.ts"), "").unwrap();
        assert!(newest(&dir).is_some());
        fs::remove_dir_all(dir).unwrap();
    }
}

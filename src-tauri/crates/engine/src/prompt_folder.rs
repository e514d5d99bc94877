//! The folder of prompt files: `<name>/prompt.md` is edited in place, `<name>/releases/<semver>.md` never change.
//! Tools stand in it the same way, as `tools/<name>/tool.md`.
//!
//! Names are checked before they become paths, and a file is replaced whole or not at all.

use plumbline_model::{Code, Problem};
use plumbline_prompts::{PromptError, check_name, check_tool_name};
use semver::Version;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Larger files are not prompts.
const MAX_PROMPT_BYTES: u64 = 2 * 1024 * 1024;
const RELEASES: &str = "releases";
/// Where the tools of a folder of prompts are; no prompt may have this name.
pub(crate) const TOOLS: &str = "tools";

/// What stands in a folder.
#[derive(Debug)]
struct Kind {
    /// As a person calls it, and the command line too.
    what: &'static str,
    working_file: &'static str,
    check_name: fn(&str) -> Result<(), PromptError>,
}

static PROMPTS: Kind = Kind {
    what: "prompt",
    working_file: "prompt.md",
    check_name,
};

static TOOL_FILES: Kind = Kind {
    what: "tool",
    working_file: "tool.md",
    check_name: check_tool_name,
};

/// A folder of prompts, or of tools: each with one working file and releases that never change.
#[derive(Debug, Clone)]
pub(crate) struct PromptFolder {
    root: PathBuf,
    kind: &'static Kind,
}

impl PromptFolder {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            kind: &PROMPTS,
        }
    }

    /// The tools that the prompts of this folder share.
    pub(crate) fn tools(&self) -> Self {
        Self {
            root: self.root.join(TOOLS),
            kind: &TOOL_FILES,
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Names of the prompts in the folder, sorted; folders whose name is no prompt name are left out.
    pub(crate) fn names(&self) -> Result<Vec<String>, Problem> {
        let entries = fs::read_dir(&self.root).map_err(|error| {
            Problem::new(
                Code::NotFound,
                format!(
                    "cannot read the prompts folder {}: {error}",
                    self.root.display()
                ),
            )
            .hint("Name another folder with --prompts, or open one from the window.")
        })?;
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| (self.kind.check_name)(name).is_ok())
            .filter(|name| self.root.join(name).join(self.kind.working_file).is_file())
            .collect();
        names.sort();
        Ok(names)
    }

    pub(crate) fn working_path(&self, name: &str) -> Result<PathBuf, Problem> {
        (self.kind.check_name)(name)?;
        Ok(self.root.join(name).join(self.kind.working_file))
    }

    pub(crate) fn working_text(&self, name: &str) -> Result<String, Problem> {
        let path = self.working_path(name)?;
        if !path.is_file() {
            let what = self.kind.what;
            return Err(Problem::not_found(format!(
                "no {what} `{name}` in {}",
                self.root.display()
            ))
            .hint(format!(
                "`plumbline {what} list` names the {what}s that exist."
            )));
        }
        read_text(&path)
    }

    /// Bytes of the working file and when it was last written, and when a release came or went (nanoseconds since
    /// 1970); `None` where the system does not tell.
    pub(crate) fn changed_at(&self, name: &str) -> Option<((u64, i64), Option<i64>)> {
        let written = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            let since = found
                .modified()
                .ok()?
                .duration_since(std::time::UNIX_EPOCH)
                .ok()?;
            Some((found.len(), i64::try_from(since.as_nanos()).ok()?))
        };
        let path = self.working_path(name).ok()?;
        let releases = written(&path.with_file_name(RELEASES)).map(|(_, at)| at);
        Some((written(&path)?, releases))
    }

    /// Released versions on disk, oldest first.
    pub(crate) fn releases(&self, name: &str) -> Result<Vec<Version>, Problem> {
        let folder = self.working_path(name)?.with_file_name(RELEASES);
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(Vec::new());
        };
        let mut versions: Vec<Version> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|file| {
                file.strip_suffix(".md")
                    .and_then(|stem| Version::parse(stem).ok())
            })
            .collect();
        versions.sort();
        Ok(versions)
    }

    pub(crate) fn release_path(&self, name: &str, version: &Version) -> Result<PathBuf, Problem> {
        Ok(self
            .working_path(name)?
            .with_file_name(RELEASES)
            .join(format!("{version}.md")))
    }

    pub(crate) fn release_text(&self, name: &str, version: &Version) -> Result<String, Problem> {
        let path = self.release_path(name, version)?;
        if !path.is_file() {
            let what = self.kind.what;
            return Err(
                Problem::not_found(format!("{what} `{name}` has no release {version}")).hint(
                    format!("`plumbline {what} list {name}` names its releases."),
                ),
            );
        }
        read_text(&path)
    }

    /// Replaces the working file if it still says what the caller read.
    pub(crate) fn save_working(
        &self,
        name: &str,
        text: &str,
        expected_hash: &str,
    ) -> Result<(), Problem> {
        let on_disk = text_hash(&self.working_text(name)?);
        if on_disk != expected_hash {
            return Err(Problem::new(
                Code::Conflict,
                format!("the file of `{name}` changed since it was opened; nothing was written"),
            )
            .hint("Reload it to see the other change, or copy your text first."));
        }
        write_whole(&self.working_path(name)?, text, true)
    }

    /// Writes the working file of a prompt that does not exist yet.
    pub(crate) fn create_working(&self, name: &str, text: &str) -> Result<(), Problem> {
        if self.kind.what == PROMPTS.what && name == TOOLS {
            return Err(Problem::bad_input(format!(
                "no prompt can be called `{name}`: the folder of that name holds the tools"
            ))
            .hint("Choose another name."));
        }
        write_whole(&self.working_path(name)?, text, false)
    }

    /// Writes a release that does not exist yet.
    pub(crate) fn write_release(
        &self,
        name: &str,
        version: &Version,
        text: &str,
    ) -> Result<(), Problem> {
        write_whole(&self.release_path(name, version)?, text, false)
    }

    /// Puts the text of a release back, whatever stands there now.
    pub(crate) fn restore_release(
        &self,
        name: &str,
        version: &Version,
        text: &str,
    ) -> Result<(), Problem> {
        write_whole(&self.release_path(name, version)?, text, true)
    }
}

/// SHA-256 of a text, 64 hex digits.
pub(crate) fn text_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read_text(path: &Path) -> Result<String, Problem> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Problem::bad_input(format!("cannot read {}: {error}", path.display()))
    };
    let size = fs::metadata(path)
        .map_err(|error| unreadable(&error))?
        .len();
    if size > MAX_PROMPT_BYTES {
        return Err(unreadable(&format!(
            "{size} bytes is too large for a prompt (limit 2 MiB)"
        )));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    String::from_utf8(bytes).map_err(|error| unreadable(&error.utf8_error()))
}

/// Writes beside the file, syncs, then renames over it: a crash leaves the old text or the new one.
fn write_whole(path: &Path, text: &str, replace: bool) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::bad_input(format!("cannot write {}: {error}", path.display()))
            .hint("Check that the folder is writable and the disk is not full.")
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let temporary = path.with_extension(format!("md.tmp-{}", std::process::id()));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| {
            if replace {
                fs::rename(&temporary, path)
            } else {
                // A hard link fails where the name exists, so two releases cannot overwrite each other.
                fs::hard_link(&temporary, path).and_then(|()| fs::remove_file(&temporary))
            }
        })
        .and_then(|()| sync_folder(folder));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Problem::new(Code::Conflict, format!("{} exists already", path.display()))
                .hint("A release never changes: choose the next version.")
        } else {
            failed(error)
        }
    })
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PromptFolder) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("triage/releases")).unwrap();
        fs::write(dir.path().join("triage/prompt.md"), "one").unwrap();
        let folder = PromptFolder::new(dir.path());
        (dir, folder)
    }

    #[test]
    fn no_name_leaves_the_folder() {
        let (_dir, folder) = folder();
        for name in [
            "..",
            "a/b",
            "",
            "-x",
            "CON",
            "a\\b",
            "x\0",
            "ü",
            &"a".repeat(65),
        ] {
            assert!(
                folder.working_path(name).is_err(),
                "{name:?} must not become a path"
            );
        }
    }

    #[test]
    fn a_save_over_someone_elses_change_is_refused() {
        let (dir, folder) = folder();
        let seen = text_hash("one");
        fs::write(dir.path().join("triage/prompt.md"), "two").unwrap();
        let refused = folder.save_working("triage", "mine", &seen).unwrap_err();
        assert_eq!(refused.code, Code::Conflict);
        assert_eq!(
            folder.working_text("triage").unwrap(),
            "two",
            "nothing may be written"
        );
        folder
            .save_working("triage", "mine", &text_hash("two"))
            .unwrap();
        assert_eq!(folder.working_text("triage").unwrap(), "mine");
    }

    #[test]
    fn a_release_is_written_once() {
        let (_dir, folder) = folder();
        let version = Version::new(1, 0, 0);
        folder.write_release("triage", &version, "first").unwrap();
        let again = folder
            .write_release("triage", &version, "second")
            .unwrap_err();
        assert_eq!(again.code, Code::Conflict);
        assert_eq!(folder.release_text("triage", &version).unwrap(), "first");
        assert_eq!(folder.releases("triage").unwrap(), [version]);
    }
}

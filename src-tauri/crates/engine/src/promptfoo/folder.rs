//! Files that a config names: only regular ones in the config's own folder, only so large, and never run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Largest single file.
pub(super) const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// All files of one config together.
const MAX_ALL_BYTES: u64 = 64 * 1024 * 1024;

/// The folder of a config.
#[derive(Debug)]
pub(super) struct ConfigFolder {
    root: PathBuf,
    left_bytes: Cell<u64>,
    /// A file that many tests name is read once.
    kept: RefCell<HashMap<PathBuf, String>>,
}

impl ConfigFolder {
    /// Opens the folder that holds `config`.
    pub(super) fn of(config: &Path) -> Result<Self, String> {
        let whole = config.canonicalize().map_err(|error| error.to_string())?;
        let root = whole.parent().ok_or("it stands in no folder")?;
        Ok(Self {
            root: root.to_path_buf(),
            left_bytes: Cell::new(MAX_ALL_BYTES),
            kept: RefCell::default(),
        })
    }

    /// The folder's own name.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.root.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }

    /// Reads what `file://…` or a bare relative path names; the error is a reason.
    pub(super) fn read(&self, reference: &str) -> Result<String, String> {
        let relative = Path::new(path_of(reference));
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside || reference.contains('\\') {
            return Err(format!(
                "the file `{}` is not below the config's folder",
                path_of(reference)
            ));
        }
        let missing = |error: std::io::Error| format!("the file `{}`: {error}", path_of(reference));
        let whole = self.root.join(relative).canonicalize().map_err(missing)?;
        if !whole.starts_with(&self.root) {
            return Err(format!(
                "the file `{}` leads out of the config's folder",
                path_of(reference)
            ));
        }
        if let Some(text) = self.kept.borrow().get(&whole) {
            return Ok(text.clone());
        }
        let text = self
            .read_whole(&whole)
            .map_err(|reason| format!("the file `{}` {reason}", path_of(reference)))?;
        self.kept.borrow_mut().insert(whole, text.clone());
        Ok(text)
    }

    fn read_whole(&self, path: &Path) -> Result<String, String> {
        if !fs::metadata(path).is_ok_and(|meta| meta.is_file()) {
            return Err("is not a regular file".to_owned());
        }
        let most = MAX_FILE_BYTES.min(self.left_bytes.get());
        let mut bytes = Vec::new();
        let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
        let file = fs::File::open(path).map_err(unreadable)?;
        file.take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let read = bytes.len() as u64;
        if read > most {
            return Err(format!("has more than the {most} bytes that are read"));
        }
        self.left_bytes.set(self.left_bytes.get() - read);
        let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
        Ok(text
            .strip_prefix('\u{feff}')
            .map(str::to_owned)
            .unwrap_or(text))
    }
}

/// The path of a reference, without `file://`.
pub(super) fn path_of(reference: &str) -> &str {
    reference.strip_prefix("file://").unwrap_or(reference)
}

/// The ending of a path in lower case, without its dot.
pub(super) fn ending(reference: &str) -> String {
    let ending = Path::new(path_of(reference)).extension();
    ending
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_folder_are_read() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("config");
        fs::create_dir_all(inner.join("sub")).unwrap();
        fs::write(outer.path().join("secret.txt"), "secret").unwrap();
        fs::write(inner.join("sub/a.txt"), "\u{feff}text").unwrap();
        fs::write(inner.join("c.yaml"), "").unwrap();
        let folder = ConfigFolder::of(&inner.join("c.yaml")).unwrap();
        assert_eq!(folder.read("file://sub/a.txt").as_deref(), Ok("text"));
        assert_eq!(folder.read("file://./sub/a.txt").as_deref(), Ok("text"));
        let absolute = outer.path().join("secret.txt");
        for outside in [
            "file://../secret.txt",
            "file://sub/../../secret.txt",
            "..\\secret.txt",
            &format!("file://{}", absolute.display()),
            "file://sub",
            "file://gone.txt",
            "file://",
        ] {
            assert!(folder.read(outside).is_err(), "{outside}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("config");
        fs::create_dir_all(&inner).unwrap();
        fs::write(outer.path().join("secret.txt"), "secret").unwrap();
        fs::write(inner.join("c.yaml"), "").unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret.txt"), inner.join("link.txt"))
            .unwrap();
        std::os::unix::fs::symlink("c.yaml", inner.join("same.txt")).unwrap();
        let folder = ConfigFolder::of(&inner.join("c.yaml")).unwrap();
        assert!(folder.read("file://link.txt").is_err());
        assert_eq!(folder.read("file://same.txt").as_deref(), Ok(""));
    }

    #[test]
    fn a_file_too_large_and_too_many_together_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("c.yaml"), "").unwrap();
        let large = fs::File::create(dir.path().join("large.txt")).unwrap();
        large.set_len(MAX_FILE_BYTES + 1).unwrap();
        let folder = ConfigFolder::of(&dir.path().join("c.yaml")).unwrap();
        assert!(folder.read("large.txt").is_err());
        let most = MAX_ALL_BYTES / MAX_FILE_BYTES;
        for number in 0..=most {
            let name = format!("{number}.txt");
            let file = fs::File::create(dir.path().join(&name)).unwrap();
            file.set_len(MAX_FILE_BYTES).unwrap();
            assert_eq!(folder.read(&name).is_ok(), number < most, "{name}");
        }
        assert!(folder.read("0.txt").is_ok(), "what was read is kept");
    }
}

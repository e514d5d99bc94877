//! The folder of the index and the encrypted file: for its owner alone, changed by one program at a time.

use super::KeyStoreError;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another program may take for its change.
const PATIENCE: Duration = Duration::from_secs(3);
/// Far more than keys need; a larger file is not ours.
const LARGEST: u64 = 1 << 20;

#[derive(Clone)]
pub(super) struct Folder(PathBuf);

/// Held while files are read and written anew.
pub(super) struct Held {
    _lock: File,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes the folder where it is missing and keeps other programs from changing what is in it.
    pub(super) fn hold(&self) -> Result<Held, KeyStoreError> {
        self.make().map_err(|error| disk(&self.0, &error))?;
        let path = self.file("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(&path).map_err(|error| disk(&path, &error))?;
        let begun = Instant::now();
        while let Err(error) = lock.try_lock() {
            if let std::fs::TryLockError::Error(error) = error {
                return Err(disk(&path, &error));
            }
            if begun.elapsed() > PATIENCE {
                return Err(KeyStoreError::Busy {
                    path: self.0.display().to_string(),
                });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Held { _lock: lock })
    }

    fn make(&self) -> std::io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0)?;
        // The folder is ours alone, so a looser mode is a mistake.
        #[cfg(unix)]
        std::fs::set_permissions(&self.0, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(())
    }

    /// The whole file; `None` where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreError> {
        let path = self.file(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(disk(&path, &error)),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| disk(&path, &error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(damaged(&path, &"it is far too large"));
        }
        Ok(Some(bytes))
    }

    /// Puts a whole new file in the place of the old one, for its owner alone.
    pub(super) fn write(&self, name: &str, bytes: &[u8], _: &Held) -> Result<(), KeyStoreError> {
        let path = self.file(name);
        let written = || {
            // Its mode is 0600 from the start, whatever the umask.
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            #[cfg(unix)]
            File::open(&self.0)?.sync_all()?;
            Ok(())
        };
        written().map_err(|error| disk(&path, &error))
    }
}

fn disk(path: &Path, error: &std::io::Error) -> KeyStoreError {
    KeyStoreError::Disk {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}

pub(super) fn damaged(path: &Path, why: &dyn std::fmt::Display) -> KeyStoreError {
    KeyStoreError::Damaged {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}

//! Who may read the workspace on disk: its owner and nobody else.
//!
//! Traces hold what users typed. SQLite gives `-wal` and `-shm` the mode of the main file, so making
//! that file first with 0600 covers all three.

use crate::error::{Result, WorkspaceError};
use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

/// Makes the missing parents of `file`, readable by the owner only. Folders that exist keep their mode.
pub(crate) fn make_private_parent(file: &Path) -> Result<()> {
    let Some(parent) = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(parent)
        .map_err(|error| WorkspaceError::cannot_open(parent, error))
}

/// Makes an empty file, readable by the owner only; answers false when one stands there already.
pub(crate) fn make_private_file(file: &Path) -> Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(WorkspaceError::cannot_open(file, error)),
    }
}

/// True when others than the owner may read the file.
pub(crate) fn others_may_read(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(file).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

//! Where the window writes what it does: standard error, and one file beside the workspace.
//!
//! A log names commands, codes, counts and times. It never holds what a trace, a prompt or a model
//! said: a panic is logged by its place only, because its message may quote content.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// The file is put aside at the next start when it is larger than this.
const LARGEST_BYTES: u64 = 4 * 1024 * 1024;

/// Starts logging. `PLUMBLINE_LOG` sets what is logged, such as `debug` or `plumbline_engine=trace`.
pub(crate) fn start() {
    let filter =
        EnvFilter::try_from_env("PLUMBLINE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let file = folder()
        .and_then(|folder| open(&folder))
        .map(|file| fmt::layer().with_ansi(false).with_writer(Arc::new(file)));
    let console = fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    // A second start in one process keeps the first subscriber.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(console)
        .with(file)
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(%place, "a panic; its message is not logged because it may quote content");
    }));
}

fn folder() -> Option<PathBuf> {
    let workspace = plumbline_engine::default_workspace_path().ok()?;
    Some(workspace.parent()?.join("logs"))
}

/// Opens the log for appending; a large one moves aside, replacing the one before it.
fn open(folder: &Path) -> Option<File> {
    fs::create_dir_all(folder).ok()?;
    let path = folder.join("desktop.log");
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGEST_BYTES) {
        let _ = fs::rename(&path, folder.join("desktop.old.log"));
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_log_moves_aside_and_a_small_one_stays() {
        let folder = std::env::temp_dir().join(format!("plumbline-log-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("desktop.log"), "small").unwrap();
        open(&folder).unwrap();
        assert!(!folder.join("desktop.old.log").exists());
        fs::write(
            folder.join("desktop.log"),
            vec![b'x'; LARGEST_BYTES as usize + 1],
        )
        .unwrap();
        open(&folder).unwrap();
        assert!(folder.join("desktop.old.log").exists());
        assert_eq!(fs::metadata(folder.join("desktop.log")).unwrap().len(), 0);
        fs::remove_dir_all(folder).unwrap();
    }
}

//! Follows the prompts folder, so that a window shows what an editor or version control did to a file.
//!
//! Only the folders of prompts, of tools and of their releases are watched, never what lies deeper: somebody may open a folder
//! that holds far more than prompts. Announcing a change is all it does; who has unsaved text decides what becomes
//! of it.

use crate::Engine;
use crate::prompt_folder::PromptFolder;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use plumbline_model::Problem;
use plumbline_workspace::{Topic, Workspace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A checkout touches many files at once: changes are told when it has been quiet for so long,
const QUIET: Duration = Duration::from_millis(100);
/// or after so long at the latest.
const PATIENCE: Duration = Duration::from_secs(1);

/// The watch of this engine, once it is asked for; without a folder there is nothing to follow yet.
#[derive(Default)]
pub(crate) struct PromptWatch(Mutex<Option<Option<Watch>>>);

enum Told {
    Paths(Vec<PathBuf>),
    Stop,
}

struct Watch {
    tell: Sender<Told>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.tell.send(Told::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Engine {
    /// From now on, changes of prompt files by others are announced like our own; also after another folder is opened.
    ///
    /// # Errors
    /// `BadInput` when the system cannot watch the folder; everything else works as before.
    pub fn watch_prompts(&self) -> Result<(), Problem> {
        let watch = match self.prompt_folder() {
            Ok(folder) => Some(Watch::start(&folder, self.inner.workspace.clone())?),
            Err(_) => None,
        };
        let before = self.watching().replace(watch);
        drop(before);
        Ok(())
    }

    /// After another folder was opened: follows it, where the old one was followed.
    pub(crate) fn watch_again(&self) {
        let is_asked_for = self.watching().is_some();
        if is_asked_for && let Err(problem) = self.watch_prompts() {
            tracing::warn!(%problem, "the prompts folder is not followed");
        }
    }

    fn watching(&self) -> MutexGuard<'_, Option<Option<Watch>>> {
        let watching = &self.inner.prompt_watch.0;
        watching.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn start(folder: &PromptFolder, workspace: Workspace) -> Result<Self, Problem> {
        let (tell, told) = channel();
        let events = tell.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !matches!(event.kind, EventKind::Access(_))
            {
                // Nobody listens any more when the watch ends.
                let _ = events.send(Told::Paths(event.paths));
            }
        });
        let failed = |error: notify::Error| {
            Problem::bad_input(format!(
                "cannot follow the prompts folder {}: {error}",
                folder.root().display()
            ))
            .hint("Reload a prompt by hand to see what another program did to it.")
        };
        let mut follower = Follower {
            watcher: watcher.map_err(failed)?,
            watched: BTreeSet::new(),
            folder: folder.clone(),
            workspace,
        };
        follower.watch(folder.root()).map_err(failed)?;
        follower.watch_prompts();
        let thread = thread::Builder::new()
            .name("prompt-watch".into())
            .spawn(move || follower.follow(&told))
            .map_err(|error| Problem::internal(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            tell,
            thread: Some(thread),
        })
    }
}

struct Follower {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    folder: PromptFolder,
    workspace: Workspace,
}

impl Follower {
    fn follow(mut self, told: &Receiver<Told>) {
        while let Ok(Told::Paths(first)) = told.recv() {
            let mut paths = first;
            let latest = Instant::now() + PATIENCE;
            while Instant::now() < latest {
                match told.recv_timeout(QUIET) {
                    Ok(Told::Paths(more)) => paths.extend(more),
                    Ok(Told::Stop) => return,
                    Err(_) => break,
                }
            }
            // A folder that went and came again has to be watched anew.
            for path in &paths {
                self.watched.remove(path);
            }
            self.watch_prompts();
            for name in names(self.folder.root(), &paths) {
                if let Err(error) = self.workspace.announce(Topic::Prompt, &name) {
                    tracing::warn!(%error, name, "a change of a prompt file is not told");
                }
            }
        }
    }

    fn watch(&mut self, folder: &Path) -> notify::Result<()> {
        if folder.is_dir() && !self.watched.contains(folder) {
            self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
            self.watched.insert(folder.to_owned());
        }
        Ok(())
    }

    fn watch_prompts(&mut self) {
        let tools = self.folder.tools();
        let mut folders = vec![tools.root().to_owned()];
        for kind in [&self.folder, &tools] {
            for name in kind.names().unwrap_or_default() {
                let own = kind.root().join(name);
                folders.extend([own.join("releases"), own]);
            }
        }
        for folder in folders {
            if let Err(error) = self.watch(&folder) {
                tracing::warn!(%error, folder = %folder.display(), "a prompt is not followed");
            }
        }
    }
}

/// The prompts that paths belong to; what we write beside a file before it takes its place is nobody's.
fn names(root: &Path, paths: &[PathBuf]) -> BTreeSet<String> {
    paths
        .iter()
        .filter(|path| !path.to_string_lossy().contains(".tmp-"))
        .filter_map(|path| path.strip_prefix(root).ok())
        .filter_map(|path| path.components().next())
        .filter_map(|first| first.as_os_str().to_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;
    use std::fs;

    const LONG: Duration = Duration::from_secs(30);

    fn wait_for(engine: &Engine, since: u64, name: &str) -> u64 {
        let deadline = Instant::now() + LONG;
        while Instant::now() < deadline {
            let batch = engine.changes_since(since).unwrap();
            let mut told = batch.changes.iter();
            if told.any(|change| change.topic == "prompt" && change.id == name) {
                return batch.seq;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("nobody told that `{name}` changed");
    }

    fn write(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn what_another_program_does_to_prompts_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("prompts");
        write(&root, "triage/prompt.md", "one");
        let engine = Engine::open(EngineOptions {
            workspace: Some(dir.path().join("w.db")),
            prompts: Some(root.clone()),
            ..EngineOptions::default()
        })
        .unwrap();
        engine.watch_prompts().unwrap();
        let mut seq = engine.changes_since(0).unwrap().seq;

        write(&root, "triage/prompt.md", "two");
        seq = wait_for(&engine, seq, "triage");
        write(&root, "order/prompt.md", "a new one");
        seq = wait_for(&engine, seq, "order");
        write(&root, "order/releases/1.0.0.md", "released by a pull");
        seq = wait_for(&engine, seq, "order");
        write(&root, "tools/search/tool.md", "a first tool");
        seq = wait_for(&engine, seq, "tools");
        write(&root, "tools/search/tool.md", "and changed");
        seq = wait_for(&engine, seq, "tools");
        fs::remove_dir_all(root.join("triage")).unwrap();
        seq = wait_for(&engine, seq, "triage");
        write(&root, "triage/prompt.md", "back again");
        seq = wait_for(&engine, seq, "triage");
        write(&root, "triage/prompt.md", "and changed");
        seq = wait_for(&engine, seq, "triage");

        let other = dir.path().join("elsewhere");
        write(&other, "reply/prompt.md", "one");
        engine.open_prompts_folder(&other).unwrap();
        write(&other, "reply/prompt.md", "two");
        wait_for(&engine, seq, "reply");
        drop(engine);
    }

    #[test]
    fn what_stands_beside_a_file_for_a_moment_is_no_change() {
        let root = Path::new("/p");
        let paths = ["/p/a/prompt.md", "/p/b/prompt.md.tmp-7", "/elsewhere/c"].map(PathBuf::from);
        assert_eq!(names(root, &paths), BTreeSet::from(["a".to_owned()]));
    }
}

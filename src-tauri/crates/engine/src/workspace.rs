//! Opening a workspace, and what the whole of it says about itself.

use crate::api::{ChangeBatch, ChangeNotice, Check, JobProgress, WorkspaceInfo};
use crate::compare::{Comparing, FoundKeys};
use crate::jobs::Jobs;
use crate::keys::{KeyLookup, KeyStore};
use crate::listen::Live;
use crate::prices::PriceBook;
use crate::prompt_folder::PromptFolder;
use crate::searches::Searching;
use crate::{Engine, Inner, clock};
use plumbline_model::{JobId, Problem, Usd};
use plumbline_workspace::{Spend, Topic, Workspace};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The setting that remembers the prompts folder.
pub(crate) const PROMPTS_FOLDER: &str = "prompts_folder";

/// How to open an engine.
#[derive(Clone, Default)]
pub struct EngineOptions {
    /// Workspace file; `None` is the platform's default.
    pub workspace: Option<PathBuf>,
    /// Folder of prompts; `None` is the one the workspace remembers, else `./prompts` where it exists.
    pub prompts: Option<PathBuf>,
    /// Looks up API keys by environment variable; a key never enters the workspace.
    pub keys: KeyLookup,
    /// Looked into where the environment has no key; `None` looks nowhere else.
    pub key_store: Option<KeyStore>,
}

/// Where the workspace is when none is named.
pub fn default_workspace_path() -> Result<PathBuf, Problem> {
    Ok(plumbline_workspace::default_path()?)
}

impl Engine {
    /// Opens a workspace, creating it if absent.
    pub fn open(options: EngineOptions) -> Result<Self, Problem> {
        let workspace = match &options.workspace {
            Some(path) => Workspace::open(path)?,
            None => Workspace::open_default()?,
        };
        Self::with_workspace(workspace, options)
    }

    pub(crate) fn with_workspace(
        workspace: Workspace,
        options: EngineOptions,
    ) -> Result<Self, Problem> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("plumbline-engine")
            .build()
            .map_err(|error| Problem::internal(format!("cannot start worker threads: {error}")))?;
        let engine = Self {
            inner: Arc::new(Inner {
                workspace,
                prompts: RwLock::default(),
                prompt_watch: Default::default(),
                jobs: Jobs::default(),
                runtime: crate::Workers::new(runtime),
                keys: options.keys,
                key_store: options.key_store,
                prices: PriceBook::default(),
                comparing: Comparing::default(),
                found_keys: FoundKeys::default(),
                searching: Searching::default(),
                live: Live::default(),
                edited: Default::default(),
            }),
        };
        match options.prompts {
            Some(root) => engine.open_prompts_folder(&root)?,
            None => engine.reopen_prompts_folder()?,
        }
        Ok(engine)
    }

    /// The remembered folder, where it still exists; else `./prompts` without remembering it.
    fn reopen_prompts_folder(&self) -> Result<(), Problem> {
        let remembered = self
            .inner
            .workspace
            .setting(PROMPTS_FOLDER)?
            .map(PathBuf::from);
        let root = remembered.filter(|root| root.is_dir()).or_else(|| {
            Path::new("prompts")
                .canonicalize()
                .ok()
                .filter(|root| root.is_dir())
        });
        *self
            .inner
            .prompts
            .write()
            .unwrap_or_else(PoisonError::into_inner) = root.map(PromptFolder::new);
        Ok(())
    }

    /// The workspace at a glance.
    pub fn workspace_info(&self) -> Result<WorkspaceInfo, Problem> {
        let workspace = &self.inner.workspace;
        let prices = self.prices();
        let folder = self.prompt_folder().ok();
        let sizes = workspace.sizes()?;
        Ok(WorkspaceInfo {
            path: workspace.path().display().to_string(),
            name: workspace.path().file_stem().map_or_else(
                || "workspace".to_owned(),
                |stem| stem.to_string_lossy().into_owned(),
            ),
            prompts: folder
                .as_ref()
                .and_then(|f| f.names().ok())
                .map_or(0, |names| names.len() as u64),
            prompts_folder: folder.map(|folder| folder.root().display().to_string()),
            traces: sizes.traces,
            spans: sizes.spans,
            runs: sizes.runs,
            datasets: sizes.datasets,
            spend_today_usd: spent_today(
                &workspace.spend_since(clock::start_of_day(clock::now()))?,
            ),
            price_table: prices.table.name().to_owned(),
            price_version: prices.table.version().to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Everything that changed after `seq`, by whichever process.
    pub fn changes_since(&self, seq: u64) -> Result<ChangeBatch, Problem> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let found = self.inner.workspace.changes_since(seq)?;
        if found.gap || found.changes.iter().any(|c| c.topic == Topic::Price) {
            self.forget_prices();
        }
        let changes = found
            .changes
            .into_iter()
            .map(|change| ChangeNotice {
                topic: change.topic.as_str().to_owned(),
                id: change.id,
            })
            .collect();
        Ok(ChangeBatch {
            seq: found.latest_seq.unsigned_abs(),
            changes,
            gap: found.gap,
        })
    }

    /// Checks that the workspace is sound.
    pub fn doctor(&self) -> Result<Vec<Check>, Problem> {
        let mut checks: Vec<Check> = self
            .inner
            .workspace
            .doctor()?
            .into_iter()
            .map(|check| Check {
                name: check.name,
                ok: check.ok,
                detail: check.detail,
            })
            .collect();
        checks.push(match self.prompt_folder() {
            Ok(folder) => {
                let count = folder.names().map(|names| names.len());
                Check {
                    name: "prompts folder".to_owned(),
                    ok: count.is_ok(),
                    detail: match count {
                        Ok(count) => format!("{count} prompts in {}", folder.root().display()),
                        Err(problem) => problem.message,
                    },
                }
            }
            Err(_) => Check {
                name: "prompts folder".to_owned(),
                ok: true,
                detail: "none is open".to_owned(),
            },
        });
        let prices = self.prices();
        checks.push(Check {
            name: "price table".to_owned(),
            ok: true,
            detail: format!(
                "{} {}, {} models, {} prices of your own",
                prices.table.name(),
                prices.table.version(),
                prices.table.model_count(),
                prices.overrides.len()
            ),
        });
        Ok(checks)
    }

    /// The workspace file.
    pub fn workspace_path(&self) -> PathBuf {
        self.inner.workspace.path().to_path_buf()
    }

    /// Every job of this process, oldest first.
    pub fn job_list(&self) -> Vec<JobProgress> {
        self.inner.jobs.list()
    }

    /// Asks a job to stop.
    pub fn job_cancel(&self, job_id: JobId) -> Result<(), Problem> {
        self.inner.jobs.cancel(job_id)
    }

    /// Blocks until a job ended.
    pub fn job_wait(&self, job_id: JobId) -> Result<JobProgress, Problem> {
        self.inner.jobs.wait(job_id)
    }

    /// Calls `listener` with every event of every job, from any thread.
    pub fn subscribe_jobs(&self, listener: impl Fn(&JobProgress) + Send + Sync + 'static) {
        self.inner.jobs.subscribe(listener);
    }

    /// Asks every running job to stop and waits until they have, `patience` at most; false when some still run.
    pub fn settle(&self, patience: Duration) -> bool {
        self.inner.jobs.cancel_all();
        self.inner.jobs.wait_all(patience)
    }

    /// Asks every running job to stop when it is called, and answers whether there was one. It does not
    /// keep the workspace open, so a signal handler may hold it for ever.
    pub fn stopper(&self) -> impl Fn() -> bool + Send + 'static {
        let jobs = self.inner.jobs.clone();
        move || jobs.cancel_all()
    }
}

/// Money of today's calls; `None` when there were only calls without a price.
fn spent_today(spend: &Spend) -> Option<Usd> {
    let most = spend.at_most();
    (spend.unpriced_calls == 0 || most > Usd::ZERO).then_some(most)
}

//! Walking the matrix: as many cells at once as the plan allows, with progress, cancel and a heartbeat.

use super::cap::Cap;
use super::cell::{CellEnd, Storing, answer_cell};
use super::column::Column;
use super::hearing::{Hearing, is_unheard};
use super::opinions::advisers;
use super::owner::{HEARTBEAT_EVERY, owner};
use super::queue::{Queue, Taken};
use super::reach::{connect, settings};
use super::traffic::Traffic;
use super::way_out::WayOut;
use super::{RECORDED, cancelled};
use crate::jobs::JobHandle;
use crate::{Engine, clock};
use plumbline_analysis::grade::Grader;
use plumbline_model::{Case, Cell, Code, Problem, Purpose, RunId, RunPlan, RunStatus, Target};
use plumbline_providers::retry::{RetryBudget, RetryPolicy};
use plumbline_providers::{self as providers, Embeds, Provider};
use plumbline_tokens::prices::Prices;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Often enough to see a breaker open and close.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// Everything the cells of one run share.
pub(super) struct Execution {
    pub(super) engine: Engine,
    pub(super) run_id: RunId,
    pub(super) use_cache: bool,
    /// Whom it is made for.
    pub(super) tenant: Option<String>,
    pub(super) columns: Arc<[Column]>,
    pub(super) grader: Grader,
    pub(super) prices: Arc<Prices>,
    pub(super) cap: Cap,
    capped: AtomicBool,
    /// Why it stopped at a cap, where that is not the run's own.
    capped_because: Mutex<Option<String>>,
    pub(super) retry: RetryPolicy,
    pub(super) retry_budget: RetryBudget,
    pub(super) traffic: Traffic,
    pub(super) cancel: CancellationToken,
    /// Who answered the recordings, by model.
    recorded_by: HashMap<String, String>,
    /// A model that only some requests need may be out of reach.
    providers: HashMap<Target, Result<Arc<dyn Provider>, Problem>>,
    embedders: HashMap<Target, Arc<dyn Embeds>>,
    pub(super) hearing: Hearing,
    cases: HashMap<String, Case>,
    queue: Queue,
    done: AtomicU64,
    concurrency: u32,
}

impl Execution {
    /// Sets up providers, prices and the cap for the pending cells of a run.
    pub(super) fn prepare(
        engine: &Engine,
        run_id: RunId,
        plan: &RunPlan,
        columns: Arc<[Column]>,
        cases: Vec<Case>,
        queue: Queue,
    ) -> Result<Self, Problem> {
        let advisers = advisers(&cases);
        let talkers = advisers
            .iter()
            .filter(|(_, purpose)| **purpose != Purpose::Embedding)
            .map(|(target, _)| target);
        let mut providers = HashMap::new();
        for target in plan.targets.iter().chain(talkers) {
            providers.insert(target.clone(), Ok(connect(engine, target, plan)?));
        }
        let others: Vec<&Target> = columns.iter().filter_map(Column::other).collect();
        for target in &others {
            providers
                .entry((*target).clone())
                .or_insert_with(|| connect(engine, target, plan));
        }
        let mut embedders = HashMap::new();
        for (target, _) in advisers.iter().filter(|(target, purpose)| {
            **purpose == Purpose::Embedding && target.provider != RECORDED
        }) {
            embedders.insert(
                target.clone(),
                providers::connect_embeddings(&settings(engine, target, plan)?)?,
            );
        }
        let grader = Grader::default();
        for schema in columns
            .iter()
            .filter_map(|column| column.spec.output_schema.as_ref())
        {
            grader.schema(schema)?;
        }
        let retry = RetryPolicy::default();
        let cases = cases
            .into_iter()
            .map(|case| (case.key.clone(), case))
            .collect();
        let spent = engine.inner.workspace.spend_of_run(run_id)?.at_most();
        Ok(Self {
            engine: engine.clone(),
            run_id,
            use_cache: plan.use_cache,
            tenant: plan.tenant.clone(),
            grader,
            prices: engine.prices(),
            cap: Cap::new(plan.cap_usd, spent),
            capped: AtomicBool::new(false),
            capped_because: Mutex::default(),
            retry: RetryPolicy {
                max_attempts: if plan.retries { retry.max_attempts } else { 1 },
                ..retry
            },
            retry_budget: RetryBudget::default(),
            traffic: Traffic::new(
                plan.targets.iter().chain(advisers.keys()).chain(others),
                plan.concurrency,
            ),
            columns,
            cancel: CancellationToken::new(),
            recorded_by: recorded_by(engine)?,
            providers,
            embedders,
            hearing: Hearing::default(),
            cases,
            queue,
            done: AtomicU64::new(0),
            concurrency: plan.concurrency,
        })
    }

    /// Takes up the questions to other models that an earlier process left open.
    pub(super) fn ask_what_is_unheard(&mut self, resend_unknown: bool) -> Result<(), Problem> {
        let summarises = |column: &Column| matches!(column.way_out, WayOut::Summarise(_));
        if advisers(self.cases.values()).is_empty() && !self.columns.iter().any(summarises) {
            return Ok(());
        }
        let mut book = self.engine.opinions_of(self.run_id)?;
        book.forget_nothings();
        let cells = self.engine.inner.workspace.all_cells(self.run_id)?;
        let unheard = cells.into_iter().filter(|cell| {
            let case = self.case(&cell.key.case_key);
            case.is_some_and(|case| is_unheard(cell, case, &book))
        });
        let unheard = unheard.collect();
        self.queue.extend(unheard);
        let mut perhaps_paid = self.engine.inner.workspace.unknown_opinions(self.run_id)?;
        perhaps_paid.retain(|key| !resend_unknown && !book.has(key));
        self.hearing = Hearing::new(book, perhaps_paid);
        Ok(())
    }

    pub(super) fn label(&self) -> String {
        match &*self.columns {
            [] => "replay".to_owned(),
            [one] => format!(
                "{}@{} on {}",
                one.prompt_name, one.prompt_version, one.target
            ),
            [first, ..] => format!("{} and {} more", first.prompt_name, self.columns.len() - 1),
        }
    }

    /// Who answers for a model.
    ///
    /// # Errors
    /// Why it is out of reach.
    pub(super) fn provider(&self, target: &Target) -> Result<&Arc<dyn Provider>, Problem> {
        match self.providers.get(target) {
            Some(Ok(provider)) => Ok(provider),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(Problem::internal(format!(
                "{target} is not part of the run"
            ))),
        }
    }

    pub(super) fn embedder(&self, target: &Target) -> Option<&Arc<dyn Embeds>> {
        self.embedders.get(target)
    }

    /// Whose price an answer of this model has: the provider's, or for a recording its recorder's.
    pub(super) fn priced_by<'a>(&'a self, target: &'a Target) -> Option<&'a str> {
        if target.provider == RECORDED {
            self.recorded_by.get(&target.model).map(String::as_str)
        } else {
            Some(&target.provider)
        }
    }

    pub(super) fn case(&self, key: &str) -> Option<&Case> {
        self.cases.get(key)
    }

    pub(super) fn column_of(&self, cell: &Cell) -> Option<&Column> {
        self.columns.iter().find(|column| {
            column.target == cell.key.target
                && column.prompt_version == cell.key.prompt_version
                && column.prompt_name == cell.key.prompt_name
        })
    }

    /// No cell begins any more: the money is used up, of the run or, with a reason, of more than it.
    pub(super) fn stop_at_cap(&self, because: Option<String>) {
        self.capped.store(true, Ordering::Relaxed);
        let mut reason = self
            .capped_because
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *reason = reason.take().or(because);
    }

    /// Answers every cell of the queue, then says how the run ended.
    pub(super) async fn run(mut self, job: JobHandle) -> (Result<(), Problem>, JobHandle) {
        self.cancel = job.cancel().clone();
        let workers = self.concurrency;
        let total = self.queue.len() as u64;
        let shared = Arc::new(self);
        let progress = Arc::new(Progress {
            job: Mutex::new(job),
            started: Instant::now(),
            total,
        });
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..workers {
            tasks.spawn(work(Arc::clone(&shared), Arc::clone(&progress)));
        }
        let beat = tokio::spawn(heartbeat(Arc::clone(&shared)));
        let watch = tokio::spawn(watch(Arc::clone(&shared), Arc::clone(&progress)));
        let mut failure = None;
        while let Some(joined) = tasks.join_next().await {
            let outcome = joined.unwrap_or_else(|_| {
                Err(Problem::internal(
                    "a worker of the run stopped unexpectedly",
                ))
            });
            if let Err(problem) = outcome {
                // One write that fails means the ledger is not safe: nothing more is sent.
                shared.cancel.cancel();
                failure.get_or_insert(problem);
            }
        }
        // They hold the engine: once they have ended, the last one to leave closes the workspace.
        for helper in [beat, watch] {
            helper.abort();
            let _ = helper.await;
        }
        let outcome = shared.close(failure, total);
        let job = match Arc::try_unwrap(progress) {
            Ok(progress) => progress
                .job
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            // Every worker has ended, so no other handle is left; a spare job would show as failed.
            Err(_) => {
                shared
                    .engine
                    .inner
                    .jobs
                    .start(crate::api::JobKind::Replay, "replay", "cells")
            }
        };
        (outcome, job)
    }

    fn close(&self, failure: Option<Problem>, total: u64) -> Result<(), Problem> {
        let done = self.done.load(Ordering::Relaxed);
        let down = self.traffic.given_up();
        let (status, outcome) = match failure {
            Some(problem) => (RunStatus::Interrupted, Err(problem)),
            None if self.capped.load(Ordering::Relaxed) => (RunStatus::Capped, Ok(())),
            None if self.cancel.is_cancelled() && done < total => {
                (RunStatus::Cancelled, Err(cancelled(done, total)))
            }
            None if down.is_some() => (RunStatus::Interrupted, Ok(())),
            None => (RunStatus::Finished, Ok(())),
        };
        let workspace = &self.engine.inner.workspace;
        // After a long sleep the run may be another's, who says how it ends.
        let owner = workspace.run_owner(self.run_id)?;
        if owner.is_none_or(|owner| owner.pid != std::process::id()) {
            let run_id = self.run_id;
            return Err(Problem::new(
                Code::Conflict,
                format!("the run {run_id} was taken over by another process"),
            )
            .hint("It goes on there; `plumbline run list` shows how far it is."));
        }
        let because = self
            .capped_because
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .or(down);
        let stored = workspace.end_run(self.run_id, status, Some(clock::now()), because);
        outcome.and(stored.map_err(Problem::from))
    }

    /// One cell more is done.
    fn count(&self, progress: &Progress) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let mut job = progress.job.lock().unwrap_or_else(PoisonError::into_inner);
        job.progress(done, Some(progress.total), || self.note(progress, done));
    }

    fn note(&self, progress: &Progress, done: u64) -> String {
        let per_second = done as f64 / progress.started.elapsed().as_secs_f64().max(1e-3);
        format!(
            "{per_second:.0} cells/s · ${} spent{}",
            self.cap.spent(),
            self.traffic.note()
        )
    }

    fn take(&self) -> Option<Taken> {
        if self.cancel.is_cancelled() || self.capped.load(Ordering::Relaxed) {
            return None;
        }
        self.queue.take()
    }
}

struct Progress {
    job: Mutex<JobHandle>,
    started: Instant,
    total: u64,
}

async fn work(shared: Arc<Execution>, progress: Arc<Progress>) -> Result<(), Problem> {
    // An answer is on its way to the disk while the next cell is asked: the ledger keeps their order.
    let mut storing: Option<Storing> = None;
    while let Some((cell, known)) = shared.take() {
        let end = answer_cell(&shared, cell, known).await;
        settled(&shared, &progress, storing.take()).await?;
        match end? {
            CellEnd::Settled => shared.count(&progress),
            CellEnd::Storing(write) => storing = Some(write),
            CellEnd::LeftOver => {}
        }
    }
    settled(&shared, &progress, storing).await
}

async fn settled(
    shared: &Execution,
    progress: &Progress,
    storing: Option<Storing>,
) -> Result<(), Problem> {
    if let Some(write) = storing {
        write.stored().await?;
        shared.count(progress);
    }
    Ok(())
}

/// Tells how the calls get out, also while none comes back.
async fn watch(shared: Arc<Execution>, progress: Arc<Progress>) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        let note = shared.note(&progress, shared.done.load(Ordering::Relaxed));
        let traffic = shared.traffic.view();
        let mut job = progress.job.lock().unwrap_or_else(PoisonError::into_inner);
        job.tell(note, traffic);
    }
}

async fn heartbeat(shared: Arc<Execution>) {
    loop {
        tokio::time::sleep(HEARTBEAT_EVERY).await;
        let (workspace, run_id) = (shared.engine.inner.workspace.clone(), shared.run_id);
        let kept = tokio::task::spawn_blocking(move || workspace.heartbeat(run_id, owner())).await;
        if !matches!(kept, Ok(Ok(()))) {
            tracing::warn!(%run_id, "the run was taken over or cannot be written; stopping");
            shared.cancel.cancel();
            return;
        }
    }
}

pub(super) fn recorded_by(engine: &Engine) -> Result<HashMap<String, String>, Problem> {
    let models = engine.inner.workspace.recorded_models()?;
    // Most recorded first; of two providers of one model the more recorded one stays.
    Ok(models
        .into_iter()
        .rev()
        .map(|(provider, model, _)| (model, provider))
        .collect())
}

//! What the window works on: the open engine, which a person may exchange for another.
//!
//! Every use case is asked through [`Desk::ask`], which keeps the window's thread free and turns a
//! panic into a problem.

use crate::arguments::Opening;
use crate::jobs::Audience;
use plumbline_engine::api::JobState;
use plumbline_engine::{Engine, EngineOptions, KeyLookup, KeyStore, Redaction};
use plumbline_model::{Code, JobId, Problem};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// What every command gives back.
pub(crate) type Answer<T> = Result<T, Problem>;

/// How long the window waits at its end for jobs to store what they have and to answer who waits for them.
const FAREWELL: Duration = Duration::from_secs(4);

/// The state of the window. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk {
    engine: Arc<RwLock<Engine>>,
    pub(crate) audience: Audience,
    /// One for every workspace, so that what was unlocked stays so. A problem where there is no home folder.
    keys: Answer<KeyStore>,
    /// What is imported next is stored with its secrets. Every start, and every workspace, begins without.
    keeps_secrets: Arc<AtomicBool>,
    /// The file that a person chose last to import prompts from.
    source: Arc<Mutex<Option<PathBuf>>>,
}

impl Desk {
    /// Opens the workspace that was asked for.
    ///
    /// # Errors
    /// The workspace cannot be opened, or the prompts folder does not exist.
    pub(crate) fn open(opening: Opening) -> Answer<Self> {
        let audience = Audience::default();
        // Nobody sits at a terminal: a locked file is unlocked in the window.
        let keys = KeyStore::of_this_machine(None);
        let engine = open_engine(opening, &audience, keys.as_ref().ok())?;
        Ok(Self {
            engine: Arc::new(RwLock::new(engine)),
            audience,
            keys,
            keeps_secrets: Arc::default(),
            source: Arc::default(),
        })
    }

    /// Runs a use case on a thread that may block. A panic in it is a problem, not the end of the
    /// window.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&Engine) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let engine = self.engine();
        on_a_thread(move || use_case(&engine)).await
    }

    /// The same for what is done about keys, which belong to no workspace.
    pub(crate) async fn ask_keys<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&KeyStore) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let keys = self.keys.clone()?;
        on_a_thread(move || use_case(&keys)).await
    }

    /// Opens another workspace in place of this one.
    ///
    /// # Errors
    /// A job is running, or the workspace cannot be opened; the present one stays open.
    pub(crate) async fn exchange(&self, workspace: PathBuf) -> Answer<()> {
        let desk = self.clone();
        on_a_thread(move || {
            if desk
                .engine()
                .job_list()
                .iter()
                .any(|job| job.state == JobState::Running)
            {
                let why = "work is still running in this workspace";
                return Err(
                    Problem::new(Code::Conflict, why).hint("Wait for it or cancel it first.")
                );
            }
            let opening = Opening {
                workspace: Some(workspace),
                prompts: None,
            };
            let next = open_engine(opening, &desk.audience, desk.keys.as_ref().ok())?;
            *desk.engine.write().unwrap_or_else(PoisonError::into_inner) = next;
            desk.redact(Redaction::On);
            Ok(())
        })
        .await
    }

    /// Imports files that were dropped or picked; the job shows what becomes of them.
    pub(crate) async fn import(&self, paths: Vec<PathBuf>) -> Answer<JobId> {
        let redaction = self.redaction();
        self.ask(move |engine| engine.import_start_with(paths, redaction))
            .await
    }

    /// Whether secrets are taken out of what is imported next, by whichever way.
    pub(crate) fn redaction(&self) -> Redaction {
        match self.keeps_secrets.load(Ordering::Relaxed) {
            true => Redaction::Off,
            false => Redaction::On,
        }
    }

    pub(crate) fn redact(&self, redaction: Redaction) {
        let keeps = redaction == Redaction::Off;
        self.keeps_secrets.store(keeps, Ordering::Relaxed);
    }

    pub(crate) fn choose_source(&self, file: PathBuf) {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    pub(crate) fn chosen_source(&self) -> Option<PathBuf> {
        self.source
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks running jobs to stop and waits a moment, so that they store what they have, and clients that are being
    /// served hear their answer, before the process ends.
    pub(crate) fn leave(&self) {
        // Nobody is left to hear how they end.
        self.audience.clear();
        let settled = self.engine().settle(FAREWELL);
        tracing::info!(settled, "the window closes");
    }

    fn engine(&self) -> Engine {
        self.engine
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn open_engine(opening: Opening, audience: &Audience, keys: Option<&KeyStore>) -> Answer<Engine> {
    let engine = Engine::open(EngineOptions {
        workspace: opening.workspace,
        prompts: opening.prompts,
        keys: KeyLookup::from_environment_bound(),
        key_store: keys.cloned(),
    })?;
    let audience = audience.clone();
    engine.subscribe_jobs(move |job| audience.tell(job));
    if let Err(problem) = engine.watch_prompts() {
        tracing::warn!(%problem, "prompt files are not followed");
    }
    Ok(engine)
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    match tauri::async_runtime::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(_) => Err(
            Problem::internal("this stopped unexpectedly; the workspace is unharmed")
                .hint("Try it again. The log names the place."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_problem_without_its_message() {
        let answer: Answer<()> =
            tauri::async_runtime::block_on(on_a_thread(|| panic!("customer said: secret")));
        let problem = answer.unwrap_err();
        assert_eq!(problem.code, Code::Internal);
        assert!(
            !problem.message.contains("secret"),
            "a panic may quote content"
        );
    }
}

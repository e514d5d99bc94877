//! Jobs: work that takes long enough to show progress and to be cancelled.
//!
//! A job's state is one value that each event replaces, so a listener may miss events and still be right.

use crate::api::{JobKind, JobProgress, JobState, ModelTraffic};
use crate::clock;
use plumbline_model::{Code, JobId, Problem};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Progress is announced at most this often: a window cannot use more.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(50);
/// Finished jobs that stay in the list.
const KEPT_JOBS: usize = 50;

type Listener = Arc<dyn Fn(&JobProgress) + Send + Sync>;

#[derive(Default)]
struct Board {
    jobs: BTreeMap<JobId, (JobProgress, CancellationToken)>,
    listeners: Vec<Listener>,
}

/// All jobs of this process.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    board: Arc<Mutex<Board>>,
    ended: Arc<Condvar>,
}

impl Jobs {
    /// Starts a job; it runs until its handle says how it ended.
    pub(crate) fn start(&self, kind: JobKind, label: &str, unit: &str) -> JobHandle {
        let progress = JobProgress {
            id: clock::new_job_id(),
            kind,
            label: label.to_owned(),
            state: JobState::Running,
            done: 0,
            total: None,
            unit: unit.to_owned(),
            note: String::new(),
            traffic: Vec::new(),
            problem: None,
            result_id: None,
        };
        let cancel = CancellationToken::new();
        let mut board = self.lock();
        let surplus = board.jobs.len().saturating_sub(KEPT_JOBS);
        let old: Vec<JobId> = board
            .jobs
            .iter()
            .filter(|(_, (job, _))| job.state != JobState::Running)
            .map(|(id, _)| *id)
            .take(surplus)
            .collect();
        for id in old {
            board.jobs.remove(&id);
        }
        board
            .jobs
            .insert(progress.id, (progress.clone(), cancel.clone()));
        drop(board);
        self.announce(&progress);
        JobHandle {
            jobs: self.clone(),
            progress,
            cancel,
            announced: Instant::now(),
            ended: false,
        }
    }

    /// Calls `listener` with every event from now on, and with the state of every running job at once.
    pub(crate) fn subscribe(&self, listener: impl Fn(&JobProgress) + Send + Sync + 'static) {
        let listener: Listener = Arc::new(listener);
        let mut board = self.lock();
        board.listeners.push(Arc::clone(&listener));
        let running: Vec<JobProgress> = board.jobs.values().map(|(job, _)| job.clone()).collect();
        drop(board);
        for job in &running {
            listener(job);
        }
    }

    /// Every job that is known, oldest first.
    pub(crate) fn list(&self) -> Vec<JobProgress> {
        self.lock()
            .jobs
            .values()
            .map(|(job, _)| job.clone())
            .collect()
    }

    /// Asks a job to stop; it says itself when it has.
    pub(crate) fn cancel(&self, id: JobId) -> Result<(), Problem> {
        match self.lock().jobs.get(&id) {
            Some((_, cancel)) => {
                cancel.cancel();
                Ok(())
            }
            None => Err(Problem::not_found(format!("no job {id} is known here"))),
        }
    }

    /// Asks every running job to stop; false when none runs.
    pub(crate) fn cancel_all(&self) -> bool {
        let board = self.lock();
        let running = board
            .jobs
            .values()
            .filter(|(job, _)| job.state == JobState::Running);
        running.map(|(_, cancel)| cancel.cancel()).count() > 0
    }

    /// Blocks until the job ended.
    pub(crate) fn wait(&self, id: JobId) -> Result<JobProgress, Problem> {
        let mut board = self.lock();
        loop {
            match board.jobs.get(&id) {
                None => return Err(Problem::not_found(format!("no job {id} is known here"))),
                Some((job, _)) if job.state != JobState::Running => return Ok(job.clone()),
                Some(_) => {
                    board = self
                        .ended
                        .wait(board)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Waits a tenth of a second at most; the job when it ended.
    pub(crate) fn wait_a_little(&self, id: JobId) -> Result<Option<JobProgress>, Problem> {
        let board = self.lock();
        let over = |board: &Board| match board.jobs.get(&id) {
            None => Err(Problem::not_found(format!("no job {id} is known here"))),
            Some((job, _)) => Ok((job.state != JobState::Running).then(|| job.clone())),
        };
        match over(&board)? {
            Some(job) => Ok(Some(job)),
            None => {
                let wait = self.ended.wait_timeout(board, Duration::from_millis(100));
                over(&wait.unwrap_or_else(PoisonError::into_inner).0)
            }
        }
    }

    /// Waits until no job runs, `patience` at most; false when some still do.
    pub(crate) fn wait_all(&self, patience: Duration) -> bool {
        let is_running = |board: &mut Board| {
            board
                .jobs
                .values()
                .any(|(job, _)| job.state == JobState::Running)
        };
        let waited = self
            .ended
            .wait_timeout_while(self.lock(), patience, is_running);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// True while this job works.
    pub(crate) fn is_running(&self, id: JobId) -> bool {
        let board = self.lock();
        let job = board.jobs.get(&id);
        job.is_some_and(|(job, _)| job.state == JobState::Running)
    }

    /// True while a job of this kind works in this process.
    pub(crate) fn any_running(&self, kind: JobKind) -> bool {
        let board = self.lock();
        board
            .jobs
            .values()
            .any(|(job, _)| job.kind == kind && job.state == JobState::Running)
    }

    fn announce(&self, progress: &JobProgress) {
        let mut board = self.lock();
        if let Some((job, _)) = board.jobs.get_mut(&progress.id) {
            *job = progress.clone();
        }
        let listeners = board.listeners.clone();
        drop(board);
        // Outside the lock: a listener may ask for the list of jobs.
        for listener in &listeners {
            listener(progress);
        }
        if progress.state != JobState::Running {
            self.ended.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        // The board holds plain values: a panic elsewhere cannot leave it half-written.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker's end of a job.
pub(crate) struct JobHandle {
    jobs: Jobs,
    progress: JobProgress,
    cancel: CancellationToken,
    announced: Instant,
    ended: bool,
}

impl JobHandle {
    pub(crate) fn id(&self) -> JobId {
        self.progress.id
    }

    pub(crate) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    pub(crate) fn result(&mut self, id: impl Into<String>) {
        self.progress.result_id = Some(id.into());
    }

    /// How far the job is; announced at most every 50 ms.
    pub(crate) fn progress(
        &mut self,
        done: u64,
        total: Option<u64>,
        note: impl FnOnce() -> String,
    ) {
        self.progress.done = done;
        self.progress.total = total;
        if self.announced.elapsed() >= ANNOUNCE_EVERY {
            self.progress.note = note();
            self.announced = Instant::now();
            self.jobs.announce(&self.progress);
        }
    }

    /// What is shown beside how far it is, where that did not change for a while.
    pub(crate) fn tell(&mut self, note: String, traffic: Vec<ModelTraffic>) {
        if (&self.progress.note, &self.progress.traffic) != (&note, &traffic) {
            self.progress.note = note;
            self.progress.traffic = traffic;
            self.announced = Instant::now();
            self.jobs.announce(&self.progress);
        }
    }

    /// Ends the job as what `outcome` says.
    pub(crate) fn end<T>(mut self, outcome: &Result<T, Problem>) {
        let state = match outcome {
            Ok(_) => JobState::Finished,
            Err(problem) if problem.code == Code::Cancelled => JobState::Cancelled,
            Err(_) => JobState::Failed,
        };
        self.finish(state, outcome.as_ref().err().cloned());
    }

    fn finish(&mut self, state: JobState, problem: Option<Problem>) {
        self.ended = true;
        self.progress.state = state;
        self.progress.problem = problem;
        self.jobs.announce(&self.progress);
    }
}

impl Drop for JobHandle {
    fn drop(&mut self) {
        // A worker that panicked must not leave a bar that never ends.
        if !self.ended {
            let problem = Problem::internal("the work stopped unexpectedly")
                .hint("What it had stored is kept. Please report what you did before.");
            self.finish(JobState::Failed, Some(problem));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_listener_sees_the_start_and_the_end() {
        let jobs = Jobs::default();
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        jobs.subscribe(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let job = jobs.start(JobKind::Import, "a.jsonl", "bytes");
        let id = job.id();
        job.end(&Ok(()));
        assert_eq!(seen.load(Ordering::SeqCst), 2);
        assert_eq!(jobs.wait(id).unwrap().state, JobState::Finished);
    }

    #[test]
    fn a_dropped_worker_ends_its_job_as_failed() {
        let jobs = Jobs::default();
        let id = jobs.start(JobKind::Replay, "x", "cells").id();
        assert_eq!(jobs.wait(id).unwrap().state, JobState::Failed);
    }

    #[test]
    fn cancelling_reaches_the_worker() {
        let jobs = Jobs::default();
        let job = jobs.start(JobKind::Replay, "x", "cells");
        jobs.cancel(job.id()).unwrap();
        assert!(job.cancel().is_cancelled());
        let id = job.id();
        job.end::<()>(&Err(Problem::new(Code::Cancelled, "stopped")));
        assert_eq!(jobs.wait(id).unwrap().state, JobState::Cancelled);
    }

    #[test]
    fn the_list_keeps_running_jobs_and_drops_the_oldest_ended_ones() {
        let jobs = Jobs::default();
        let running = jobs.start(JobKind::Import, "long", "bytes");
        for _ in 0..200 {
            jobs.start(JobKind::Import, "short", "bytes").end(&Ok(()));
        }
        let list = jobs.list();
        assert!(list.len() <= KEPT_JOBS + 1, "{} jobs kept", list.len());
        assert!(
            list.iter().any(|job| job.id == running.id()),
            "a running job never leaves the list"
        );
    }
}

//! Which process works on a run: who counts as alive, and who may take a run over.
//!
//! A process at work signs its runs every two seconds. None is asked whether it lives: its silence tells.

use crate::api::JobKind;
use crate::{Engine, clock};
use plumbline_model::{Problem, Run, RunId};
use plumbline_workspace::{Owner, WorkspaceError};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a working process says that it lives.
pub(super) const HEARTBEAT_EVERY: Duration = Duration::from_secs(2);
/// A process that was silent for this long is taken for dead.
const HEARTBEAT_LOST_MS: f64 = 15_000.0;
/// So long when this system says that there is no such process; one in another container may still sign.
const GONE_LOST_MS: f64 = 5_000.0;

/// This process, alive now.
pub(crate) fn owner() -> Owner {
    Owner {
        pid: std::process::id(),
        heartbeat_ns: clock::now(),
    }
}

impl Engine {
    /// Marks runs as interrupted whose process is gone.
    pub(crate) fn notice_dead_runs(&self) -> Result<(), Problem> {
        let now = clock::now();
        let is_alive = |owner: &Owner| {
            let own = owner.pid == std::process::id();
            // A run of this process that was just made has no job yet.
            own && self.inner.jobs.any_running(JobKind::Replay)
                || now.ms_since(owner.heartbeat_ns) < silence_allowed_ms(owner.pid)
        };
        self.inner.workspace.interrupt_stale_runs(is_alive, now)?;
        Ok(())
    }

    /// Takes a run over from whoever worked on it. Who crashed a moment ago is told from who is at work
    /// by the next sign of life, which is waited for.
    pub(super) fn take_over(&self, run_id: RunId) -> Result<Run, Problem> {
        const LOOK_EVERY: Duration = Duration::from_millis(100);
        let workspace = &self.inner.workspace;
        let seen = workspace.run_owner(run_id)?;
        let foreign = seen.is_some_and(|owner| owner.pid != std::process::id());
        let asked = Instant::now();
        loop {
            self.notice_dead_runs()?;
            match workspace.take_over_run(run_id, owner()) {
                Err(WorkspaceError::Conflict(_))
                    if foreign
                        && workspace.run_owner(run_id)? == seen
                        && asked.elapsed().as_secs_f64() * 1e3 < HEARTBEAT_LOST_MS =>
                {
                    std::thread::sleep(LOOK_EVERY);
                }
                Err(error @ WorkspaceError::Conflict(_)) => {
                    return Err(Problem::from(error)
                        .hint("Wait until it is done, or stop it there and resume then."));
                }
                taken => return Ok(taken?),
            }
        }
    }
}

/// How long a process may be silent before it is taken for dead.
fn silence_allowed_ms(pid: u32) -> f64 {
    let processes = Path::new("/proc");
    // Where the system does not list its processes this way, nothing is known.
    let gone = processes.join("self").exists() && !processes.join(pid.to_string()).exists();
    // Of its own jobs this process knows, so silence without one is an end.
    if gone || pid == std::process::id() {
        GONE_LOST_MS
    } else {
        HEARTBEAT_LOST_MS
    }
}

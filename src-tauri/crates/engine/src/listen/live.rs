//! Intakes that a person switches on and off: at most one of each kind in a process, each a listening run of its own.

use super::meter::Meter;
use super::{ListenOptions, Listening, ProxyOptions};
use crate::Engine;
use crate::api::{Intake, LiveIntake};
use crate::redaction::Redaction;
use plumbline_listen::{Limits, Traffic};
use plumbline_model::{Code, NanosText, Problem};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A listening run with what shows how it is doing.
pub(super) struct Run {
    pub(super) listening: Listening,
    pub(super) redaction: Redaction,
    pub(super) traffic: Arc<Traffic>,
    pub(super) meter: Arc<Meter>,
}

/// What is switched on.
#[derive(Default)]
pub(crate) struct Live(Mutex<Vec<(Intake, Run)>>);

impl Live {
    fn lock(&self) -> MutexGuard<'_, Vec<(Intake, Run)>> {
        // A list of whole runs: a panic elsewhere cannot leave it half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Switches an intake on; calls of models go to their vendors' own addresses.
    ///
    /// # Errors
    /// `Conflict` where it is on already; `BadInput` where the port is taken.
    pub fn listen_switch_on(
        &self,
        intake: Intake,
        port: u16,
        redaction: Redaction,
    ) -> Result<LiveIntake, Problem> {
        // Held while the port is taken: two that ask at once must not both listen.
        let mut live = self.running_intakes();
        if let Some((_, run)) = live.iter().find(|(known, _)| *known == intake) {
            return Err(Problem::new(
                Code::Conflict,
                format!("this listens already, on {}", run.listening.url),
            )
            .hint("Switch it off before you change its port."));
        }
        let run = self.start_listening(&ListenOptions {
            port,
            limits: Limits::default(),
            redaction,
            proxy: (intake == Intake::Proxy).then(ProxyOptions::default),
        })?;
        let shown = self.shown(intake, &run)?;
        live.push((intake, run));
        Ok(shown)
    }

    /// Switches an intake off. Requests under way are answered first and its import is closed; what is off stays off.
    pub fn listen_switch_off(&self, intake: Intake) -> Result<(), Problem> {
        let job = self
            .running_intakes()
            .iter()
            .find(|(known, _)| *known == intake)
            .map(|(_, run)| run.listening.job);
        if let Some(job) = job {
            self.job_cancel(job)?;
            self.job_wait(job)?;
        }
        Ok(())
    }

    /// Every intake that is on.
    pub fn listen_list(&self) -> Result<Vec<LiveIntake>, Problem> {
        self.running_intakes()
            .iter()
            .map(|(intake, run)| self.shown(*intake, run))
            .collect()
    }

    /// The list without runs that ended, whoever ended them.
    fn running_intakes(&self) -> MutexGuard<'_, Vec<(Intake, Run)>> {
        let mut live = self.inner.live.lock();
        live.retain(|(_, run)| self.inner.jobs.is_running(run.listening.job));
        live
    }

    fn shown(&self, intake: Intake, run: &Run) -> Result<LiveIntake, Problem> {
        let listening = run.listening.clone();
        Ok(LiveIntake {
            intake,
            counts: self.inner.workspace.import(listening.import)?.counts,
            job: listening.job,
            import: listening.import,
            url: listening.url,
            proxy: listening.proxy,
            redacts: run.redaction == Redaction::On,
            refused: run.traffic.refused(),
            lost: run.meter.lost() + run.meter.given_up(),
            waiting_bytes: run.traffic.waiting_bytes() as u64,
            last_stored: run.meter.last().map(NanosText),
        })
    }
}

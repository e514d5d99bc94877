//! Who hears about jobs: the pages that subscribed, each through its own channel.

use plumbline_engine::api::JobProgress;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tauri::ipc::Channel;

/// The channels of the page that is open.
#[derive(Clone, Default)]
pub(crate) struct Audience {
    channels: Arc<Mutex<Vec<Channel<JobProgress>>>>,
}

impl Audience {
    /// Adds a listener.
    pub(crate) fn join(&self, channel: Channel<JobProgress>) {
        self.lock().push(channel);
    }

    /// Forgets every listener: the page that held them is gone.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Tells every listener; one that cannot be reached is forgotten.
    pub(crate) fn tell(&self, job: &JobProgress) {
        self.lock()
            .retain(|channel| channel.send(job.clone()).is_ok());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Channel<JobProgress>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

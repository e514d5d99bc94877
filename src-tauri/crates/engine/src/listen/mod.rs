//! Live intake: an OTLP receiver on this machine whose spans go into the workspace as they come.
//!
//! One run of it is one import. Requests are read beside each other; what they brought is stored in groups, each
//! with one sync to disk, and only then answered. The loss report is kept while it runs and closed when it stops.

mod account;
mod halves;
mod parse;
mod sink;
mod store;

use crate::api::JobKind;
use crate::{Engine, clock};
use plumbline_listen::{Limits, Loopback, OTLP_PORT, serve};
use plumbline_model::{ImportFile, ImportId, JobId, Problem};
use plumbline_workspace::NewImport;
use sink::EngineSink;
use std::sync::mpsc::{channel, sync_channel};
use store::Store;

/// The format's name in the list of imports.
const FORMAT: &str = "otlp_http";

/// How to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenOptions {
    /// Port on 127.0.0.1 and `[::1]`; 0 takes a free one.
    pub port: u16,
    pub limits: Limits,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            port: OTLP_PORT,
            limits: Limits::default(),
        }
    }
}

/// A receiver that runs until its job is cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    pub job: JobId,
    pub import: ImportId,
    /// Such as `http://127.0.0.1:4318`.
    pub url: String,
}

impl Engine {
    /// Starts to listen as a job; cancelling the job closes the import and ends it well.
    pub fn listen_start(&self, options: &ListenOptions) -> Result<Listening, Problem> {
        let address = self.bind(options.port)?;
        let url = address.url();
        let import = clock::new_import_id();
        self.inner.workspace.begin_import(NewImport {
            id: import,
            path: url.clone(),
            format: FORMAT.to_owned(),
            started_ns: clock::now(),
        })?;
        let job = self.inner.jobs.start(JobKind::Listen, &url, "spans");
        let (id, stop) = (job.id(), job.cancel().clone());
        let (sender, receiver) = channel();
        let store = Store::new(self, import, url.clone(), job);
        std::thread::Builder::new()
            .name("plumbline-listen".to_owned())
            .spawn(move || store.run(&receiver))
            .map_err(|error| Problem::internal(format!("cannot start a thread: {error}")))?;
        let sink = EngineSink::new(self.clone(), url.clone(), sender);
        self.inner
            .runtime
            .spawn(serve(address, options.limits, sink, stop));
        Ok(Listening {
            job: id,
            import,
            url,
        })
    }

    /// Sockets belong to the engine's own threads, so one of them opens them.
    fn bind(&self, port: u16) -> Result<Loopback, Problem> {
        let (sender, bound) = sync_channel(1);
        self.inner.runtime.spawn(async move {
            let _ = sender.send(Loopback::bind(port).await);
        });
        bound
            .recv()
            .map_err(|_| Problem::internal("the engine is closing"))?
    }

    /// The loss report of one import as it stands.
    pub fn import_report(&self, import: ImportId) -> Result<ImportFile, Problem> {
        Ok(crate::import::report_of(
            self.inner.workspace.import(import)?,
        ))
    }
}

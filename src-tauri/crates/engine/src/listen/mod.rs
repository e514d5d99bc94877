//! Live intake: an OTLP receiver and a recording proxy on this machine, whose spans go into the workspace as they
//! come.
//!
//! One run of it is one import. Requests are read beside each other; what they brought is stored in groups, each
//! with one sync to disk, and only then answered. The loss report is kept while it runs and closed when it stops.

mod account;
mod again;
mod guard;
mod halves;
mod live;
mod meter;
mod parse;
mod record;
mod sink;
mod store;

use crate::api::{JobKind, ProxyUrls};
use crate::redaction::Redaction;
use crate::{Engine, clock};
use guard::EngineGuard;
pub(crate) use live::Live;
use live::Run;
use meter::Meter;
use plumbline_listen::{Limits, Loopback, OTLP_PORT, Proxy, Token, Traffic, serve};
use plumbline_model::{ImportFile, ImportId, JobId, Problem};
use plumbline_providers::Upstream;
use plumbline_workspace::NewImport;
use record::EngineRecorder;
use sink::EngineSink;
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};
use store::Store;

/// The format's name in the list of imports.
const FORMAT: &str = "otlp_http";

/// How to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenOptions {
    /// Port on 127.0.0.1 and `[::1]`; 0 takes a free one.
    pub port: u16,
    pub limits: Limits,
    pub redaction: Redaction,
    /// Passes calls of models on and records them.
    pub proxy: Option<ProxyOptions>,
}

/// Where the proxy passes calls on to; `None` is the vendor's own address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProxyOptions {
    pub openai_upstream: Option<String>,
    pub anthropic_upstream: Option<String>,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            port: OTLP_PORT,
            limits: Limits::default(),
            redaction: Redaction::On,
            proxy: None,
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
    /// Base URLs for clients of the proxy, with the token of this run.
    pub proxy: Option<ProxyUrls>,
}

impl Engine {
    /// Starts to listen as a job; cancelling the job closes the import and ends it well.
    pub fn listen_start(&self, options: &ListenOptions) -> Result<Listening, Problem> {
        self.start_listening(options).map(|run| run.listening)
    }

    fn start_listening(&self, options: &ListenOptions) -> Result<Run, Problem> {
        let upstreams = options.proxy.as_ref().map(upstreams).transpose()?;
        let redactor = self.redactor(options.redaction)?;
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
        let (works, receiver) = channel();
        let (meter, traffic) = (
            Arc::new(Meter::default()),
            Arc::new(Traffic::new(&options.limits)),
        );
        let store = Store::new(
            self,
            import,
            url.clone(),
            job,
            Arc::clone(&meter),
            redactor.clone(),
        );
        thread("plumbline-listen", move || store.run(&receiver))?;
        let (proxy, urls) = match upstreams {
            Some(upstreams) => {
                let secret = clock::new_secret()?;
                let urls = ProxyUrls {
                    openai: format!("{url}/{secret}/openai/v1"),
                    anthropic: format!("{url}/{secret}/anthropic"),
                };
                let (sender, recorded) = sync_channel(record::WAITING);
                let (works, prices, redactor) = (works.clone(), self.prices(), redactor.clone());
                thread("plumbline-record", move || {
                    record::read_all(&recorded, &works, &prices, redactor.as_ref());
                })?;
                let proxy = Proxy {
                    token: Token::new(secret),
                    upstreams,
                    recorder: Arc::new(EngineRecorder::new(sender, Arc::clone(&meter))),
                    guard: Arc::new(EngineGuard(self.clone())),
                };
                (Some(proxy), Some(urls))
            }
            None => (None, None),
        };
        let sink = EngineSink::new(self.clone(), url.clone(), redactor, works);
        self.inner.runtime.spawn(serve(
            address,
            options.limits,
            sink,
            proxy,
            Arc::clone(&traffic),
            stop,
        ));
        Ok(Run {
            listening: Listening {
                job: id,
                import,
                url,
                proxy: urls,
            },
            redaction: options.redaction,
            traffic,
            meter,
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

/// The fixed table of upstreams.
fn upstreams(options: &ProxyOptions) -> Result<Vec<(&'static str, Upstream)>, Problem> {
    let upstream = |vendor, url: &Option<String>, option| {
        Upstream::new(vendor, url.as_deref())
            .map(|upstream| (vendor, upstream))
            .map_err(|error| {
                Problem::bad_input(format!("{option}: {error}"))
                    .hint("Give an https address, or http on this machine, such as http://127.0.0.1:8080.")
            })
    };
    Ok(vec![
        upstream("openai", &options.openai_upstream, "--openai-upstream")?,
        upstream(
            "anthropic",
            &options.anthropic_upstream,
            "--anthropic-upstream",
        )?,
    ])
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Problem> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| Problem::internal(format!("cannot start a thread: {error}")))
}

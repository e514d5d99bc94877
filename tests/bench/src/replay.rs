//! A replay over a provider that answers at once, beside bare `reqwest`; and the same run again from the cache.

use crate::Size;
use crate::loopback::{Loopback, send_bare};
use crate::memory::{forget_peak, resident};
use crate::pairs::{Outcome, Row, Title, row, timed};
use crate::texts::{Corpus, Dice};
use bytes::Bytes;
use plumbline_engine::{Engine, EngineOptions};
use plumbline_model::{RunPlan, RunTotals, Target};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const PROMPT: &str = "bench-reply";

/// A provider that is asked.
struct Asked {
    /// How long it thinks.
    late: Duration,
    concurrency: u32,
    calls: usize,
}

/// Live calls against bare requests with the very same bodies, to a provider that answers at once.
pub(crate) fn live(size: Size) -> Outcome<Vec<Row>> {
    measured(
        size,
        &Asked {
            late: Duration::ZERO,
            concurrency: 50,
            calls: size.choose(400, 5_000),
        },
    )
}

/// The same to a provider that takes its time, as a real one does.
pub(crate) fn late(size: Size) -> Outcome<Vec<Row>> {
    measured(
        size,
        &Asked {
            late: Duration::from_millis(50),
            concurrency: 200,
            calls: size.choose(800, 8_000),
        },
    )
}

fn measured(size: Size, asked: &Asked) -> Outcome<Vec<Row>> {
    let &Asked {
        late,
        concurrency,
        calls,
    } = asked;
    let corpus = Corpus::read()?;
    let server = Loopback::start(late)?;
    // Two threads like the machine's cores would give the engine: `Runtime::new` does as the engine does.
    let runtime = tokio::runtime::Runtime::new()?;
    let mut figures = Vec::new();
    // Of the first run only: later ones find the heap as the ones before left it.
    let mut memory = None;
    for round in 0..=size.pairs() {
        let job = Job::new(&corpus, round as u64, calls)?;
        let before = forget_peak().then(resident).flatten();
        let seconds = job.run(&server, concurrency, |totals| totals.live)?;
        let after = resident();
        drop(job);
        let bodies = Arc::new(server.take_bodies());
        let reference = bare(&runtime, &server, bodies, asked)?;
        if round > 0 {
            figures.push((calls as f64 / seconds, reference));
        }
        memory = memory.or(before.zip(after));
    }
    let memory = match memory {
        Some((before, after)) => format!(
            "the first run, vocabulary included, peaks at {:.0} MB resident, server and bench included, from {:.0} MB \
             before it",
            after.peak_mb, before.now_mb
        ),
        None => "peak memory is not told by this system".to_owned(),
    };
    let title = Title {
        name: format!("replay, {} ms provider", late.as_millis()),
        unit: "calls/s",
        more_is_better: true,
        reference: "bare reqwest".to_owned(),
        counted: format!(
            "{calls} calls at concurrency {concurrency} to a loopback server that streams 15 events; ours from \
             the plan to the end of the run: rendering, hashing, the ledger on disk before each call, answer, cost, \
             grade and cache entry on disk after it; the reference sends the same bodies, parses the replies and \
             stores nothing; {memory}"
        ),
    };
    Ok(vec![row(title, &figures)?])
}

/// The same run a second time, answered by the response cache.
pub(crate) fn cached(size: Size) -> Outcome<Vec<Row>> {
    let calls = size.choose(400, 2_000);
    let corpus = Corpus::read()?;
    let server = Loopback::start(Duration::ZERO)?;
    let mut figures = Vec::new();
    for round in 0..=size.pairs() {
        let job = Job::new(&corpus, 1_000 + round as u64, calls)?;
        let live = job.run(&server, 50, |totals| totals.live)?;
        let sent = server.take_bodies().len();
        let cached = job.run(&server, 50, |totals| totals.cached)?;
        if (sent, server.take_bodies().len()) != (calls, 0) {
            return Err("the cached run sent requests, or the live one too few".into());
        }
        if round > 0 {
            figures.push((cached * 1e3, live * 1e3));
        }
    }
    let title = Title {
        name: "replay, cached re-run".to_owned(),
        unit: "ms",
        more_is_better: false,
        reference: "the same run, live, 0 ms provider".to_owned(),
        counted: format!(
            "{calls} cells, plan to end of run, every cell stored; the live run comes first, as it fills the cache, \
             so here the reference is A and ours is B"
        ),
    };
    Ok(vec![row(title, &figures)?])
}

fn bare(
    runtime: &tokio::runtime::Runtime,
    server: &Loopback,
    bodies: Arc<Vec<Bytes>>,
    asked: &Asked,
) -> Outcome<f64> {
    let calls = asked.calls;
    let concurrency = asked.concurrency as usize;
    let (whole, seconds) =
        timed(|| runtime.block_on(send_bare(&server.base_url, bodies, concurrency)));
    // What the reference sent is of no use.
    drop(server.take_bodies());
    match whole? {
        whole if whole == calls => Ok(calls as f64 / seconds),
        whole => Err(format!("{whole} of {calls} bare answers were whole").into()),
    }
}

/// A workspace of its own with a prompt and a dataset nobody has sent before.
struct Job {
    engine: Engine,
    calls: usize,
    _folder: tempfile::TempDir,
}

impl Job {
    fn new(corpus: &Corpus, seed: u64, calls: usize) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let prompts = folder.path().join("prompts");
        fs::create_dir_all(prompts.join(PROMPT))?;
        fs::write(prompts.join(PROMPT).join("prompt.md"), prompt(corpus))?;
        let dataset = folder.path().join("cases.jsonl");
        write_cases(&dataset, corpus, seed, calls)?;
        let engine = Engine::open(EngineOptions {
            workspace: Some(folder.path().join("bench.plumbline")),
            prompts: Some(prompts),
            ..EngineOptions::default()
        })?;
        engine.dataset_add(&dataset)?;
        Ok(Self {
            engine,
            calls,
            _folder: folder,
        })
    }

    /// Runs the whole dataset once; answers the seconds, after making sure that every cell came out `as_wanted`.
    fn run(
        &self,
        server: &Loopback,
        concurrency: u32,
        as_wanted: fn(&RunTotals) -> u64,
    ) -> Outcome<f64> {
        let plan = RunPlan {
            prompts: vec![format!("{PROMPT}@working")],
            targets: vec![Target {
                provider: "local".to_owned(),
                model: "bench-model".to_owned(),
            }],
            dataset: "cases".to_owned(),
            repeats: 1,
            concurrency,
            base_url: Some(server.base_url.clone()),
            base_urls: Default::default(),
            cap_usd: None,
            tenant: None,
            waits: Default::default(),
            use_cache: true,
            retries: true,
        };
        let (ended, seconds) = timed(|| -> Outcome<_> {
            let started = self.engine.replay_start(&plan)?;
            let job = self.engine.job_wait(started.job_id)?;
            Ok((started.run_id, job.problem))
        });
        let (run_id, problem) = ended?;
        if let Some(problem) = problem {
            return Err(problem.into());
        }
        let totals = self.engine.run_open(run_id)?.row.totals;
        let wanted = (as_wanted(&totals), totals.passed);
        if wanted != (self.calls as u64, self.calls as u64) {
            return Err(format!(
                "of {} cells {} came out as wanted and {} passed",
                self.calls, wanted.0, wanted.1
            )
            .into());
        }
        Ok(seconds)
    }
}

fn prompt(corpus: &Corpus) -> String {
    let rules = corpus.sentences(&mut Dice::new(7), 600);
    format!(
        "---\nname: {PROMPT}\nversion: 1.0.0\nowner: bench\ndescription: What the bench asks.\nchangelog: First.\n\
         model: local:bench-model\nparameters:\n  temperature: 0\n  max_tokens: 200\nvariables:\n  - name: question\n    \
         type: string\n    description: Anything.\n---\nsystem:\n{rules}\n\nuser:\n{{{{ question }}}}\n"
    )
}

fn write_cases(path: &Path, corpus: &Corpus, seed: u64, cases: usize) -> Outcome<()> {
    let mut dice = Dice::new(seed);
    let mut text = String::new();
    for at in 0..cases {
        let case = serde_json::json!({
            "key": format!("case-{at}"),
            "variables": {"question": corpus.sentences(&mut dice, 300)},
            "assertions": [{"kind": "contains", "value": "nobody needs"}],
        });
        text.push_str(&case.to_string());
        text.push('\n');
    }
    Ok(fs::write(path, text)?)
}

//! A call through the recording proxy, beside the same call straight to the same server.

use crate::Size;
use crate::import::expect;
use crate::loopback::{Loopback, bare_client};
use crate::pairs::{Outcome, Row, Title, median, row};
use bytes::Bytes;
use plumbline_engine::{Engine, EngineOptions, ListenOptions, ProxyOptions};
use std::time::Instant;

const BODY: &str = r#"{"model":"bench-model","stream":true,"messages":[{"role":"user","content":"How many are left?"}]}"#;

/// Both ways take turns, call by call, one at a time: what is told is the delay that a caller feels.
pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let calls = size.choose(100, 1_000);
    let server = Loopback::start(std::time::Duration::ZERO)?;
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(EngineOptions {
        workspace: Some(folder.path().join("bench.plumbline")),
        prompts: Some(folder.path().to_path_buf()),
        ..EngineOptions::default()
    })?;
    let listening = engine.listen_start(&ListenOptions {
        port: 0,
        proxy: Some(ProxyOptions {
            openai_upstream: server.base_url.strip_suffix("/v1").map(str::to_owned),
            anthropic_upstream: None,
        }),
        ..ListenOptions::default()
    })?;
    let proxy = listening.proxy.ok_or("the proxy has no address")?.openai;
    let ways = [proxy, server.base_url.clone()].map(|url| format!("{url}/chat/completions"));
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    let runtime = tokio::runtime::Runtime::new()?;
    for round in 0..=size.pairs() {
        let [mut through, mut direct] = runtime.block_on(turns(&ways, calls))?;
        if round > 0 {
            p50.push((at(&mut through, 50), at(&mut direct, 50)));
            p99.push((at(&mut through, 99), at(&mut direct, 99)));
        }
    }
    drop(server.take_bodies());
    engine.job_cancel(listening.job)?;
    engine.job_wait(listening.job)?;
    let report = engine.import_report(listening.import)?;
    // Calls without a pause may come faster than they can be stored; that they pass all the same is what is timed.
    let lost: u64 = report.fields_unread.values().map(|field| field.count).sum();
    expect((size.pairs() + 1) * calls, report.counts.read + lost)?;
    let counted = |figures: &[(f64, f64)]| {
        let added: Vec<f64> = figures.iter().map(|(ours, other)| ours - other).collect();
        format!(
            "{calls} streamed answers of 15 events a round, one call at a time without a pause, recorded and stored \
             beside ({lost} of {} were not, for want of time); the proxy adds {:.3} ms (median of the rounds)",
            (size.pairs() + 1) * calls,
            median(&added).unwrap_or(f64::NAN)
        )
    };
    [("p50", &p50), ("p99", &p99)]
        .map(|(name, figures)| {
            let title = Title {
                name: format!("call through the proxy, {name}"),
                unit: "ms",
                more_is_better: false,
                reference: "the same call without it".to_owned(),
                counted: counted(figures),
            };
            row(title, figures)
        })
        .into_iter()
        .collect()
}

/// Milliseconds of each call, by way.
async fn turns(ways: &[String; 2], calls: usize) -> Outcome<[Vec<f64>; 2]> {
    let client = bare_client()?;
    let mut took = [Vec::with_capacity(calls), Vec::with_capacity(calls)];
    for _ in 0..calls {
        for (way, took) in ways.iter().zip(&mut took) {
            let request = client
                .post(way)
                .header("content-type", "application/json")
                .body(Bytes::from_static(BODY.as_bytes()));
            let started = Instant::now();
            let answer = request.send().await?.error_for_status()?.bytes().await?;
            took.push(started.elapsed().as_secs_f64() * 1e3);
            if !answer.ends_with(b"data: [DONE]\n\n") {
                return Err("an answer was cut".into());
            }
        }
    }
    Ok(took)
}

/// The figure at a percentile, by nearest rank.
fn at(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    let rank = (figures.len() * percent).div_ceil(100);
    figures
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

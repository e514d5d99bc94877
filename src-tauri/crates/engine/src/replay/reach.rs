//! How a model of a plan is reached: at which address, with which key, and how long a call may take.

use super::RECORDED;
use crate::Engine;
use crate::recordings::StoredRecordings;
use plumbline_model::{CallWaits, Problem, RunPlan, Target};
use plumbline_providers::{
    self as providers, Provider, ProviderSettings, RecordedProvider, Timeouts,
};
use std::sync::Arc;
use std::time::Duration;

/// The provider of a model: one over HTTP, or the recordings.
pub(super) fn connect(
    engine: &Engine,
    target: &Target,
    plan: &RunPlan,
) -> Result<Arc<dyn Provider>, Problem> {
    if target.provider == RECORDED {
        let source = Arc::new(StoredRecordings(engine.inner.workspace.clone()));
        return Ok(Arc::new(RecordedProvider::new(source)));
    }
    Ok(providers::connect(&settings(engine, target, plan)?)?)
}

/// How to reach a model of a plan.
pub(super) fn settings(
    engine: &Engine,
    target: &Target,
    plan: &RunPlan,
) -> Result<ProviderSettings, Problem> {
    let base_url = plan.base_url_of(&target.provider);
    let api_key = engine.key_for(&target.provider, base_url)?;
    Ok(ProviderSettings {
        provider: target.provider.clone(),
        base_url: base_url.map(str::to_owned),
        api_key,
        timeouts: timeouts(&plan.waits),
    })
}

fn timeouts(waits: &CallWaits) -> Timeouts {
    let usual = Timeouts::default();
    let or = |ms: Option<u64>, usual| ms.map_or(usual, Duration::from_millis);
    Timeouts {
        connect: or(waits.connect_ms, usual.connect),
        first_byte: or(waits.first_token_ms, usual.first_byte),
        idle: or(waits.idle_ms, usual.idle),
        total: or(waits.total_ms, usual.total),
    }
}

//! Reading as a whole: the law of accounting, what each fixture becomes, round trips, real samples.

#[cfg(test)]
mod anthropic_log;
#[cfg(test)]
mod archives;
#[cfg(test)]
mod burstgpt;
#[cfg(test)]
mod claude_code;
#[cfg(test)]
mod codex;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod exports_csv;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
#[path = "../../../../fuzz/src/lib.rs"]
#[allow(
    unreachable_pub,
    reason = "the checks of the fuzz targets, which are a crate of their own there"
)]
mod fuzz;
#[cfg(test)]
mod har;
#[cfg(test)]
mod helicone;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod langfuse;
#[cfg(test)]
mod langsmith;
#[cfg(test)]
mod law;
#[cfg(test)]
mod litellm;
#[cfg(test)]
mod llm_logs;
#[cfg(test)]
mod mapped;
#[cfg(test)]
mod mutants;
#[cfg(test)]
mod openai_log;
#[cfg(test)]
mod otlp_logs;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod packing;
#[cfg(test)]
mod phoenix;
#[cfg(test)]
mod promptfoo;
#[cfg(test)]
mod protobuf;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vcr;

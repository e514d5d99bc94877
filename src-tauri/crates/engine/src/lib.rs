//! Use cases: what the window and the command line can do, once.
//!
//! Both faces open one [`Engine`] and call it; nothing here knows a window, a terminal or a wire format.
//! Calls are synchronous and safe to make from any thread; long work runs as a job on the engine's own
//! runtime and is followed through [`Engine::subscribe_jobs`].

pub mod api;

mod blame;
mod budget;
mod cache;
mod clock;
mod column_mappings;
mod compare;
mod contract;
mod cost;
mod datasets;
mod demo;
mod environments;
mod forecast;
mod git_history;
mod import;
mod jobs;
mod keys;
mod large_numbers;
mod listen;
mod live_count;
mod new_prompt;
mod price_tables;
mod prices;
mod prompt_changes;
mod prompt_costs;
mod prompt_export;
mod prompt_export_preview;
mod prompt_fixes;
mod prompt_folder;
mod prompt_import;
mod prompt_import_file;
mod prompt_language;
mod prompt_list;
mod prompt_releases;
mod prompt_render;
mod prompt_snippets;
mod prompt_watch;
mod promptfoo;
mod prompts;
mod raw_text;
mod recompute;
mod recordings;
mod redaction;
mod replay;
mod review;
mod searches;
mod sent;
mod sent_datasets;
mod share;
mod stale_tools;
mod tokens;
mod tool_files;
mod tools;
mod trace_view;
mod traces;
mod workers;
mod workspace;

pub use demo::DemoMaterial;
pub use import::{ImportFailure, ImportOptions, ImportOutcome};
pub use keys::{KeyLookup, KeyStore};
pub use listen::{ListenOptions, Listening, ProxyOptions};
pub use plumbline_listen::Limits as ListenLimits;
pub use plumbline_prompts::{Loss, LossEffect, PromptFormat, SnippetLanguage};
pub use plumbline_providers::key_store::{AskPassphrase, PASSPHRASE_VARIABLE, PassphraseFor};
pub use plumbline_tokens::prices::PriceOverride;
pub use promptfoo::{Effect, NotCarried, PromptfooImport, is_promptfoo_config};
pub use redaction::Redaction;
pub use replay::{CheckRow, ReplayStarted, RunChecks, parse_target};
pub use secrecy::{ExposeSecret, SecretString};
pub use tokens::TokenCount;
pub use workspace::{EngineOptions, default_workspace_path};

use jobs::Jobs;
use plumbline_workspace::Workspace;
use prompt_folder::PromptFolder;
use std::sync::{Arc, RwLock};
pub(crate) use workers::Workers;

/// One workspace, opened, with everything one can do in it. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    workspace: Workspace,
    prompts: RwLock<Option<PromptFolder>>,
    prompt_watch: prompt_watch::PromptWatch,
    jobs: Jobs,
    runtime: Workers,
    keys: KeyLookup,
    key_store: Option<KeyStore>,
    prices: prices::PriceBook,
    comparing: compare::Comparing,
    found_keys: compare::FoundKeys,
    searching: searches::Searching,
    live: listen::Live,
    edited: live_count::EditedPrompt,
}

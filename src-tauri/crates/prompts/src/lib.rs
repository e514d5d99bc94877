//! Prompts as code: the file format, its checks and their fixes, rendering, the two hashes and the computed version
//! bump.
//!
//! A prompt lives in a folder of its name: the working file `prompt.md` and the released
//! `releases/<version>.md`. This crate only works on their text; it reads no disk, clock or network, and
//! takes every byte of a prompt file and of a variable as hostile.
//!
//! Tools stand beside prompts as files of the same form (`tool_file`), and prompts refer to them (`tool_uses`). Files of
//! other tools come in and go out in `exchange`.
//!
//! A file is YAML front matter between `---` lines, then messages. A line that holds nothing but
//! `system:`, `user:`, `assistant:` or `tool:` opens a message; `\user:` is the literal line. Messages are
//! Jinja templates, split apart before anything is rendered, so no value can open another message.

mod assemble;
mod bump;
mod canonical;
mod check;
mod check_file;
mod error;
mod exchange;
mod fit;
mod fix;
mod front_matter;
mod hash;
mod instant;
mod language;
mod name;
mod parse;
mod release;
mod render;
mod schema;
mod schema_change;
mod sections;
mod snippet;
mod summary_input;
mod template;
mod tool_file;
mod tool_uses;
mod variables;
mod write;
mod yaml_text;

pub use assemble::{assemble, check_budget, check_cost, identify};
pub use bump::{Bump, BumpKind, bump};
pub use canonical::canonical_json;
pub use check::{Finding, Severity, check, check_for_release};
pub use check_file::{Around, Checked, FindPrompt, FindTool, check_file};
pub use error::PromptError;
pub use exchange::{
    ForeignFile, ForeignPrompt, ForeignVersion, LeftOut, Loss, LossEffect, MAX_FOREIGN_BYTES,
    PromptFormat, Written, WrittenVersion, read_foreign, write_foreign,
};
pub use fit::{Fit, Fitted, FittedRequest, Fitter, fit, fit_request, fit_within};
pub use fix::{Edit, EditorText, Fix, Mended, apply, fixes, mend};
pub use hash::{cache_key, request_hash, template_hash, text_hash};
pub use instant::rfc3339;
pub use language::{KnownWord, Language, language};
pub use name::check_name;
pub use parse::parse;
pub use release::new_release_text;
pub use render::{Renderer, render};
pub use schema::check_schema;
pub use snippet::{SnippetLanguage, snippet};
pub use summary_input::{SUMMARY_MAX_TOKENS, summary_input};
pub use tool_file::{
    check_tool, check_tool_name, new_tool_release_text, parse_tool, tool_bump, tools_bump,
};
pub use tool_uses::{fits, resolve_tools, unresolved_tools, with_tools_written};
pub use variables::{ignored_variables, used_variables, value_of_text};
pub use write::write_prompt;

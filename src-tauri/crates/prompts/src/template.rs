//! Jinja for one message: what templates may do, and how much of it.
//!
//! Strict about undefined names, no escaping, no other template reachable. Fuel bounds both time and
//! memory (about 64 bytes for each unit), so that neither a loop nor a doubling string runs away.

use crate::PromptError;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, Value};
use std::collections::BTreeSet;

/// Steps that the rendering of one whole prompt may take; about 64 MB of work.
pub(crate) const FUEL: u64 = 1_000_000;
/// Largest rendered prompt.
pub(crate) const MAX_OUTPUT_BYTES: usize = 10 << 20;
/// Deepest nesting of blocks and macro calls.
const MAX_RECURSION: usize = 64;

/// The surroundings of a template.
pub(crate) fn environment<'t>() -> Environment<'t> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_recursion_limit(MAX_RECURSION);
    environment.set_fuel(Some(FUEL));
    // It would print every value, wanted or not.
    environment.remove_global("debug");
    environment.add_filter("tojson", to_json);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment
}

/// Plain JSON. The usual filter of this name escapes for HTML, which a prompt is not.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands filters their options by value"
)]
fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let pretty = options.get::<Option<usize>>("indent")?.is_some();
    options.assert_all_used()?;
    let text = if pretty {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    text.map_err(|e| {
        Error::new(
            ErrorKind::BadSerialization,
            format!("no JSON for the value: {e}"),
        )
    })
}

/// Parses the template of a message that starts on `line` of the prompt file.
pub(crate) fn compile<'e, 't>(
    environment: &'e Environment<'t>,
    template: &'t str,
    line: usize,
) -> Result<Template<'e, 't>, PromptError> {
    environment
        .template_from_str(template)
        .map_err(|error| fault(&error, line))
}

/// Names that the template reads and that neither it nor Jinja defines.
pub(crate) fn free_names(
    environment: &Environment<'_>,
    template: &Template<'_, '_>,
) -> BTreeSet<String> {
    let globals: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    let names = template.undeclared_variables(false);
    names
        .into_iter()
        .filter(|name| !globals.contains(name.as_str()))
        .collect()
}

/// An engine's error as ours, on its line of the prompt file.
pub(crate) fn fault(error: &Error, section_line: usize) -> PromptError {
    let detail = error.detail().unwrap_or_default();
    let reason = match error.kind() {
        ErrorKind::OutOfFuel => "it needs more steps or memory than a prompt may take".to_owned(),
        _ if is_other_template(detail) => {
            format!("{detail}; a prompt file stands alone and cannot include another")
        }
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    };
    PromptError::Template {
        line: Some(section_line + error.line().unwrap_or(1).saturating_sub(1)),
        reason,
    }
}

fn is_other_template(detail: &str) -> bool {
    let statement = detail.strip_prefix("unknown statement ");
    statement.is_some_and(|word| ["include", "import", "from", "extends", "block"].contains(&word))
}

//! The two identities of a prompt: of its template, and of one rendered request.
//!
//! Anybody can compute them. A hash is the lower-case hexadecimal SHA-256 of the UTF-8 bytes of the
//! RFC 8785 canonical JSON of this object:
//!
//! ```json
//! {
//!   "messages": [{"role": "user", "content": "…"}],
//!   "parameters": {"temperature": 0.2},
//!   "response_format": null,
//!   "tools": [{"name": "…", "description": "…", "parameters": {}}]
//! }
//! ```
//!
//! - `content` is the template text of a message (template hash) or its rendered text or parts (request
//!   hash). A message also has `tool_calls` (`id`, `name`, `arguments`), `tool_call_id` and `name` where
//!   it has them.
//! - `parameters` holds the given ones only; `response_format` is the output schema or null; `tools` is
//!   an empty list when there are none.
//! - Whole numbers beyond ±(2^53 − 1) are written as decimal text, since RFC 8785 would round them.
//!
//! The model, its provider, the prompt's name, version, owner and budget are not part of either hash, nor is how values
//! are trimmed to the budget: that decides which values a template is filled with, and the request hash covers them.

use crate::canonical::{canonical_json, exact};
use plumbline_model::{ChatRequest, Message, ModelParameters, PromptSpec, ToolDefinition};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Identity of a prompt's template, 64 hex digits: equal when the same values give the same
/// request, as long as nothing is trimmed.
#[must_use]
pub fn template_hash(spec: &PromptSpec) -> String {
    let messages: Vec<Value> = spec
        .sections
        .iter()
        .map(|section| json!({"role": section.role, "content": section.template}))
        .collect();
    hash_of(
        &messages,
        &spec.parameters,
        spec.output_schema.as_ref(),
        &spec.tools,
    )
}

/// Identity of one rendered request, 64 hex digits.
#[must_use]
pub fn request_hash(request: &ChatRequest) -> String {
    let messages: Vec<Value> = request.messages.iter().map(message_json).collect();
    hash_of(
        &messages,
        &request.parameters,
        request.output_schema.as_ref(),
        &request.tools,
    )
}

/// Key of one answer in a response cache, 64 hex digits: the canonical JSON of
/// `{"model", "provider", "repeat", "request_hash"}`, hashed the same way. Where a person gave the provider's address
/// it is `base_url` beside them, without a slash at its end: two servers may call different models by one name.
#[must_use]
pub fn cache_key(
    provider: &str,
    base_url: Option<&str>,
    model: &str,
    request_hash: &str,
    repeat: u32,
) -> String {
    let mut key = json!({
        "model": model,
        "provider": provider,
        "repeat": repeat,
        "request_hash": request_hash,
    });
    if let Some(base_url) = base_url {
        key["base_url"] = json!(base_url.trim_end_matches('/'));
    }
    sha256(key)
}

/// Identity of a text that is embedded, 64 hex digits: the canonical JSON of `{"input": text}`, hashed the same way.
#[must_use]
pub fn text_hash(text: &str) -> String {
    sha256(json!({ "input": text }))
}

fn message_json(message: &Message) -> Value {
    let mut object = json!({"role": message.role, "content": message.content});
    if !message.tool_calls.is_empty() {
        object["tool_calls"] = json!(message.tool_calls);
    }
    if let Some(id) = &message.tool_call_id {
        object["tool_call_id"] = json!(id);
    }
    if let Some(name) = &message.name {
        object["name"] = json!(name);
    }
    object
}

fn hash_of(
    messages: &[Value],
    parameters: &ModelParameters,
    output_schema: Option<&Value>,
    tools: &[ToolDefinition],
) -> String {
    sha256(json!({
        "messages": messages,
        "parameters": parameters,
        "response_format": output_schema,
        "tools": tools,
    }))
}

fn sha256(value: Value) -> String {
    let value = exact(value);
    // `exact` leaves nothing that has no canonical form; the plain text is a safe stand-in all the same.
    let text = canonical_json(&value).unwrap_or_else(|_| value.to_string());
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::{FULL, full};
    use crate::{parse, render};
    use plumbline_model::Role;

    #[test]
    fn the_worked_example_has_the_hash_that_others_compute() {
        let request = ChatRequest {
            messages: vec![
                Message::text(Role::System, "Be brief."),
                Message::text(Role::User, "Hello"),
            ],
            parameters: ModelParameters {
                max_tokens: Some(20),
                seed: Some(7),
                ..ModelParameters::default()
            },
            ..ChatRequest::default()
        };
        // Python 3: hashlib.sha256(json.dumps({"messages": [{"role": "system", "content": "Be brief."},
        // {"role": "user", "content": "Hello"}], "parameters": {"max_tokens": 20, "seed": 7},
        // "response_format": None, "tools": []}, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        assert_eq!(
            request_hash(&request),
            "cf2ba9c8046352d3807b0b0be56df19b53f534c496a52813fa8c5f8550f76652"
        );
        // The same over {"model": "gpt-4o-mini", "provider": "openai", "repeat": 0, "request_hash": that}.
        assert_eq!(
            cache_key("openai", None, "gpt-4o-mini", &request_hash(&request), 0),
            "fe0495494d5b1b9abd2adffd55caac4bf778fecf7a24ed2673f7234ea24a04b0"
        );
    }

    #[test]
    fn what_shapes_the_answer_changes_the_template_hash_and_nothing_else_does() {
        let base = template_hash(&full());
        let same = [
            ("version: 1.2.0", "version: 2.0.0"),
            ("owner: support@", "owner: sales@"),
            (
                "owner: support@",
                "origin: {source: git, id: 4f2c}\nowner: support@",
            ),
            ("temperature: 0.2", "temperature: 2.0e-1"),
            ("max_tokens_in: 2000", "max_tokens_in: 1"),
            ("model: openai:gpt-4o-mini", "model: openai:gpt-4o"),
            ("default: []", "default: [], trim: items"),
            (
                "max_tokens_in: 2000",
                "max_tokens_in: 2000, when_over: refuse",
            ),
        ];
        for (from, to) in same {
            assert_eq!(
                template_hash(&parse(&FULL.replace(from, to)).unwrap()),
                base,
                "{to}"
            );
        }
        let other = [
            ("Answer in a", "Answer in  a"),
            ("temperature: 0.2", "temperature: 0.3"),
            ("Looks an order up.", "Looks up an order."),
            ("required: [reply]", "required: []"),
            ("user:\n{{", "assistant:\n{{"),
        ];
        for (from, to) in other {
            assert_ne!(
                template_hash(&parse(&FULL.replace(from, to)).unwrap()),
                base,
                "{to}"
            );
        }
    }

    #[test]
    fn neighbouring_seeds_beyond_doubles_do_not_share_a_hash() {
        let with_seed = |seed| {
            let parameters = ModelParameters {
                seed: Some(seed),
                ..ModelParameters::default()
            };
            request_hash(&ChatRequest {
                parameters,
                ..ChatRequest::default()
            })
        };
        assert_ne!(
            with_seed(9_007_199_254_740_992),
            with_seed(9_007_199_254_740_993)
        );
    }

    #[test]
    fn a_rendered_value_changes_the_request_hash_only() {
        let spec = full();
        let hash = |ticket: &str| {
            let values = json!({"ticket": ticket});
            request_hash(&render(&spec, values.as_object().unwrap()).unwrap())
        };
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
        assert_ne!(hash("a"), template_hash(&spec));
    }
}

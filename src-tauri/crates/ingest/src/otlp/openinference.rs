//! OpenInference, the conventions of Arize Phoenix and its instrumentations.
//!
//! Token counts are inclusive of cache. Source: Arize-ai/openinference, spec/semantic_conventions.md.

use super::common::{fill_in, fill_list, scalars};
use super::indexed;
use super::span::Record;
use crate::attributes::as_text;
use plumbline_model::{Message, Role, Span, SpanKind};
use serde_json::Value;

/// The kind by `openinference.span.kind`, in any case.
pub(crate) fn kind(record: &Record<'_>) -> Option<SpanKind> {
    let kind = record.attributes.text(&["openinference.span.kind"])?;
    Some(match kind.to_ascii_uppercase().as_str() {
        "LLM" => SpanKind::Llm,
        "EMBEDDING" => SpanKind::Embedding,
        "RETRIEVER" => SpanKind::Retrieval,
        "RERANKER" => SpanKind::Rerank,
        "TOOL" => SpanKind::Tool,
        "AGENT" => SpanKind::Agent,
        "GUARDRAIL" => SpanKind::Guardrail,
        // CHAIN, and EVALUATOR and PROMPT, which have no kind of their own.
        _ => SpanKind::Chain,
    })
}

/// Fills in what these conventions say.
pub(crate) fn fill(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    // `llm.provider` is the host (azure), `llm.system` the maker (openai).
    let provider = attributes.text(&["llm.provider", "llm.system"]);
    fill_in(
        &mut span.provider,
        provider.map(|name| name.to_ascii_lowercase()),
    );
    fill_in(
        &mut span.model_returned,
        attributes.text(&["llm.response.model_name"]),
    );
    fill_in(
        &mut span.model_requested,
        attributes.text(&[
            "llm.request.model_name",
            "llm.model_name",
            "embedding.model_name",
            "reranker.model_name",
        ]),
    );
    if span.kind == SpanKind::Embedding {
        fill_in(&mut span.embedding_model, span.model_requested.clone());
    }
    let usage = &mut span.usage;
    let count = |name: &str| attributes.count(&[name]);
    fill_in(&mut usage.tokens_in, count("llm.token_count.prompt"));
    fill_in(&mut usage.tokens_out, count("llm.token_count.completion"));
    fill_in(
        &mut usage.tokens_in_cached,
        count("llm.token_count.prompt_details.cache_read"),
    );
    fill_in(
        &mut usage.tokens_in_cache_write,
        count("llm.token_count.prompt_details.cache_write"),
    );
    fill_in(
        &mut usage.tokens_reasoning,
        count("llm.token_count.completion_details.reasoning"),
    );
    let audio = |name| count(name).filter(|tokens| *tokens > 0);
    fill_in(
        &mut usage.tokens_in_audio,
        audio("llm.token_count.prompt_details.audio"),
    );
    fill_in(
        &mut usage.tokens_out_audio,
        audio("llm.token_count.completion_details.audio"),
    );
    if let Some(parameters) = attributes.json(&["llm.invocation_parameters"]) {
        // Some producers put the whole request here: what is long is not a setting.
        for (name, value) in scalars(&parameters).filter(|(name, _)| *name != "model") {
            span.parameters
                .entry(name.clone())
                .or_insert_with(|| value.clone());
        }
    }
    if let Some(metadata) = attributes.json(&["metadata"]) {
        for (name, value) in scalars(&metadata) {
            if let Some(text) = as_text(value) {
                span.tags.entry(name.clone()).or_insert(text);
            }
        }
    }
    fill_list(&mut span.tools, indexed::openinference_tools(attributes));
    for prefix in ["retrieval.documents.", "reranker.output_documents."] {
        fill_list(&mut span.documents, indexed::documents(attributes, prefix));
    }
    fill_in(&mut span.tool_name, attributes.text(&["tool.name"]));
    first_token(record, span);
    messages(record, span);
}

fn messages(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    let said = |speaker, texts: Vec<String>| -> Vec<Message> {
        texts
            .into_iter()
            .map(|text| Message::text(speaker, text))
            .collect()
    };
    fill_list(
        &mut span.input_messages,
        indexed::openinference_messages(attributes, "llm.input_messages.", Role::User),
    );
    fill_list(
        &mut span.output_messages,
        indexed::openinference_messages(attributes, "llm.output_messages.", Role::Assistant),
    );
    fill_list(
        &mut span.input_messages,
        said(
            Role::User,
            indexed::texts(attributes, "llm.prompts.", "prompt.text"),
        ),
    );
    fill_list(
        &mut span.output_messages,
        said(
            Role::Assistant,
            indexed::texts(attributes, "llm.choices.", "completion.text"),
        ),
    );
    // The same input and output once more, as one text: the last resort, and for tools the real thing.
    let input = attributes.text(&["input.value", "reranker.query"]);
    let output = attributes.text(&["output.value"]);
    attributes.understood(&["input.mime_type", "output.mime_type"]);
    if span.kind == SpanKind::Tool {
        let parameters = attributes.json(&["tool.parameters"]);
        fill_in(&mut span.tool_arguments, input.map(opened).or(parameters));
        fill_in(&mut span.tool_result, output.map(opened));
    } else {
        fill_list(
            &mut span.input_messages,
            said(Role::User, input.into_iter().collect()),
        );
        fill_list(
            &mut span.output_messages,
            said(Role::Assistant, output.into_iter().collect()),
        );
    }
}

/// JSON text as a structure; other text as it is.
pub(crate) fn opened(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// Streaming instrumentations mark the first token with an event.
fn first_token(record: &Record<'_>, span: &mut Span) {
    let first = record
        .events("First Token Stream Event")
        .find_map(|event| event.at);
    if let Some(at) = first {
        let waited = at.ms_since(span.start_ns);
        fill_in(
            &mut span.time_to_first_token_ms,
            (waited >= 0.0).then_some(waited),
        );
    }
}

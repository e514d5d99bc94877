//! OpenLLMetry (Traceloop): its own span kinds, entities and registry beside old and new GenAI names.
//!
//! Its indexed messages (`gen_ai.prompt.<i>.…`) are read with the GenAI names.
//! Source: traceloop/openllmetry, packages/opentelemetry-semantic-conventions-ai.

use super::common::{fill_in, fill_list};
use super::indexed;
use super::openinference::opened;
use super::span::Record;
use plumbline_model::{Document, Message, Role, Span, SpanKind};

/// The kind by `traceloop.span.kind` or `llm.request.type`, else by the marks of a vector search.
pub(crate) fn kind(record: &Record<'_>) -> Option<SpanKind> {
    let attributes = &record.attributes;
    if let Some(kind) = attributes.text(&["traceloop.span.kind"]) {
        return match kind.as_str() {
            "workflow" | "task" => Some(SpanKind::Chain),
            "agent" => Some(SpanKind::Agent),
            "tool" => Some(SpanKind::Tool),
            _ => None,
        };
    }
    if let Some(kind) = attributes.text(&["llm.request.type"]) {
        return match kind.as_str() {
            "chat" | "completion" => Some(SpanKind::Llm),
            "embedding" => Some(SpanKind::Embedding),
            "rerank" => Some(SpanKind::Rerank),
            _ => None,
        };
    }
    let searched = attributes.has("db.vector.query.top_k")
        || RESULTS
            .iter()
            .any(|name| record.events(name).next().is_some());
    if searched {
        attributes.understood(&["db.vector.query.top_k"]);
        return Some(SpanKind::Retrieval);
    }
    // LangSmith's exporter names kinds as well; it is met in the same place and no bigger.
    match attributes.text(&["langsmith.span.kind"])?.as_str() {
        "llm" => Some(SpanKind::Llm),
        "tool" => Some(SpanKind::Tool),
        "retriever" => Some(SpanKind::Retrieval),
        "embedding" => Some(SpanKind::Embedding),
        "chain" | "prompt" | "parser" => Some(SpanKind::Chain),
        _ => None,
    }
}

/// Events that carry one found document each.
const RESULTS: [&str; 2] = ["db.query.result", "db.search.result"];

/// Fills in what these conventions say.
pub(crate) fn fill(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    let entity = attributes.text(&["traceloop.entity.name"]);
    if span.kind == SpanKind::Tool {
        fill_in(&mut span.tool_name, entity.clone());
    }
    fill_in(&mut span.name, entity);
    let streaming = attributes.flag(&["gen_ai.is_streaming", "llm.is_streaming"]);
    if let Some(streaming) = streaming {
        span.parameters.entry("stream").or_insert(streaming.into());
    }
    fill_list(&mut span.tools, indexed::traceloop_tools(attributes));
    const ASSOCIATION: &str = "traceloop.association.properties.";
    let properties: Vec<String> = attributes
        .under(ASSOCIATION)
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in properties {
        if let Some(value) = attributes.text(&[&format!("{ASSOCIATION}{name}")]) {
            match name.as_str() {
                "session_id" => fill_in(&mut span.session_id, Some(value)),
                "user_id" => {
                    let hash = crate::identity::user_id_hash(&value);
                    fill_in(&mut span.user_id_hash, Some(hash));
                }
                _ => {
                    span.tags.entry(name).or_insert(value);
                }
            }
        }
    }
    fill_list(&mut span.documents, documents(record));
    let input = attributes.text(&["traceloop.entity.input"]);
    let output = attributes.text(&["traceloop.entity.output"]);
    if span.kind == SpanKind::Tool {
        fill_in(&mut span.tool_arguments, input.map(opened));
        fill_in(&mut span.tool_result, output.map(opened));
    } else {
        let said = |speaker, text: Option<String>| -> Vec<Message> {
            text.map(|text| Message::text(speaker, text))
                .into_iter()
                .collect()
        };
        fill_list(&mut span.input_messages, said(Role::User, input));
        fill_list(&mut span.output_messages, said(Role::Assistant, output));
    }
}

fn documents(record: &Record<'_>) -> Vec<Document> {
    RESULTS
        .iter()
        .flat_map(|name| record.events(name))
        .map(|event| {
            let attributes = &event.attributes;
            Document {
                id: attributes
                    .text(&["db.query.result.id", "db.search.result.id"])
                    .unwrap_or_default(),
                score: attributes.number(&["db.query.result.score", "db.search.result.score"]),
                source: None,
                content: attributes
                    .text(&["db.query.result.document", "db.search.result.document"]),
            }
        })
        .collect()
}

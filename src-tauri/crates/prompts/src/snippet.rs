//! Lines for an application that joins its traces to a release: name, version and hash on the span, and the hash of
//! the request as [`crate::request_hash`] computes it.

use crate::template_hash;
use plumbline_model::PromptSpec;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// A language that a snippet is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum SnippetLanguage {
    Python,
    TypeScript,
    Rust,
}

impl SnippetLanguage {
    pub const ALL: [Self; 3] = [Self::Python, Self::TypeScript, Self::Rust];

    /// As its own people write it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::TypeScript => "TypeScript",
            Self::Rust => "Rust",
        }
    }
}

/// Source text that sets the span attributes of a release with OpenTelemetry's own package, and computes the request
/// hash with a published package for RFC 8785.
#[must_use]
pub fn snippet(language: SnippetLanguage, spec: &PromptSpec) -> String {
    let template = match language {
        SnippetLanguage::Python => PYTHON,
        SnippetLanguage::TypeScript => TYPESCRIPT,
        SnippetLanguage::Rust => RUST,
    };
    // Name and version hold no character that any of the three would read as anything but text.
    template
        .replace("{NAME}", &spec.name)
        .replace("{VERSION}", &spec.version.to_string())
        .replace("{HASH}", &template_hash(spec))
        .replace("{PARAMETERS}", &parameters(spec))
}

/// The parameters as JSON, on one line for a comment that nothing in them ends.
fn parameters(spec: &PromptSpec) -> String {
    let parameters = serde_json::to_value(&spec.parameters).unwrap_or(Value::Null);
    parameters.to_string().replace('/', "\\/")
}

const PYTHON: &str = r#"# pip install opentelemetry-api rfc8785
import hashlib
import json

import rfc8785

PROMPT = {
    "plumbline.prompt.name": "{NAME}",
    "plumbline.prompt.version": "{VERSION}",
    "plumbline.prompt.hash": "{HASH}",
}


# `parameters` are those of the prompt file: {PARAMETERS}
def request_hash(messages, parameters, response_format=None, tools=()):
    body = {
        "messages": list(messages),
        "parameters": parameters,
        "response_format": response_format,
        "tools": list(tools),
    }
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def mark(span, variables, messages, parameters, response_format=None, tools=()):
    """Call it with the span of the model call, before the request is sent."""
    span.set_attributes(PROMPT)
    span.set_attribute("plumbline.prompt.variables", json.dumps(variables))
    span.set_attribute(
        "plumbline.request.hash",
        request_hash(messages, parameters, response_format, tools),
    )
"#;

const TYPESCRIPT: &str = r#"// npm install @opentelemetry/api canonicalize
import { createHash } from 'node:crypto';
import type { Span } from '@opentelemetry/api';
import canonicalize from 'canonicalize';

const PROMPT = {
  'plumbline.prompt.name': '{NAME}',
  'plumbline.prompt.version': '{VERSION}',
  'plumbline.prompt.hash': '{HASH}',
};

export interface SentRequest {
  messages: { role: string; content: unknown }[];
  /** Those of the prompt file: {PARAMETERS} */
  parameters: Record<string, unknown>;
  response_format?: unknown;
  tools?: { name: string; description: string; parameters: unknown }[];
}

export function requestHash({ messages, parameters, response_format = null, tools = [] }: SentRequest): string {
  const body = canonicalize({ messages, parameters, response_format, tools }) ?? '';
  return createHash('sha256').update(body, 'utf8').digest('hex');
}

/** Call it with the span of the model call, before the request is sent. */
export function mark(span: Span, variables: Record<string, unknown>, request: SentRequest): void {
  span.setAttributes({
    ...PROMPT,
    'plumbline.prompt.variables': JSON.stringify(variables),
    'plumbline.request.hash': requestHash(request),
  });
}
"#;

const RUST: &str = r#"// cargo add opentelemetry serde_json serde_json_canonicalizer sha2
use opentelemetry::KeyValue;
use opentelemetry::trace::Span;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// `parameters` are those of the prompt file: {PARAMETERS}
pub fn request_hash(
    messages: &[Value],
    parameters: &Value,
    response_format: Option<&Value>,
    tools: &[Value],
) -> serde_json::Result<String> {
    let body = json!({
        "messages": messages,
        "parameters": parameters,
        "response_format": response_format,
        "tools": tools,
    });
    let text = serde_json_canonicalizer::to_string(&body)?;
    Ok(Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Call it with the span of the model call, before the request is sent.
pub fn mark(span: &mut impl Span, variables: &Value, request_hash: String) {
    span.set_attributes([
        KeyValue::new("plumbline.prompt.name", "{NAME}"),
        KeyValue::new("plumbline.prompt.version", "{VERSION}"),
        KeyValue::new("plumbline.prompt.hash", "{HASH}"),
        KeyValue::new("plumbline.prompt.variables", variables.to_string()),
        KeyValue::new("plumbline.request.hash", request_hash),
    ]);
}
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::full;

    #[test]
    fn no_parameter_ends_the_comment_that_it_stands_in() {
        let mut spec = full();
        spec.parameters.stop = vec!["*/ evil() /*".to_owned(), "line\nevil()".to_owned()];
        let text = snippet(SnippetLanguage::TypeScript, &spec);
        assert!(
            !text.contains("*/ evil") && !text.contains("\nevil"),
            "{text}"
        );
    }

    #[test]
    fn each_language_names_the_release_and_leaves_no_gap() {
        for language in [
            SnippetLanguage::Python,
            SnippetLanguage::TypeScript,
            SnippetLanguage::Rust,
        ] {
            let text = snippet(language, &full());
            let hash = template_hash(&full());
            for part in [
                full().name.as_str(),
                "1.2.0",
                hash.as_str(),
                "plumbline.request.hash",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
            for gap in ["{NAME}", "{VERSION}", "{HASH}", "{PARAMETERS}"] {
                assert!(!text.contains(gap), "{gap}: {text}");
            }
        }
    }
}

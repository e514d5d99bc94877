//! Texts to vectors: OpenAI's `/embeddings` and servers that speak it, Gemini's `batchEmbedContents`, Ollama's
//! `/api/embed`.
//!
//! An answer counts only where it holds one vector for each text, all of one length and all of finite numbers.

use crate::ProviderError;
use crate::http::HttpProvider;
use crate::plain_text;
use crate::wire::{Count, WireError, path_segment, to_body};
use plumbline_model::{OllamaCounts, OpenAiCounts, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use tokio_util::sync::CancellationToken;

/// The vectors of some texts, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    pub vectors: Vec<Vec<f32>>,
    /// Input tokens, where the provider reports them.
    pub usage: Usage,
    pub model_returned: Option<String>,
}

/// A call for embeddings on its way.
pub type Embedding<'a> =
    Pin<Box<dyn Future<Output = Result<Embeddings, ProviderError>> + Send + 'a>>;

/// Something that turns texts into vectors.
pub trait Embeds: Send + Sync {
    /// Embeds every text with one request, which is not repeated.
    ///
    /// # Errors
    /// [`ProviderError`]; its `ambiguous()` says whether the call may have been paid for.
    fn embed<'a>(
        &'a self,
        model: &'a str,
        inputs: &'a [String],
        cancel: &'a CancellationToken,
    ) -> Embedding<'a>;
}

/// How a vendor spells embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    OpenAi,
    Gemini,
    Ollama,
}

/// Embeddings over HTTP.
pub(crate) struct HttpEmbeddings {
    pub(crate) http: HttpProvider,
    pub(crate) spelling: Spelling,
}

impl Embeds for HttpEmbeddings {
    fn embed<'a>(
        &'a self,
        model: &'a str,
        inputs: &'a [String],
        cancel: &'a CancellationToken,
    ) -> Embedding<'a> {
        Box::pin(async move {
            let (path, body) = self.spelling.request(model, inputs)?;
            let answer = self.http.json_answer(&path, body, cancel).await?;
            self.spelling
                .answer(&answer, inputs.len())
                .map_err(|error| self.http.unreadable(error))
        })
    }
}

impl Spelling {
    /// Path and body.
    fn request(self, model: &str, inputs: &[String]) -> Result<(String, Vec<u8>), ProviderError> {
        if inputs.is_empty() {
            return Err(ProviderError::unsupported("there is no text to embed"));
        }
        let (path, body) = match self {
            Self::OpenAi => (
                "/embeddings".to_owned(),
                json!({"model": model, "input": inputs, "encoding_format": "float"}),
            ),
            Self::Ollama => (
                "/api/embed".to_owned(),
                json!({"model": model, "input": inputs}),
            ),
            Self::Gemini => {
                let name = model.strip_prefix("models/").unwrap_or(model);
                let requests: Vec<Value> = inputs
                    .iter()
                    .map(|text| {
                        json!({"model": format!("models/{name}"), "content": {"parts": [{"text": text}]}})
                    })
                    .collect();
                (
                    format!("/models/{}:batchEmbedContents", path_segment(name)?),
                    json!({ "requests": requests }),
                )
            }
        };
        Ok((path, to_body(&body)?))
    }

    /// Reads the answer to `count` texts.
    fn answer(self, body: &[u8], count: usize) -> Result<Embeddings, WireError> {
        let wire: WireAnswer<'_> = serde_json::from_slice(body)
            .map_err(|error| WireError::not_json("the answer", &error))?;
        if let Some(error) = wire.error.filter(|error| error.get() != "null") {
            return Err(WireError::reported(error.get()));
        }
        let vectors = match self {
            Self::OpenAi => in_order(wire.data)?,
            Self::Ollama => vectors(wire.embeddings)?,
            Self::Gemini => vectors::<Named>(wire.embeddings)?
                .into_iter()
                .map(|vector| vector.values)
                .collect(),
        };
        check(&vectors, count)?;
        let openai = OpenAiCounts {
            input: wire.usage.and_then(|usage| usage.prompt_tokens.0),
            ..OpenAiCounts::default()
        };
        let ollama = OllamaCounts {
            prompt_eval: wire.prompt_eval_count.0,
            eval: None,
        };
        let usage = match openai.input {
            Some(_) => Usage::from(openai),
            None => Usage::from(ollama),
        };
        Ok(Embeddings {
            vectors,
            usage,
            model_returned: wire.model.map(|model| plain_text::name(&model)),
        })
    }
}

/// The answers of all spellings: their members do not collide.
#[derive(Deserialize, Default)]
#[serde(default)]
struct WireAnswer<'a> {
    data: Vec<Indexed>,
    #[serde(borrow)]
    embeddings: Option<&'a RawValue>,
    model: Option<String>,
    usage: Option<WireUsage>,
    prompt_eval_count: Count,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Indexed {
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Named {
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: Count,
}

/// The member `embeddings`, whose items each vendor spells in its own way.
fn vectors<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Result<Vec<T>, WireError> {
    serde_json::from_str(raw.map_or("[]", RawValue::get))
        .map_err(|error| WireError::not_json("the embeddings", &error))
}

/// The vectors by their index, each of which must stand there once.
fn in_order(data: Vec<Indexed>) -> Result<Vec<Vec<f32>>, WireError> {
    let mut data: Vec<(usize, Vec<f32>)> = data
        .into_iter()
        .enumerate()
        .map(|(at, item)| (item.index.unwrap_or(at), item.embedding))
        .collect();
    data.sort_by_key(|(index, _)| *index);
    if data.iter().enumerate().any(|(at, (index, _))| at != *index) {
        return Err(WireError::Malformed(
            "the indexes of the embeddings have gaps or repeat".to_owned(),
        ));
    }
    Ok(data.into_iter().map(|(_, vector)| vector).collect())
}

fn check(vectors: &[Vec<f32>], count: usize) -> Result<(), WireError> {
    if vectors.len() != count {
        return Err(WireError::Malformed(format!(
            "{} embeddings for {count} texts",
            vectors.len()
        )));
    }
    let length = vectors.first().map_or(0, Vec::len);
    if length == 0 || vectors.iter().any(|vector| vector.len() != length) {
        return Err(WireError::Malformed(
            "the embeddings are empty or not of one length".to_owned(),
        ));
    }
    if vectors.iter().flatten().any(|number| !number.is_finite()) {
        return Err(WireError::Malformed(
            "an embedding holds a number that is not finite".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<String> {
        ["a", "b"].map(str::to_owned).to_vec()
    }

    #[test]
    fn each_vendor_is_asked_in_its_own_words() {
        for (spelling, expected_path, expected) in [
            (
                Spelling::OpenAi,
                "/embeddings",
                json!({"model": "m", "input": ["a", "b"], "encoding_format": "float"}),
            ),
            (
                Spelling::Ollama,
                "/api/embed",
                json!({"model": "m", "input": ["a", "b"]}),
            ),
            (
                Spelling::Gemini,
                "/models/m:batchEmbedContents",
                json!({"requests": [
                    {"model": "models/m", "content": {"parts": [{"text": "a"}]}},
                    {"model": "models/m", "content": {"parts": [{"text": "b"}]}}
                ]}),
            ),
        ] {
            let (path, body) = spelling.request("m", &texts()).unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((path.as_str(), body), (expected_path, expected));
            assert!(spelling.request("m", &[]).is_err());
        }
    }

    #[test]
    fn each_vendors_answer_gives_the_vectors_in_the_order_of_the_texts() {
        let vectors = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
        for (spelling, answer, tokens_in) in [
            (
                Spelling::OpenAi,
                json!({"model": "m-1", "data": [
                    {"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}
                ], "usage": {"prompt_tokens": 5, "total_tokens": 5}}),
                Some(5),
            ),
            (
                Spelling::Ollama,
                json!({"model": "m-1", "embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 5}),
                Some(5),
            ),
            (
                Spelling::Gemini,
                json!({"embeddings": [{"values": [1, 2]}, {"values": [3, 4]}]}),
                None,
            ),
        ] {
            let read = spelling.answer(answer.to_string().as_bytes(), 2).unwrap();
            assert_eq!(read.vectors, vectors);
            assert_eq!(read.usage.tokens_in, tokens_in, "unknown is not zero");
        }
    }

    #[test]
    fn an_answer_that_does_not_fit_its_texts_is_malformed() {
        for answer in [
            json!({"embeddings": [[1, 2]]}),
            json!({"embeddings": [[1, 2], [3]]}),
            json!({"embeddings": [[], []]}),
            json!({"embeddings": [[1, 2], [1e300, 4]]}),
            json!({"embeddings": [[1, 2], [null, 4]]}),
            json!({"hello": 1}),
            json!([1]),
        ] {
            let read = Spelling::Ollama.answer(answer.to_string().as_bytes(), 2);
            assert!(matches!(read, Err(WireError::Malformed(_))), "{answer}");
        }
        let twice =
            json!({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]});
        assert!(
            Spelling::OpenAi
                .answer(twice.to_string().as_bytes(), 2)
                .is_err()
        );
        let error = json!({"error": {"message": "no such model", "code": "x"}});
        let error = Spelling::OpenAi.answer(error.to_string().as_bytes(), 2);
        assert!(matches!(error, Err(WireError::Reported { .. })));
    }
}

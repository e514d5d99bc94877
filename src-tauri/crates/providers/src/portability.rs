//! What a provider could not do with a request, told before anything is sent or paid.
//!
//! Pure. Says exactly what sending would refuse; whether the model behind it obeys is not known here.

use crate::connect::format_for;
use crate::web_origin::WebOrigin;
use crate::{ProviderError, default_base_url};
use plumbline_model::ChatRequest;

/// A sentence, with the field's name, for each thing that `provider` cannot be asked; empty where the request can
/// be sent as it is. Without `base_url` the vendor's own is meant.
///
/// # Errors
/// When the base URL cannot be read.
pub fn portability(
    provider: &str,
    base_url: Option<&str>,
    request: &ChatRequest,
) -> Result<Vec<String>, ProviderError> {
    // Where a provider has no address of its own, what it can say does not depend on the one it will get.
    let base_url = base_url
        .or_else(|| default_base_url(provider))
        .unwrap_or("https://localhost");
    let (base, origin) = WebOrigin::parse_base(base_url)?;
    Ok(format_for(provider, &base, &origin).cannot(request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::providers;
    use crate::stream_check::call;
    use plumbline_model::{Content, Message, ModelParameters, Role, ToolCall, ToolDefinition};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn part() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!({"type": "text", "text": "t"})),
            Just(json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}})),
            Just(json!({"type": "image_url", "image_url": {"url": "data:image/bmp;base64,Qk0"}})),
            Just(json!({"type": "image_url", "image_url": {"url": "https://example.test/a.png"}})),
            Just(
                json!({"type": "image", "source": {"type": "url", "url": "https://example.test/a"}})
            ),
            Just(json!({"type": "input_audio", "input_audio": {}})),
            Just(json!({"type": "document", "source": {}})),
            Just(json!({"inlineData": {}})),
        ]
    }

    fn message() -> impl Strategy<Value = Message> {
        let role = prop_oneof![
            Just(Role::System),
            Just(Role::User),
            Just(Role::Assistant),
            Just(Role::Tool)
        ];
        let content = prop_oneof![
            3 => Just(Content::Text("t".to_owned())),
            1 => prop::collection::vec(part(), 0..3).prop_map(Content::Parts),
        ];
        let arguments = prop_oneof![Just(json!({"a": 1})), Just(json!("not JSON"))];
        let calls = prop::collection::vec(arguments, 0..2);
        (role, content, calls, any::<bool>(), any::<bool>()).prop_map(
            |(role, content, calls, has_id, has_name)| Message {
                role,
                content,
                tool_calls: calls
                    .into_iter()
                    .map(|arguments| ToolCall {
                        id: "t1".to_owned(),
                        name: "look".to_owned(),
                        arguments,
                    })
                    .collect(),
                tool_call_id: has_id.then(|| "t1".to_owned()),
                name: has_name.then(|| "look".to_owned()),
            },
        )
    }

    fn parameters() -> impl Strategy<Value = ModelParameters> {
        let extra = prop::collection::btree_map(
            prop::sample::select(vec![
                "n",
                "model",
                "stream",
                "tools",
                "text",
                "options",
                "format",
                "generationConfig",
                "response_format",
                "logprobs",
                "max_output_tokens",
                "stop_sequences",
            ])
            .prop_map(str::to_owned),
            prop_oneof![
                Just(json!(1)),
                Just(json!({"seed": 1, "candidateCount": 2})),
                Just(json!({"format": {}})),
                Just(json!({}))
            ],
            0..2,
        );
        (
            prop::option::of(Just(0.5)),
            prop::option::of(Just(9_u32)),
            prop::option::of(prop_oneof![Just(1_i64), Just(1 << 40)]),
            0_usize..7,
            extra,
        )
            .prop_map(
                |(temperature, max_tokens, seed, stops, extra)| ModelParameters {
                    temperature,
                    max_tokens,
                    seed,
                    stop: vec!["x".to_owned(); stops],
                    extra,
                    ..ModelParameters::default()
                },
            )
    }

    fn request() -> impl Strategy<Value = ChatRequest> {
        let tool = prop::sample::select(vec!["look", "respond"]).prop_map(|name| ToolDefinition {
            name: name.to_owned(),
            description: String::new(),
            parameters: json!({"type": "object"}),
        });
        let schema = prop_oneof![
            Just(json!({"type": "object"})),
            Just(json!({"type": "array"}))
        ];
        (
            prop::collection::vec(message(), 0..3),
            prop::collection::vec(tool, 0..2),
            prop::option::of(schema),
            parameters(),
        )
            .prop_map(|(messages, tools, output_schema, parameters)| ChatRequest {
                messages,
                tools,
                output_schema,
                parameters,
            })
    }

    proptest! {
        #[test]
        fn exactly_what_it_names_is_refused_before_sending(request in request()) {
            for provider in providers().chain(["vllm"]) {
                let reasons = portability(provider, None, &request).unwrap();
                let base_url = default_base_url(provider).unwrap_or("https://localhost");
                let (base, origin) = WebOrigin::parse_base(base_url).unwrap();
                let body = format_for(provider, &base, &origin).body(&call(request.clone()));
                match body {
                    Ok(_) => prop_assert!(reasons.is_empty(), "{}: {:?}", provider, reasons),
                    Err(ProviderError::Unsupported { message }) => {
                        prop_assert_eq!(reasons.first(), Some(&message), "{}", provider);
                    }
                    Err(other) => prop_assert!(false, "{}: {:?}", provider, other),
                }
            }
        }
    }

    #[test]
    fn each_sentence_names_its_field() {
        let mut request = ChatRequest {
            messages: vec![Message::text(Role::User, "u")],
            ..ChatRequest::default()
        };
        request.parameters.seed = Some(7);
        request.parameters.stop = vec!["x".to_owned(); 5];
        let named = |provider| portability(provider, None, &request).unwrap().join(" ");
        assert!(named("anthropic").contains("`seed`"));
        assert!(named("openai").contains("`stop`"));
        assert!(named("openai_responses").contains("`seed`"));
        assert!(named("openai_responses").contains("`stop`"));
        assert_eq!(named("gemini"), "");
        assert_eq!(named("ollama"), "");
        assert_eq!(named("vllm"), "", "a compatible server may take more stops");
        assert!(portability("openai", Some("ftp://x"), &request).is_err());
    }
}

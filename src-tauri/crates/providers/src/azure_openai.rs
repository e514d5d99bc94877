//! Azure OpenAI chat: OpenAI's Chat Completions at the base URL of a resource, under Azure's paths and key header.
//!
//! The model is the name of a deployment. A base URL that ends in `/openai/v1` is the newer API, which needs no
//! version; any other gets `/openai/deployments/{model}` and an `api-version`, from the base URL or 2024-10-21.

use crate::wire::{Answer, WireFormat, path_segment};
use crate::{Call, ProviderError, openai_chat};
use plumbline_model::ChatRequest;
use reqwest::Url;

/// The variable that holds the key, and the one that says which resource it belongs to.
pub(crate) const KEY_VARIABLE: &str = "AZURE_OPENAI_API_KEY";
pub(crate) const ENDPOINT_VARIABLE: &str = "AZURE_OPENAI_ENDPOINT";

/// The newest stable version of the deployments API that Azure names.
const DEFAULT_VERSION: &str = "2024-10-21";

/// The wire format for a resource's base URL.
pub(crate) fn format(base: &Url) -> Box<dyn WireFormat> {
    let version = base
        .query_pairs()
        .find(|(name, _)| name == "api-version")
        .map(|(_, version)| version.into_owned());
    Box::new(AzureOpenAi {
        chat: openai_chat::format(true),
        place: place_of(base.path()),
        version,
    })
}

/// What the base URL already says of the path.
#[derive(Clone, Copy)]
enum Place {
    Resource,
    OpenAi,
    Version1,
}

fn place_of(path: &str) -> Place {
    let path = path.trim_end_matches('/');
    if path.ends_with("/openai/v1") {
        Place::Version1
    } else if path.ends_with("/openai") {
        Place::OpenAi
    } else {
        Place::Resource
    }
}

struct AzureOpenAi {
    chat: Box<dyn WireFormat>,
    place: Place,
    version: Option<String>,
}

impl WireFormat for AzureOpenAi {
    fn path(&self, call: &Call) -> Result<String, ProviderError> {
        let start = match (self.place, &self.version) {
            (Place::Version1, None) => return Ok("/chat/completions".to_owned()),
            (Place::Version1, Some(version)) => {
                return Ok(format!("/chat/completions?api-version={version}"));
            }
            (Place::OpenAi, _) => "",
            (Place::Resource, _) => "/openai",
        };
        let deployment = path_segment(&call.model)?;
        let version = self.version.as_deref().unwrap_or(DEFAULT_VERSION);
        Ok(format!(
            "{start}/deployments/{deployment}/chat/completions?api-version={version}"
        ))
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("api-key", "")
    }

    fn cannot(&self, request: &ChatRequest) -> Vec<String> {
        self.chat.cannot(request)
    }

    fn encode(&self, call: &Call) -> Result<Vec<u8>, ProviderError> {
        self.chat.encode(call)
    }

    fn answer(&self, call: &Call) -> Box<dyn Answer> {
        self.chat.answer(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream_check::{body, call, read};
    use crate::wire::End;
    use plumbline_model::{Message, ResponseStatus, Role};

    fn path(base: &str, model: &str) -> Result<String, ProviderError> {
        let mut call = call(ChatRequest::default());
        call.model = model.to_owned();
        format(&Url::parse(base).unwrap()).path(&call)
    }

    #[test]
    fn every_form_of_a_resources_address_leads_to_its_path() {
        const CLASSIC: &str = "/deployments/gpt%2Fx/chat/completions?api-version=2024-10-21";
        for (base, expected) in [
            ("https://r.openai.azure.com", format!("/openai{CLASSIC}")),
            ("https://r.openai.azure.com/", format!("/openai{CLASSIC}")),
            ("https://r.openai.azure.com/openai", CLASSIC.to_owned()),
            (
                "https://r.openai.azure.com/?api-version=2025-04-01-preview",
                format!(
                    "/openai{}",
                    CLASSIC.replace("2024-10-21", "2025-04-01-preview")
                ),
            ),
            (
                "https://r.openai.azure.com/openai/v1/",
                "/chat/completions".to_owned(),
            ),
            (
                "https://r.openai.azure.com/openai/v1?api-version=preview",
                "/chat/completions?api-version=preview".to_owned(),
            ),
        ] {
            assert_eq!(path(base, "gpt/x").unwrap(), expected, "{base}");
        }
        assert!(path("https://r.openai.azure.com", "..").is_err());
    }

    #[test]
    fn body_and_answer_are_those_of_chat_completions() {
        let format = format(&Url::parse("https://r.openai.azure.com").unwrap());
        let mut request = ChatRequest {
            messages: vec![Message::text(Role::User, "u")],
            ..ChatRequest::default()
        };
        request.parameters.max_tokens = Some(5);
        let body = body(&*format, request).unwrap();
        assert_eq!(body["max_completion_tokens"], 5);
        // Azure's first chunk holds what its filters found in the prompt, and no choice.
        let stream = concat!(
            "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n",
        );
        let (answer, _) = read(&*format, &[stream.as_bytes()], End::Cut);
        assert_eq!(answer.text, "hi");
        assert_eq!(answer.status, ResponseStatus::Complete);
    }
}

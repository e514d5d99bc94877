//! The parts of a message that more than one vendor knows, read from either spelling.
//!
//! OpenAI writes `image_url` (a `data:` URL or an `https` one), its newer API `input_text` and `input_image`,
//! Anthropic `image` with a `source`. A hint such as `detail` is lost where a part changes its spelling.

use plumbline_model::{ChatRequest, Content, Role};
use serde_json::Value;
use std::borrow::Cow;

/// One part of a content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Image(Image<'a>),
    /// In no shared spelling: some vendor's own.
    Own(&'a Value),
}

/// Where the image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Image<'a> {
    Inline {
        /// Such as `image/png`.
        media_type: &'a str,
        base64: &'a str,
    },
    /// An `https` URL that the vendor fetches.
    Link(&'a str),
}

impl<'a> Image<'a> {
    /// As one URL, the way OpenAI writes it.
    pub(crate) fn url(self) -> Cow<'a, str> {
        match self {
            Self::Inline { media_type, base64 } => {
                Cow::Owned(format!("data:{media_type};base64,{base64}"))
            }
            Self::Link(url) => Cow::Borrowed(url),
        }
    }

    fn of_url(url: &'a str) -> Option<Self> {
        if let Some(data) = url.strip_prefix("data:") {
            let (media_type, base64) = data.split_once(";base64,")?;
            return media_type
                .starts_with("image/")
                .then_some(Self::Inline { media_type, base64 });
        }
        url.starts_with("https://").then_some(Self::Link(url))
    }

    fn of_source(source: &'a Value) -> Option<Self> {
        let member = |name: &str| source.get(name)?.as_str();
        match member("type")? {
            "base64" => Some(Self::Inline {
                media_type: member("media_type")?,
                base64: member("data")?,
            }),
            "url" => Self::of_url(member("url")?),
            _ => None,
        }
    }
}

/// Reads one part.
pub(crate) fn read(part: &Value) -> Part<'_> {
    let member = |name: &str| part.get(name);
    let kind = member("type").map_or(Some("text"), Value::as_str);
    let known = match kind {
        Some("text" | "input_text" | "output_text") => {
            member("text").and_then(Value::as_str).map(Part::Text)
        }
        Some("image_url" | "input_image") => member("image_url")
            .and_then(|image| image.get("url").unwrap_or(image).as_str())
            .and_then(Image::of_url)
            .map(Part::Image),
        Some("image") => member("source").and_then(Image::of_source).map(Part::Image),
        _ => None,
    };
    known.unwrap_or(Part::Own(part))
}

/// The parts of a content; an empty text has none.
pub(crate) fn of(content: &Content) -> Vec<Part<'_>> {
    match content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => vec![Part::Text(text)],
        Content::Parts(parts) => parts.iter().map(read).collect(),
    }
}

/// What a vendor takes besides text.
pub(crate) struct Takes {
    /// As a person writes the vendor's name.
    pub(crate) vendor: &'static str,
    /// Kinds of images it reads; empty where it names none.
    pub(crate) media_types: &'static [&'static str],
    /// Whether it fetches an image by its address.
    pub(crate) links: bool,
    /// Whose messages may hold an image or a part of its own.
    pub(crate) roles: &'static [Role],
    /// Whether a part is one of its own, which is sent as it came.
    pub(crate) own: fn(&Value) -> bool,
}

impl Takes {
    /// The parts of a request that this vendor cannot be given, a sentence each.
    pub(crate) fn cannot(&self, request: &ChatRequest) -> Vec<String> {
        let mut reasons = Vec::new();
        for (number, message) in request.messages.iter().enumerate() {
            for part in of(&message.content) {
                if let Some(reason) = self.refusal(message.role, part) {
                    reasons.push(format!("`messages[{number}]`: {reason}"));
                }
            }
        }
        reasons
    }

    fn refusal(&self, role: Role, part: Part<'_>) -> Option<String> {
        let vendor = self.vendor;
        if matches!(part, Part::Text(_)) {
            return None;
        }
        if !self.roles.contains(&role) {
            return Some(format!(
                "{vendor} takes nothing but text in a message of role `{}`",
                role.as_str()
            ));
        }
        match part {
            Part::Image(Image::Link(_)) if !self.links => Some(format!(
                "{vendor} takes no image by its address; give the image itself as a `data:` URL"
            )),
            Part::Image(Image::Inline { media_type, .. })
                if !self.media_types.is_empty() && !self.media_types.contains(&media_type) =>
            {
                Some(format!(
                    "{vendor} reads {} and no other kind of image",
                    self.media_types.join(", ")
                ))
            }
            Part::Own(part) if !(self.own)(part) => Some(format!(
                "a part of the content is in no form that {vendor} takes"
            )),
            _ => None,
        }
    }
}

/// True for a part whose `type` is one of these words.
pub(crate) fn is_of_type(part: &Value, kinds: &[&str]) -> bool {
    part.get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_image_is_the_same_in_every_spelling() {
        let inline = Part::Image(Image::Inline {
            media_type: "image/png",
            base64: "iVBO",
        });
        for spelling in [
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO", "detail": "low"}}),
            json!({"type": "input_image", "image_url": "data:image/png;base64,iVBO"}),
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}),
        ] {
            assert_eq!(read(&spelling), inline, "{spelling}");
        }
        let link = Part::Image(Image::Link("https://example.test/a.png"));
        for spelling in [
            json!({"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}),
            json!({"type": "image", "source": {"type": "url", "url": "https://example.test/a.png"}}),
        ] {
            assert_eq!(read(&spelling), link, "{spelling}");
        }
    }

    #[test]
    fn what_is_no_image_and_no_text_stays_as_it_came() {
        for part in [
            json!({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}),
            json!({"type": "image_url", "image_url": {"url": "http://example.test/a.png"}}),
            json!({"type": "image_url", "image_url": {"url": "data:text/html;base64,PGI+"}}),
            json!({"type": "image_url", "image_url": 7}),
            json!({"type": "image", "source": {"type": "base64", "data": "x"}}),
            json!({"type": "input_audio", "input_audio": {"data": "x"}}),
            json!({"inlineData": {"mimeType": "image/png", "data": "x"}}),
            json!({"type": 7, "text": "x"}),
            json!("x"),
            json!(null),
        ] {
            assert_eq!(read(&part), Part::Own(&part), "{part}");
        }
    }
}

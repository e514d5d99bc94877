//! What a person reads where a format is chosen.

use super::PromptFormat;

impl PromptFormat {
    /// As a list of formats names it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Plumbline => "Plumbline prompt file",
            Self::Json => "JSON of Plumbline",
            Self::Langfuse => "Langfuse",
            Self::Langsmith => "LangSmith",
            Self::Promptfoo => "promptfoo",
            Self::Prompty => "Prompty",
            Self::Dotprompt => "Dotprompt",
            Self::Openai => "OpenAI request",
            Self::Anthropic => "Anthropic request",
            Self::Text => "Plain text",
        }
    }

    /// How the name of a file that is written in it ends, behind the name of the prompt.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plumbline => ".md",
            Self::Json => ".json",
            Self::Langfuse => ".langfuse.json",
            Self::Langsmith => ".langsmith.json",
            Self::Promptfoo => ".promptfoo.yaml",
            Self::Prompty => ".prompty",
            Self::Dotprompt => ".prompt",
            Self::Openai => ".openai.json",
            Self::Anthropic => ".anthropic.json",
            Self::Text => ".txt",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WrittenVersion, parse, write_foreign};
    use std::collections::BTreeSet;

    #[test]
    fn each_format_has_a_label_of_its_own_and_its_files_end_as_it_says() {
        let text = "---\nname: answer\nversion: 1.0.0\nowner: ana\nchangelog: First.\n---\nuser:\nHello.\n";
        let spec = parse(text).unwrap();
        let labels: BTreeSet<&str> = PromptFormat::ALL.map(PromptFormat::label).into();
        assert_eq!(labels.len(), PromptFormat::ALL.len());
        for format in PromptFormat::ALL {
            let written = write_foreign(format, &[WrittenVersion { spec: &spec, text }]).unwrap();
            let (file, _) = &written.files[0];
            assert_eq!(*file, format!("answer{}", format.suffix()));
        }
    }
}

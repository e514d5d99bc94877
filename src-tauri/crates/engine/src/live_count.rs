//! Tokens of the prompt that is being edited: each key stroke counts what it can reach, not the whole text.

use plumbline_model::PromptSpec;
use plumbline_tokens::{Encoding, LiveCount};
use std::sync::{Mutex, PoisonError};

/// What was counted last. One is enough: another prompt is another text, counted whole once.
#[derive(Default)]
pub(crate) struct EditedPrompt(Mutex<Option<LiveCount>>);

impl EditedPrompt {
    /// Template tokens of each message, in order; exact.
    pub(crate) fn count(&self, encoding: Encoding, spec: &PromptSpec) -> Vec<u64> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let live = match kept.as_mut() {
            Some(live) if live.encoding() == encoding => live,
            _ => kept.insert(LiveCount::new(encoding)),
        };
        live.count_sections(
            spec.sections
                .iter()
                .map(|section| section.template.as_str()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{Role, Section};

    #[test]
    fn what_was_counted_before_changes_no_count() {
        let spec = |texts: &[&str]| {
            let mut spec = PromptSpec::unnamed();
            spec.sections = texts
                .iter()
                .map(|text| Section {
                    role: Role::User,
                    template: (*text).to_owned(),
                    line: 1,
                })
                .collect();
            spec
        };
        let edited = EditedPrompt::default();
        for encoding in [
            Encoding::O200kBase,
            Encoding::Cl100kBase,
            Encoding::O200kBase,
        ] {
            for texts in [
                &["Be brief.", "Hello"][..],
                &["Be very brief.", "Hello there"],
                &["Hello"],
            ] {
                let expected: Vec<u64> = texts
                    .iter()
                    .map(|text| plumbline_tokens::count(encoding, text))
                    .collect();
                assert_eq!(edited.count(encoding, &spec(texts)), expected);
            }
        }
    }
}

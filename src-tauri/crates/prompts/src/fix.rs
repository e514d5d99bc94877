//! Fixes of findings: edits of the text that make a finding go away.
//!
//! Every fix is a guess about lines of text that is tried out before it is offered: the edited text is checked again,
//! the finding must be gone and no error may be new. So a file written in a way nobody foresaw gets no fix, never a
//! wrong one.

mod declare;
mod edit;
mod flow;
mod header;
mod mend;
mod messages;
mod offsets;
mod propose;
mod remove;
mod rename;
mod words;
mod yaml_lines;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod corpus_tests;

pub use edit::{Edit, Fix, apply};
pub use mend::{Mended, mend};
pub use offsets::EditorText;

use crate::check::About;
use crate::{Around, Checked, Finding, Severity, check_file};
use std::collections::HashSet;

/// Findings that fixes are looked for.
const MOST_FINDINGS: usize = 20;
/// Bytes that may be checked again to try fixes out, since this is part of the answer to a key stroke.
const MOST_BYTES: usize = 2 << 20;

/// Fixes of each finding, in the order of the findings; none where looking would take too long.
#[must_use]
pub fn fixes(text: &str, around: &Around<'_>, checked: &Checked) -> Vec<Vec<Fix>> {
    let mut trials = MOST_BYTES / (text.len() + 1_000);
    let known = Known::of(checked);
    let mut looked_at = 0;
    let mut of_finding = |index: usize| {
        if checked.about[index] == About::Other || looked_at == MOST_FINDINGS || trials == 0 {
            return Vec::new();
        }
        looked_at += 1;
        let mut proposed = propose::fixes(text, around, checked, index);
        proposed.retain(|fix| {
            let tried = trials > 0;
            trials = trials.saturating_sub(1);
            tried && known.helps(text, around, index, fix)
        });
        // Guesses at the place of one and the same fix: the first that works is it.
        proposed.dedup_by(|next, first| next.title == first.title);
        proposed
    };
    (0..checked.findings.len()).map(&mut of_finding).collect()
}

/// What is known of a text before it is fixed.
struct Known<'c> {
    checked: &'c Checked,
    messages: HashSet<&'c str>,
}

impl<'c> Known<'c> {
    fn of(checked: &'c Checked) -> Self {
        let messages = checked.findings.iter().map(|found| found.message.as_str());
        Self {
            messages: messages.collect(),
            checked,
        }
    }

    /// Whether a fix makes its finding go away without a new error.
    fn helps(&self, text: &str, around: &Around<'_>, index: usize, fix: &Fix) -> bool {
        let Some(fixed) = apply(text, &fix.edits).filter(|fixed| fixed != text) else {
            return false;
        };
        let after = check_file(&fixed, around);
        // Alike on two lines, one of them may go.
        let alike = |checked: &Checked| {
            let about = checked.about.iter();
            about
                .filter(|about| **about == self.checked.about[index])
                .count()
        };
        let new_error = |found: &Finding| {
            found.severity == Severity::Error && !self.messages.contains(found.message.as_str())
        };
        // A text that could not be parsed hid its other errors.
        alike(&after) < alike(self.checked)
            && (self.checked.spec.is_none() || !after.findings.iter().any(new_error))
    }
}

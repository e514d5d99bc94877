//! What can be said about what.

use crate::Engine;
use crate::api::CompareFilter;
use plumbline_model::{Problem, ReviewSubject, ReviewWord};

/// Longest note, in characters.
const LONGEST_NOTE: usize = 20_000;
/// Labels of one answer, and characters of one.
const MOST_LABELS: usize = 32;
const LONGEST_LABEL: usize = 80;
/// Longest id of a trace or span that something is said about.
const LONGEST_ID_BYTES: usize = 512;
/// Items of a checklist, and characters of one.
const MOST_ITEMS: usize = 50;
const LONGEST_ITEM: usize = 300;

/// A name that a reviewer can have.
pub(super) fn reviewer(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_LABEL || name.contains(char::is_control) {
        return Err(Problem::bad_input(format!(
            "`{}` is no name of a reviewer",
            name.escape_debug()
        ))
        .hint("A name has 1 to 80 characters on one line."));
    }
    Ok(name.to_owned())
}

impl Engine {
    /// The word as it is kept, if it can be said about the subject and the subject is there.
    pub(super) fn checked_word(
        &self,
        about: &ReviewSubject,
        word: ReviewWord,
    ) -> Result<ReviewWord, Problem> {
        self.refuse_unknown(about)?;
        let unfit = || {
            Problem::bad_input(format!(
                "a {} cannot be said about this",
                word.kind().replace('_', "-")
            ))
        };
        match (&word, about) {
            (ReviewWord::Judgement { .. }, ReviewSubject::Pair { .. })
            | (ReviewWord::SignOff { .. }, ReviewSubject::Sides { .. }) => {}
            (ReviewWord::Judgement { .. } | ReviewWord::SignOff { .. }, _) => return Err(unfit()),
            (ReviewWord::Decision { decision, .. }, about) => {
                let cases = self.cases_of(about)?.ok_or_else(unfit)?;
                return Ok(ReviewWord::Decision {
                    decision: *decision,
                    cases,
                });
            }
            (ReviewWord::Labels { labels }, _) => {
                return Ok(ReviewWord::Labels {
                    labels: list(labels, "label", MOST_LABELS, LONGEST_LABEL)?,
                });
            }
            (ReviewWord::Note { text }, _) if text.chars().nth(LONGEST_NOTE).is_some() => {
                return Err(Problem::bad_input(format!(
                    "the note is longer than {LONGEST_NOTE} characters"
                )));
            }
            (ReviewWord::Note { .. }, _) => {}
            (ReviewWord::Checks { checks }, _) => {
                let items: Vec<String> = checks.iter().map(|check| check.item.clone()).collect();
                list(&items, "item", MOST_ITEMS, LONGEST_ITEM)?;
            }
            (ReviewWord::Rubric { items }, ReviewSubject::Sides { .. }) => {
                return Ok(ReviewWord::Rubric {
                    items: list(items, "item", MOST_ITEMS, LONGEST_ITEM)?,
                });
            }
            (ReviewWord::Rubric { .. }, _) => return Err(unfit()),
        }
        Ok(word)
    }

    /// How many cases a decision about this is about; `None` where nothing can be decided.
    fn cases_of(&self, about: &ReviewSubject) -> Result<Option<u64>, Problem> {
        let (a, b, kind) = match about {
            ReviewSubject::Pair { .. } => return Ok(Some(1)),
            ReviewSubject::Group { a, b, kind } => (a, b, kind),
            ReviewSubject::Sides { .. }
            | ReviewSubject::Cell { .. }
            | ReviewSubject::Span { .. } => return Ok(None),
        };
        let filter = CompareFilter {
            column: Some(1),
            kind: Some(kind.clone()),
            ..CompareFilter::default()
        };
        let sides = [self.side(a)?, self.side(b)?];
        Ok(Some(self.compare_rows(&sides, &filter, 0, 1)?.total))
    }

    fn refuse_unknown(&self, about: &ReviewSubject) -> Result<(), Problem> {
        match about {
            ReviewSubject::Pair { a, b, case_key } => {
                let sides = [self.side(a)?, self.side(b)?];
                let filter = CompareFilter {
                    include_same: true,
                    ..CompareFilter::default()
                };
                if self.compare_place(&sides, &filter, case_key)?.is_none() {
                    return Err(Problem::not_found(format!(
                        "neither run has the case `{}`",
                        case_key.escape_debug()
                    )));
                }
            }
            ReviewSubject::Group { a, b, .. } | ReviewSubject::Sides { a, b } => {
                for side in [a, b] {
                    self.inner.workspace.run(self.side(side)?.run_id)?;
                }
            }
            ReviewSubject::Cell { cell } => {
                self.inner.workspace.cell(*cell)?;
            }
            // A span may be imported again later: what was said about it waits for it.
            ReviewSubject::Span { trace, span } => {
                if trace.len().max(span.len()) > LONGEST_ID_BYTES {
                    return Err(Problem::bad_input(format!(
                        "an id of a span has at most {LONGEST_ID_BYTES} bytes"
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The different words of a list, trimmed, in their order.
fn list(words: &[String], what: &str, most: usize, longest: usize) -> Result<Vec<String>, Problem> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        let word = word.trim();
        if word.is_empty() || kept.iter().any(|known| known == word) {
            continue;
        }
        if word.chars().count() > longest || word.contains(char::is_control) {
            return Err(Problem::bad_input(format!(
                "a {what} has at most {longest} characters on one line: `{}`",
                word.chars().take(60).collect::<String>().escape_debug()
            )));
        }
        kept.push(word.to_owned());
    }
    if kept.len() > most {
        return Err(Problem::bad_input(format!(
            "{} {what}s are more than the {most} that one thing can have",
            kept.len()
        )));
    }
    Ok(kept)
}

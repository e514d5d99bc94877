//! Review: people judge answers, decide about changes, and sign off what may be shipped.
//!
//! Everything said is a line of the workspace's ledger; `ledger` says what of it counts.

mod blind;
mod ledger;
mod rules;
mod sign_off;
mod summary;
mod to_case;

pub(crate) use ledger::{Decided, decided, labelled_cells};

use crate::api::Side;
use crate::environments::person;
use crate::{Engine, clock};
use plumbline_model::{Problem, ReviewLine, ReviewSubject, ReviewWord};
use plumbline_workspace::NewReview;

impl Engine {
    /// Adds what a person says. A sign-off is given by [`Engine::review_sign_off`], a blind judgement by
    /// [`Engine::review_blind_judge`].
    ///
    /// # Errors
    /// `BadInput` for a word that cannot be said about the subject, or that is too long; `NotFound` for a run, a cell or
    /// a case that is not there.
    pub fn review_add(
        &self,
        about: ReviewSubject,
        word: ReviewWord,
        reviewer: Option<&str>,
    ) -> Result<ReviewLine, Problem> {
        if matches!(word, ReviewWord::SignOff { .. }) {
            return Err(
                Problem::bad_input("a sign-off is given to a comparison as a whole")
                    .hint("Use the sign-off of the comparison: it states the hashes of both runs."),
            );
        }
        self.add_line(about, word, reviewer)
    }

    /// What was said about one thing, newest first.
    ///
    /// # Errors
    /// Those of reading the workspace.
    pub fn review_lines(&self, about: &ReviewSubject) -> Result<Vec<ReviewLine>, Problem> {
        let mut lines = self.inner.workspace.reviews(about)?;
        lines.reverse();
        Ok(lines)
    }

    /// Sets the checklist that reviewers of two sides go through; an empty one takes it away.
    ///
    /// # Errors
    /// Those of [`Engine::review_add`].
    pub fn review_rubric_set(&self, a: &Side, b: &Side, items: Vec<String>) -> Result<(), Problem> {
        let about = ReviewSubject::Sides {
            a: a.to_string(),
            b: b.to_string(),
        };
        self.add_line(about, ReviewWord::Rubric { items }, None)?;
        Ok(())
    }

    fn add_line(
        &self,
        about: ReviewSubject,
        word: ReviewWord,
        reviewer: Option<&str>,
    ) -> Result<ReviewLine, Problem> {
        let reviewer = match reviewer {
            Some(reviewer) => rules::reviewer(reviewer)?,
            None => person(),
        };
        let word = self.checked_word(&about, word)?;
        Ok(self.inner.workspace.add_review(NewReview {
            at: clock::now(),
            reviewer,
            about,
            word,
        })?)
    }
}

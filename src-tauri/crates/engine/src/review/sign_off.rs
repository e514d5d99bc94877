//! Sign-off: a person says whether a change may be shipped, about two runs as they are.

use crate::Engine;
use crate::api::{Side, SignOffView};
use plumbline_model::{Code, Problem, ReviewLine, ReviewSubject, ReviewWord};

impl Engine {
    /// Signs a comparison off, or refuses to.
    ///
    /// # Errors
    /// `Conflict` while a run still goes on; those of [`Engine::compare_open`].
    pub fn review_sign_off(
        &self,
        a: &Side,
        b: &Side,
        approved: bool,
        text: &str,
        reviewer: Option<&str>,
    ) -> Result<ReviewLine, Problem> {
        for side in [a, b] {
            if self.inner.workspace.run(side.run_id)?.ended_ns.is_none() {
                return Err(Problem::new(
                    Code::Conflict,
                    format!("run {} still goes on", side.run_id),
                )
                .hint("Sign off when it has ended."));
            }
        }
        let (hash_a, hash_b, verdict) = self.hashes(a, b)?;
        let about = ReviewSubject::Sides {
            a: a.to_string(),
            b: b.to_string(),
        };
        let word = ReviewWord::SignOff {
            approved,
            run_hash_a: hash_a,
            run_hash_b: hash_b,
            verdict,
            text: text.trim().to_owned(),
        };
        self.add_line(about, word, reviewer)
    }

    /// The sign-offs among lines, newest first.
    pub(super) fn sign_offs(
        &self,
        a: &Side,
        b: &Side,
        lines: &[ReviewLine],
    ) -> Result<Vec<SignOffView>, Problem> {
        let (hash_a, hash_b, _) = self.hashes(a, b)?;
        Ok(lines
            .iter()
            .rev()
            .filter_map(|line| match &line.word {
                ReviewWord::SignOff {
                    run_hash_a,
                    run_hash_b,
                    ..
                } => Some(SignOffView {
                    is_current: *run_hash_a == hash_a && *run_hash_b == hash_b,
                    line: line.clone(),
                }),
                _ => None,
            })
            .collect())
    }

    /// The hashes of both runs, and the verdict about them.
    fn hashes(&self, a: &Side, b: &Side) -> Result<(String, String, String), Problem> {
        let view = self.compare_open(&[a.clone(), b.clone()])?;
        let verdict = view.pairs.first().map(|pair| pair.verdict.clone());
        match view.sides.as_slice() {
            [a, b] => Ok((
                a.run_hash.clone(),
                b.run_hash.clone(),
                verdict.unwrap_or_default(),
            )),
            _ => Err(Problem::internal("a comparison of two sides has not two")),
        }
    }
}

//! An answer that somebody looked at becomes a case of a dataset.

use crate::{Engine, clock};
use plumbline_analysis::diff::read_json;
use plumbline_model::{AssertionKind, CellId, Problem};

impl Engine {
    /// Adds the case of a cell to a dataset, which is made where there is none; with `expected`, the answer must be that.
    /// Returns the key of the case.
    ///
    /// # Errors
    /// `NotFound` for a cell that is not there, or whose case is gone; `BadInput` for a name that no dataset can have.
    pub fn review_to_case(
        &self,
        cell: CellId,
        dataset: &str,
        expected: Option<&str>,
    ) -> Result<String, Problem> {
        let dataset = dataset.trim();
        if dataset.is_empty() || dataset.contains(char::is_control) {
            return Err(Problem::bad_input("the dataset needs a name")
                .hint("Name one that is there, or a new one."));
        }
        let cell = self.inner.workspace.cell(cell)?;
        let run = self.inner.workspace.run(cell.run_id)?;
        let mut case = self.case(&run.plan.dataset, &cell.key.case_key)?;
        if let Some(expected) = expected.map(str::trim).filter(|text| !text.is_empty()) {
            let is_json = expected.starts_with(['{', '[']);
            let value = read_json(expected).ok().filter(|_| is_json);
            let kind = match value {
                Some(read) => AssertionKind::JsonEquals {
                    path: "$".to_owned(),
                    value: read.value,
                },
                None => AssertionKind::Equals {
                    value: expected.to_owned(),
                    ignore_case: false,
                },
            };
            // What was expected before is what the reviewer corrects.
            case.assertions.retain(|assertion| {
                assertion.negate
                    || !matches!(
                        assertion.kind,
                        AssertionKind::Equals { .. } | AssertionKind::JsonEquals { .. }
                    )
            });
            case.assertions.push(kind.into());
        }
        Ok(self
            .inner
            .workspace
            .add_case(dataset, &case, clock::now())?)
    }
}

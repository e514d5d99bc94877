//! What a reviewer asks to see, as the workspace is asked for it.

use super::kept::sides_text;
use super::rows::chosen;
use crate::Engine;
use crate::api::{CompareFilter, Side};
use crate::replay::answer_text;
use crate::review::{decided, labelled_cells};
use plumbline_analysis::align::RowVerdict;
use plumbline_model::Problem;
use plumbline_workspace::ComparedFilter;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// Searches whose answers stay in memory, so that paging through one does not search again.
const KEPT: usize = 4;

/// Which cases a text was found in, by comparison and text.
#[derive(Default)]
pub(crate) struct FoundKeys(Mutex<Vec<(String, Arc<Vec<String>>)>>);

impl Engine {
    pub(super) fn compared_filter(
        &self,
        sides: &[Side],
        comparison: i64,
        filter: &CompareFilter,
    ) -> Result<ComparedFilter, Problem> {
        let is_open = filter.verdict.is_none() && !filter.include_same;
        let mut keys: Option<Vec<String>> = None;
        let text = filter.text.trim().to_lowercase();
        if !text.is_empty() {
            let found = self.cases_with(sides, comparison, &text)?;
            keys = Some(found.as_ref().clone());
        }
        if let Some(label) = &filter.label {
            let labelled: BTreeSet<String> = self.cases_labelled(sides, label)?;
            keys = Some(match keys {
                Some(keys) => keys
                    .into_iter()
                    .filter(|key| labelled.contains(key))
                    .collect(),
                None => labelled.into_iter().collect(),
            });
        }
        Ok(ComparedFilter {
            column: filter.column.filter(|column| *column > 0),
            verdict: filter.verdict.map(|verdict| verdict.as_str().to_owned()),
            but: is_open.then(|| RowVerdict::Same.as_str().to_owned()),
            kind: filter.kind.clone(),
            flaky: filter.flaky,
            keys,
            decided: match (
                filter.undecided,
                sides.first(),
                sides.get(chosen(filter) as usize),
            ) {
                (true, Some(a), Some(b)) => {
                    let lines = self
                        .inner
                        .workspace
                        .reviews_of_sides(&a.to_string(), &b.to_string())?;
                    let decided = decided(&lines);
                    Some((
                        decided.cases.into_keys().collect(),
                        decided.kinds.into_keys().collect(),
                    ))
                }
                _ => None,
            },
        })
    }

    /// Cases whose key or one of whose answers holds the text, which is in lower case.
    fn cases_with(
        &self,
        sides: &[Side],
        comparison: i64,
        text: &str,
    ) -> Result<Arc<Vec<String>>, Problem> {
        let place = format!("{comparison} {} {text}", sides_text(sides));
        let book = || {
            self.inner
                .found_keys
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some((_, found)) = book().iter().find(|(known, _)| *known == place) {
            return Ok(Arc::clone(found));
        }
        let mut found = BTreeSet::new();
        let mut looked = Vec::new();
        let columns = sides
            .iter()
            .map(|side| Ok((side.run_id, self.column_of(side)?.2)))
            .collect::<Result<Vec<_>, Problem>>()?;
        for (run, _) in &columns {
            if looked.contains(run) {
                continue;
            }
            looked.push(*run);
            self.inner.workspace.each_cell(*run, &mut |cell| {
                let is_ours = columns
                    .iter()
                    .any(|(of, key)| of == run && key.holds(&cell));
                if is_ours
                    && !found.contains(&cell.key.case_key)
                    && (cell.key.case_key.to_lowercase().contains(text)
                        || answer_text(&cell).to_lowercase().contains(text))
                {
                    found.insert(cell.key.case_key);
                }
                ControlFlow::Continue(())
            })?;
        }
        let found = Arc::new(found.into_iter().collect::<Vec<_>>());
        let mut book = book();
        if book.len() >= KEPT {
            book.remove(0);
        }
        book.push((place, Arc::clone(&found)));
        Ok(found)
    }

    fn cases_labelled(&self, sides: &[Side], label: &str) -> Result<BTreeSet<String>, Problem> {
        let lines = self.inner.workspace.label_reviews()?;
        let mut cases = BTreeSet::new();
        for (cell, labels) in labelled_cells(&lines) {
            if labels.iter().any(|own| own == label)
                && let Ok(cell) = self.inner.workspace.cell(cell)
                && sides.iter().any(|side| side.run_id == cell.run_id)
            {
                cases.insert(cell.key.case_key);
            }
        }
        Ok(cases)
    }
}

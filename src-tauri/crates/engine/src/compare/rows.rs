//! Pages of compared cases, the place of one, and all of them at a glance.

use super::kept::StoredCell;
use crate::Engine;
use crate::api::{CompareFilter, CompareMap, ComparePage, CompareRow, Side};
use crate::review::{Decided, decided, labelled_cells};
use plumbline_analysis::align::RowVerdict;
use plumbline_model::{CellId, Problem};
use plumbline_workspace::{ComparedCaseRow, Page};
use std::collections::HashMap;

/// Stretches of the map at most: more than a screen has pixels.
const MOST_STRETCHES: usize = 4_096;

impl Engine {
    /// A page of compared cases.
    ///
    /// # Errors
    /// Those of [`Engine::compare_open`].
    pub fn compare_rows(
        &self,
        sides: &[Side],
        filter: &CompareFilter,
        offset: u64,
        limit: u64,
    ) -> Result<ComparePage, Problem> {
        let kept = self.kept(sides)?;
        let column = chosen(filter);
        let filter = self.compared_filter(sides, kept.id, filter)?;
        let page = Page { offset, limit };
        let (total, cases) = self
            .inner
            .workspace
            .compared_cases(kept.id, &filter, page)?;
        let said = self.said_about(sides, column)?;
        let rows = cases
            .into_iter()
            .map(|case| row(case, sides.len(), &said).map(|(row, _)| row));
        Ok(ComparePage {
            total,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }

    /// The place of a case among those that the filter accepts, from 0; `None` where it accepts it not.
    ///
    /// # Errors
    /// Those of [`Engine::compare_open`].
    pub fn compare_place(
        &self,
        sides: &[Side],
        filter: &CompareFilter,
        case_key: &str,
    ) -> Result<Option<u64>, Problem> {
        let kept = self.kept(sides)?;
        let filter = self.compared_filter(sides, kept.id, filter)?;
        Ok(self
            .inner
            .workspace
            .compared_place(kept.id, &filter, case_key)?)
    }

    /// The gravest verdict of each of so many stretches of the filtered cases.
    ///
    /// # Errors
    /// Those of [`Engine::compare_open`].
    pub fn compare_map(
        &self,
        sides: &[Side],
        filter: &CompareFilter,
        stretches: usize,
    ) -> Result<CompareMap, Problem> {
        let kept = self.kept(sides)?;
        let filter = self.compared_filter(sides, kept.id, filter)?;
        let verdicts = self.inner.workspace.compared_verdicts(kept.id, &filter)?;
        let stretches = stretches.clamp(1, MOST_STRETCHES).min(verdicts.len());
        let stretch = |number: usize| {
            let from = number * verdicts.len() / stretches;
            let to = (number + 1) * verdicts.len() / stretches;
            let own = verdicts.get(from..to).unwrap_or_default();
            RowVerdict::ALL
                .into_iter()
                .find(|verdict| own.iter().any(|word| word == verdict.as_str()))
                .unwrap_or(RowVerdict::Same)
        };
        Ok(CompareMap {
            total: verdicts.len() as u64,
            stretches: (0..stretches).map(stretch).collect(),
        })
    }

    /// What was said about the baseline and the side of a column.
    pub(super) fn said_about(&self, sides: &[Side], column: u32) -> Result<Said, Problem> {
        let workspace = &self.inner.workspace;
        let decided = match (sides.first(), sides.get(column as usize)) {
            (Some(a), Some(b)) => {
                decided(&workspace.reviews_of_sides(&a.to_string(), &b.to_string())?)
            }
            _ => Decided::default(),
        };
        Ok(Said {
            column: column as usize,
            decided,
            labels: labelled_cells(&workspace.label_reviews()?),
        })
    }
}

/// The side that decisions are about: the one of the filter, else the first that is compared.
pub(super) fn chosen(filter: &CompareFilter) -> u32 {
    filter.column.filter(|column| *column > 0).unwrap_or(1)
}

/// What reviewers said that a list shows.
pub(super) struct Said {
    column: usize,
    decided: Decided,
    labels: HashMap<CellId, Vec<String>>,
}

/// A case as a list shows it, with what else is kept of it.
pub(super) fn row(
    case: ComparedCaseRow,
    sides: usize,
    said: &Said,
) -> Result<(CompareRow, Vec<Option<StoredCell>>), Problem> {
    let mut stored: Vec<Option<StoredCell>> = (0..sides).map(|_| None).collect();
    for (column, body) in &case.cells {
        if let Some(place) = stored.get_mut(*column as usize) {
            *place = Some(StoredCell::read(body)?);
        }
    }
    let mut labels: Vec<String> = stored
        .iter()
        .flatten()
        .flat_map(|stored| &stored.cells)
        .filter_map(|(_, cell)| said.labels.get(cell))
        .flatten()
        .cloned()
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let kinds = stored
        .get(said.column)
        .and_then(Option::as_ref)
        .map(|stored| stored.cell.kinds.as_slice())
        .unwrap_or_default();
    let verdict = RowVerdict::ALL
        .into_iter()
        .find(|verdict| verdict.as_str() == case.verdict)
        .unwrap_or(RowVerdict::Same);
    let row = CompareRow {
        position: case.position,
        decision: said.decided.of(&case.case_key, kinds),
        case_key: case.case_key,
        verdict,
        cells: stored
            .iter()
            .map(|stored| stored.as_ref().map(|stored| stored.cell.clone()))
            .collect(),
        labels,
    };
    Ok((row, stored))
}

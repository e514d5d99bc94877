//! The cells that a run has to answer, in order, each taken once.

use super::column::Column;
use super::new_cell;
use super::plan::Planned;
use crate::clock;
use plumbline_model::{Case, Cell, CellId, RunId};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What this process knows of a request since it planned it itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) tokens_in_at_most: Option<u64>,
    /// Whether the cache had its answer then; where not, the ledger says so before it is sent.
    pub(super) was_cached: bool,
}

/// A cell and, where it was planned a moment ago, what is known of its request.
pub(super) type Taken = (Cell, Option<Known>);

/// The cells of a plan, each made when it is asked for: what they are made of takes a tenth of their room.
#[derive(Debug)]
pub(super) struct PlannedCells {
    run_id: RunId,
    columns: Arc<[Column]>,
    case_keys: Vec<String>,
    cells: Vec<(CellId, Planned)>,
}

impl PlannedCells {
    pub(super) fn new(
        run_id: RunId,
        columns: Arc<[Column]>,
        cases: &[Case],
        planned: Vec<Planned>,
    ) -> Self {
        Self {
            run_id,
            columns,
            case_keys: cases.iter().map(|case| case.key.clone()).collect(),
            cells: clock::new_cell_ids(planned.len())
                .into_iter()
                .zip(planned)
                .collect(),
        }
    }

    /// All of them, in the order of the matrix.
    pub(super) fn all(self: &Arc<Self>) -> impl Iterator<Item = Cell> + Send + 'static {
        let cells = Arc::clone(self);
        (0..cells.cells.len()).filter_map(move |at| cells.cell(at))
    }

    fn cell(&self, at: usize) -> Option<Cell> {
        let (id, planned) = self.cells.get(at)?;
        let column = self.columns.get(planned.column)?;
        let case_key = self.case_keys.get(planned.case)?.clone();
        Some(new_cell(self.run_id, *id, column, case_key, planned))
    }
}

#[derive(Debug)]
enum Batch {
    /// Places in the plan.
    Planned(Arc<PlannedCells>, Vec<(usize, Known)>),
    /// What an earlier process left.
    Left(Vec<Cell>),
}

/// What is to be done.
#[derive(Debug)]
pub(super) struct Queue {
    batches: Vec<Batch>,
    next: AtomicUsize,
}

impl Queue {
    /// The cells of a run that was just planned; `cached` says of each whether the cache has its answer.
    ///
    /// A request that another cell sends too comes last, when the cache is likely to have its answer.
    pub(super) fn of_planned(cells: Arc<PlannedCells>, cached: &[bool]) -> Self {
        let mut keys = HashSet::with_capacity(cells.cells.len());
        let (mut places, mut twins) = (Vec::with_capacity(cells.cells.len()), Vec::new());
        for (at, ((_, planned), was_cached)) in cells.cells.iter().zip(cached).enumerate() {
            let Ok(request) = &planned.request else {
                continue;
            };
            let known = Known {
                tokens_in_at_most: request.tokens_in_at_most,
                was_cached: *was_cached,
            };
            if keys.insert(&*request.cache_key) {
                places.push((at, known));
            } else {
                twins.push((at, known));
            }
        }
        places.append(&mut twins);
        drop(keys);
        Self::new(Batch::Planned(cells, places))
    }

    /// The cells that an earlier process left.
    pub(super) fn of_resumed(cells: Vec<Cell>) -> Self {
        Self::new(Batch::Left(cells))
    }

    fn new(batch: Batch) -> Self {
        Self {
            batches: vec![batch],
            next: AtomicUsize::new(0),
        }
    }

    /// Puts more at the end.
    pub(super) fn extend(&mut self, cells: Vec<Cell>) {
        self.batches.push(Batch::Left(cells));
    }

    pub(super) fn len(&self) -> usize {
        self.batches.iter().map(Batch::len).sum()
    }

    /// The next one that nobody took.
    pub(super) fn take(&self) -> Option<Taken> {
        let mut at = self.next.fetch_add(1, Ordering::Relaxed);
        for batch in &self.batches {
            if at < batch.len() {
                return batch.get(at);
            }
            at -= batch.len();
        }
        None
    }
}

impl Batch {
    fn len(&self) -> usize {
        match self {
            Self::Planned(_, places) => places.len(),
            Self::Left(cells) => cells.len(),
        }
    }

    fn get(&self, at: usize) -> Option<Taken> {
        match self {
            Self::Planned(cells, places) => {
                let (place, known) = places.get(at)?;
                Some((cells.cell(*place)?, Some(*known)))
            }
            Self::Left(cells) => Some((cells.get(at)?.clone(), None)),
        }
    }
}

//! The cells that a run has to answer, in order, each taken once.

use super::plan::Planned;
use plumbline_model::{Cell, CellStatus};
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
pub(super) type Taken<'q> = (&'q Cell, Option<Known>);

#[derive(Debug)]
struct Batch {
    cells: Arc<[Cell]>,
    places: Vec<(usize, Option<Known>)>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) struct Queue {
    batches: Vec<Batch>,
    next: AtomicUsize,
}

impl Queue {
    /// The cells of a run that was just planned, `cells` as the plan has them.
    ///
    /// A request that another cell sends too comes last, when the cache is likely to have its answer.
    pub(super) fn of_planned(cells: Arc<[Cell]>, planned: &[Planned], cached: &[bool]) -> Self {
        let mut keys = HashSet::with_capacity(cells.len());
        let (mut places, mut twins) = (Vec::with_capacity(cells.len()), Vec::new());
        for (at, ((cell, planned), was_cached)) in cells.iter().zip(planned).zip(cached).enumerate()
        {
            if cell.status != CellStatus::Pending {
                continue;
            }
            let request = planned.request.as_ref().ok();
            let known = request.map(|request| Known {
                tokens_in_at_most: request.tokens_in_at_most,
                was_cached: *was_cached,
            });
            if keys.insert(&*cell.cache_key) {
                places.push((at, known));
            } else {
                twins.push((at, known));
            }
        }
        places.append(&mut twins);
        drop(keys);
        Self::new(Batch { cells, places })
    }

    /// The cells that an earlier process left.
    pub(super) fn of_resumed(cells: Vec<Cell>) -> Self {
        Self::new(Batch::of_unknown(cells))
    }

    fn new(batch: Batch) -> Self {
        Self {
            batches: vec![batch],
            next: AtomicUsize::new(0),
        }
    }

    /// Puts more at the end.
    pub(super) fn extend(&mut self, cells: Vec<Cell>) {
        self.batches.push(Batch::of_unknown(cells));
    }

    pub(super) fn len(&self) -> usize {
        self.batches.iter().map(|batch| batch.places.len()).sum()
    }

    /// The next one that nobody took.
    pub(super) fn take(&self) -> Option<Taken<'_>> {
        let mut at = self.next.fetch_add(1, Ordering::Relaxed);
        for batch in &self.batches {
            if let Some((cell, known)) = batch.places.get(at) {
                return Some((batch.cells.get(*cell)?, *known));
            }
            at -= batch.places.len();
        }
        None
    }
}

impl Batch {
    fn of_unknown(cells: Vec<Cell>) -> Self {
        Self {
            places: (0..cells.len()).map(|at| (at, None)).collect(),
            cells: cells.into(),
        }
    }
}

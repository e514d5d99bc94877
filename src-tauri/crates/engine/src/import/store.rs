//! The storing side of an import.

use plumbline_model::{ImportId, LossCounts, Problem, QuarantinedRow};
use plumbline_workspace::{ImportedSpan, PendingAppend, SpanPacker, Workspace};
use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

pub(super) enum Batch {
    Spans(Vec<ImportedSpan>),
    Quarantine(Vec<QuarantinedRow>),
}

/// Batches that are handed in and not yet committed. Every 64 MB the writer waits for the disk, for as long as it
/// takes to make a few of them ready.
const PENDING: usize = 4;

/// Stores batches until the parser is done; the first failure stops both. While one batch is written, the
/// next are made ready.
pub(super) fn store(
    workspace: &Workspace,
    import: ImportId,
    batches: &Receiver<Batch>,
) -> Result<LossCounts, Problem> {
    let mut counts = LossCounts::default();
    let mut packer = SpanPacker::default();
    let mut pending: VecDeque<PendingAppend> = VecDeque::with_capacity(PENDING);
    for batch in batches {
        match batch {
            Batch::Spans(spans) => {
                let prepared = packer.prepare(spans)?;
                if pending.len() == PENDING
                    && let Some(oldest) = pending.pop_front()
                {
                    add_written(&mut counts, oldest)?;
                }
                pending.push_back(workspace.submit_spans(import, prepared));
            }
            Batch::Quarantine(rows) => {
                counts.quarantined += rows.len() as u64;
                workspace.append_quarantine(import, rows)?;
            }
        }
    }
    for written in pending {
        add_written(&mut counts, written)?;
    }
    Ok(counts)
}

fn add_written(counts: &mut LossCounts, written: PendingAppend) -> Result<(), Problem> {
    let outcome = written.wait()?;
    counts.stored += outcome.stored;
    counts.duplicate += outcome.duplicate;
    Ok(())
}

//! The storing side of an import.

use plumbline_model::{ImportId, LossCounts, Problem, QuarantinedRow};
use plumbline_workspace::{ImportedSpan, PendingAppend, SpanPacker, Workspace};
use std::sync::mpsc::Receiver;

pub(super) enum Batch {
    Spans(Vec<ImportedSpan>),
    Quarantine(Vec<QuarantinedRow>),
}

/// Stores batches until the parser is done; the first failure stops both. While one batch is written, the
/// next is made ready.
pub(super) fn store(
    workspace: &Workspace,
    import: ImportId,
    batches: &Receiver<Batch>,
) -> Result<LossCounts, Problem> {
    let mut counts = LossCounts::default();
    let mut packer = SpanPacker::default();
    let mut written: Option<PendingAppend> = None;
    for batch in batches {
        match batch {
            Batch::Spans(spans) => {
                let prepared = packer.prepare(spans)?;
                add_written(&mut counts, written.take())?;
                written = Some(workspace.submit_spans(import, prepared));
            }
            Batch::Quarantine(rows) => {
                counts.quarantined += rows.len() as u64;
                workspace.append_quarantine(import, rows)?;
            }
        }
    }
    add_written(&mut counts, written)?;
    Ok(counts)
}

fn add_written(counts: &mut LossCounts, written: Option<PendingAppend>) -> Result<(), Problem> {
    if let Some(written) = written {
        let outcome = written.wait()?;
        counts.stored += outcome.stored;
        counts.duplicate += outcome.duplicate;
    }
    Ok(())
}

//! Spans on their way in: one narrow row for what is filtered and summed, the whole of it beside.
//!
//! A span is known by trace id, span id and content. The same content again is a duplicate and stores
//! nothing; other content under the same ids is a conflict, and both are kept as variants.

mod rows;
mod schema;

use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::table::span_block::{BlockBuilder, PackedBlock};
use crate::table::span_canonical::write_canonical;
use crate::workspace::Workspace;
use plumbline_model::{Cost, ImportId, Span};
pub(super) use rows::insert_all;
pub(crate) use schema::{V1, V3};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

/// Bytes of the content hash that are kept: two contents that share 16 bytes of SHA-256 are not found in
/// this world, and half the hash saves 16 bytes a span.
pub(super) const HASH_BYTES: usize = 16;

/// A span with the record it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedSpan {
    pub span: Span,
    /// The source's own bytes.
    pub raw: Vec<u8>,
    /// What the call costs by the price table; `None` for spans that are not model calls.
    pub cost: Option<Cost>,
}

/// What became of a batch: `stored + duplicate` is its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AppendOutcome {
    /// New rows, conflicts included.
    pub stored: u64,
    /// Spans that were there already.
    pub duplicate: u64,
    /// Of the stored ones, those whose ids were taken by other content.
    pub conflict: u64,
}

/// Spans made ready to be stored: hashed and packed into blocks. Made on any thread, so that the
/// next batch is made ready while this one is written.
pub struct PreparedSpans {
    spans: Vec<Prepared>,
    blocks: Vec<PackedBlock>,
}

struct Prepared {
    /// Without what only its body says.
    span: Span,
    documents: usize,
    cost: Option<Cost>,
    content_hash: [u8; HASH_BYTES],
}

impl PreparedSpans {
    /// Makes one batch ready; who has many uses a [`SpanPacker`].
    ///
    /// # Errors
    /// As [`SpanPacker::prepare`].
    pub fn new(imported: Vec<ImportedSpan>) -> Result<Self> {
        SpanPacker::default().prepare(imported)
    }
}

/// Makes batches ready one after the other, in the same buffers.
#[derive(Default)]
pub struct SpanPacker {
    body: Vec<u8>,
    blocks: BlockBuilder,
}

impl SpanPacker {
    /// Makes a batch ready; some thousand spans are a good size.
    ///
    /// # Errors
    /// `BadInput` for a span or a record larger than 256 MB. What was prepared of the batch is lost.
    pub fn prepare(&mut self, imported: Vec<ImportedSpan>) -> Result<PreparedSpans> {
        let prepared = self.pack(imported);
        if prepared.is_err() {
            // Half a batch must not stand in the next one's blocks.
            *self = Self::default();
        }
        prepared
    }

    fn pack(&mut self, imported: Vec<ImportedSpan>) -> Result<PreparedSpans> {
        let mut spans = Vec::with_capacity(imported.len());
        for ImportedSpan {
            mut span,
            raw,
            cost,
        } in imported
        {
            write_canonical(&span, &mut self.body)?;
            self.blocks.add(&self.body, &raw)?;
            let documents = span.documents.len();
            drop_content(&mut span);
            spans.push(Prepared {
                content_hash: content_hash(&self.body),
                documents,
                cost,
                span,
            });
        }
        Ok(PreparedSpans {
            spans,
            blocks: self.blocks.finish()?,
        })
    }
}

/// Lets go of what no column holds, so that a batch that waits to be written holds it once: in its blocks.
fn drop_content(span: &mut Span) {
    span.input_messages = Vec::new();
    span.output_messages = Vec::new();
    span.documents = Vec::new();
    span.tools = Vec::new();
    span.tool_arguments = None;
    span.tool_result = None;
}

pub(crate) fn content_hash(body: &[u8]) -> [u8; HASH_BYTES] {
    let whole: [u8; 32] = Sha256::digest(body).into();
    let mut kept = [0; HASH_BYTES];
    kept.copy_from_slice(&whole[..HASH_BYTES]);
    kept
}

/// A batch on its way into the file.
pub struct PendingAppend {
    pub(super) answer: Receiver<Result<AppendOutcome>>,
    pub(super) path: PathBuf,
}

impl PendingAppend {
    /// Waits for the commit.
    ///
    /// # Errors
    /// As [`Workspace::append_spans`].
    pub fn wait(self) -> Result<AppendOutcome> {
        self.answer
            .recv()
            .unwrap_or_else(|_| Err(WorkspaceError::Stopped("the writer is gone".into())))
            .map_err(|error| error.at(&self.path))
    }
}

impl Workspace {
    /// Stores a batch in one transaction: all of it or, after a crash, none. Batches of some thousand
    /// spans are fastest. Compression happens on the calling thread, not behind the door.
    ///
    /// # Errors
    /// `NotFound` when the import never began or is finished.
    pub fn append_spans(
        &self,
        import: ImportId,
        spans: Vec<ImportedSpan>,
    ) -> Result<AppendOutcome> {
        let prepared = PreparedSpans::new(spans)?;
        self.submit_spans(import, prepared).wait()
    }

    /// Hands a batch in without waiting for its commit.
    pub fn submit_spans(&self, import: ImportId, prepared: PreparedSpans) -> PendingAppend {
        PendingAppend {
            answer: self.submit(Durability::Normal, move |tx| {
                insert_all(tx, &import.to_string(), &prepared)
            }),
            path: self.path().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

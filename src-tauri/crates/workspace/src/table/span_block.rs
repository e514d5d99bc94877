//! Bodies of spans, packed together: a block holds the canonical JSON and the source records of up to
//! 256 spans that were stored one after the other.
//!
//! A span's row id says where it lies: block = id / 256, slot = id % 256. Unpacked, a block is first all
//! bodies and then all source records, so that a record that says the same as its body takes next to no room.

use crate::codec;
use crate::door::Tx;
use crate::error::{Result, WorkspaceError};
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::{ControlFlow, Range};

pub(crate) const V3: &str = "
CREATE TABLE span_block (
    id INTEGER PRIMARY KEY,
    lengths BLOB NOT NULL,
    packed BLOB NOT NULL
) STRICT;
";

/// Spans of one block.
const SLOTS: usize = 256;

/// A block is closed when its bodies and records reach this many bytes. Packed, that is several pages of
/// the file: with blocks of less than a page, half of every page stayed empty.
const BLOCK_BYTES: usize = 256 * 1024;

/// Blocks kept unpacked by one reading.
const KEPT_BLOCKS: usize = 4;

/// A block before it has its number.
pub(crate) struct PackedBlock {
    /// Of each slot, the bytes of its body and of its record, as LEB128.
    lengths: Vec<u8>,
    packed: Vec<u8>,
    /// How many spans it holds.
    pub(crate) spans: usize,
}

/// Gathers bodies until they fill a block. Used again, it needs no new room.
#[derive(Default)]
pub(crate) struct BlockBuilder {
    lengths: Vec<u8>,
    bodies: Vec<u8>,
    raws: Vec<u8>,
    packed: Vec<u8>,
    spans: usize,
    blocks: Vec<PackedBlock>,
}

impl BlockBuilder {
    pub(crate) fn add(&mut self, body: &[u8], raw: &[u8]) -> Result<()> {
        let bytes = self.bodies.len() + self.raws.len();
        if self.spans == SLOTS || (self.spans > 0 && bytes + body.len() + raw.len() > BLOCK_BYTES) {
            self.close()?;
        }
        codec::refuse_oversized(body)?;
        codec::refuse_oversized(raw)?;
        put_length(&mut self.lengths, body.len());
        put_length(&mut self.lengths, raw.len());
        self.bodies.extend_from_slice(body);
        self.raws.extend_from_slice(raw);
        self.spans += 1;
        Ok(())
    }

    /// The blocks of everything that was added; the next one begins anew.
    pub(crate) fn finish(&mut self) -> Result<Vec<PackedBlock>> {
        self.close()?;
        Ok(std::mem::take(&mut self.blocks))
    }

    fn close(&mut self) -> Result<()> {
        if self.spans > 0 {
            self.bodies.append(&mut self.raws);
            codec::pack_block(&self.bodies, &mut self.packed)?;
            self.blocks.push(PackedBlock {
                packed: self.packed.as_slice().to_vec(),
                lengths: self.lengths.as_slice().to_vec(),
                spans: self.spans,
            });
            self.spans = 0;
            self.lengths.clear();
            for buffer in [&mut self.bodies, &mut self.raws, &mut self.packed] {
                buffer.clear();
                // One huge span must not be paid for until the end.
                buffer.shrink_to(2 * BLOCK_BYTES);
            }
        }
        Ok(())
    }
}

/// The number of the next block: above every block and every row there is, old rows without a block included.
pub(crate) fn next_number(tx: &Tx<'_>) -> Result<i64> {
    let mut statement = tx.prepare_cached(
        "SELECT max(coalesce((SELECT max(id) FROM span_block), 0),
                    coalesce((SELECT max(id) FROM span), 0) / 256)",
    )?;
    Ok(statement.query_row([], |row| row.get::<_, i64>(0))? + 1)
}

/// The number of the last block, -1 when there is none.
pub(crate) fn last_number(conn: &Connection) -> Result<i64> {
    let mut statement = conn.prepare_cached("SELECT coalesce(max(id), -1) FROM span_block")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The row id of a slot.
pub(crate) fn span_id(block: i64, slot: usize) -> i64 {
    block * SLOTS as i64 + slot as i64
}

pub(crate) fn insert(tx: &Tx<'_>, number: i64, block: &PackedBlock) -> Result<()> {
    tx.prepare_cached("INSERT INTO span_block (id, lengths, packed) VALUES (?1, ?2, ?3)")?
        .execute(params![number, block.lengths, block.packed])?;
    Ok(())
}

/// Reads bodies by row id, with the last few blocks kept unpacked.
pub(crate) struct Bodies<'c> {
    conn: &'c Connection,
    kept: Vec<OpenBlock>,
}

impl<'c> Bodies<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            kept: Vec::new(),
        }
    }

    /// The canonical JSON of the span with this row id.
    pub(crate) fn body(&mut self, id: i64) -> Result<Vec<u8>> {
        if let Some((body, _)) = old_body(self.conn, id)? {
            return codec::unpack(&body);
        }
        let block = self.block(id)?;
        block.body(slot_of(id)).map(<[u8]>::to_vec)
    }

    /// The canonical JSON and the source's own record.
    pub(crate) fn body_and_raw(&mut self, id: i64) -> Result<(Vec<u8>, Vec<u8>)> {
        if let Some((body, raw)) = old_body(self.conn, id)? {
            let body = codec::unpack(&body)?;
            let raw = codec::unpack_beside(&raw, &body)?;
            return Ok((body, raw));
        }
        let block = self.block(id)?;
        let slot = slot_of(id);
        Ok((block.body(slot)?.to_vec(), block.raw(slot)?.to_vec()))
    }

    fn block(&mut self, id: i64) -> Result<&OpenBlock> {
        let number = id.div_euclid(SLOTS as i64);
        match self.kept.iter().position(|block| block.number == number) {
            Some(at) => self.kept[at..].rotate_left(1),
            None => {
                let block =
                    open(self.conn, number)?.ok_or_else(|| damaged("a span's block is missing"))?;
                if self.kept.len() == KEPT_BLOCKS {
                    self.kept.remove(0);
                }
                self.kept.push(block);
            }
        }
        self.kept
            .last()
            .ok_or_else(|| damaged("a span's block is missing"))
    }
}

fn slot_of(id: i64) -> usize {
    id.rem_euclid(SLOTS as i64) as usize
}

/// Where workspaces of version 2 and older keep the body: in a row of its own.
fn old_body(conn: &Connection, id: i64) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    Ok(conn
        .prepare_cached("SELECT body, raw FROM span_body WHERE span = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn open(conn: &Connection, number: i64) -> Result<Option<OpenBlock>> {
    let found: Option<(Vec<u8>, Vec<u8>)> = conn
        .prepare_cached("SELECT lengths, packed FROM span_block WHERE id = ?1")?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(lengths, packed)| OpenBlock::unpack(number, &lengths, &packed))
        .transpose()
}

/// Hands the bodies of every block from number `from` on to `each`, with their row ids. A slot whose span
/// was a duplicate has a body but no row.
pub(crate) fn each_block(
    conn: &Connection,
    from: i64,
    each: &mut dyn FnMut(BlockBodies<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut statement = conn
        .prepare_cached("SELECT id, lengths, packed FROM span_block WHERE id >= ?1 ORDER BY id")?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        let blob = |at| {
            row.get_ref(at)?
                .as_blob()
                .map_err(|error| damaged(&error.to_string()))
        };
        let block = OpenBlock::unpack(row.get(0)?, blob(1)?, blob(2)?)?;
        if each(BlockBodies(&block))?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The bodies of one block.
pub(crate) struct BlockBodies<'a>(&'a OpenBlock);

impl<'a> BlockBodies<'a> {
    pub(crate) fn number(&self) -> i64 {
        self.0.number
    }

    /// All bodies, one after the other.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        let end = self.0.slots.bodies.last().map_or(0, |last| last.end);
        self.0.bytes.get(..end).unwrap_or_default()
    }

    /// The row id and the end of the body that holds the byte at `at`, and the body.
    pub(crate) fn body_at(&self, at: usize) -> Option<(i64, Range<usize>)> {
        let slot = self.0.slots.bodies.partition_point(|body| body.end <= at);
        let body = self.0.slots.bodies.get(slot)?;
        Some((span_id(self.0.number, slot), body.clone()))
    }
}

/// A block whose bytes are at hand.
struct OpenBlock {
    number: i64,
    slots: Slots,
    bytes: Vec<u8>,
}

impl OpenBlock {
    fn unpack(number: i64, lengths: &[u8], packed: &[u8]) -> Result<Self> {
        let slots = Slots::read(lengths)?;
        let bytes = codec::unpack_block(packed, slots.total)?;
        Ok(Self {
            number,
            slots,
            bytes,
        })
    }

    fn body(&self, slot: usize) -> Result<&[u8]> {
        self.part(self.slots.bodies.get(slot))
    }

    fn raw(&self, slot: usize) -> Result<&[u8]> {
        self.part(self.slots.raws.get(slot))
    }

    fn part(&self, range: Option<&Range<usize>>) -> Result<&[u8]> {
        range
            .and_then(|range| self.bytes.get(range.clone()))
            .ok_or_else(|| damaged("a span's slot is missing from its block"))
    }
}

/// Where each slot's parts lie in the unpacked block.
struct Slots {
    bodies: Vec<Range<usize>>,
    raws: Vec<Range<usize>>,
    total: usize,
}

impl Slots {
    fn read(lengths: &[u8]) -> Result<Self> {
        let (mut bodies, mut raws) = (Vec::new(), Vec::new());
        let (mut rest, mut body_end, mut raw_end) = (lengths, 0_usize, 0_usize);
        while !rest.is_empty() {
            if bodies.len() == SLOTS {
                return Err(damaged("a block claims more than 256 spans"));
            }
            let ends =
                take_length(&mut rest)
                    .zip(take_length(&mut rest))
                    .and_then(|(body, raw)| {
                        Some((body_end.checked_add(body)?, raw_end.checked_add(raw)?))
                    });
            let (body, raw) = ends.ok_or_else(|| damaged("a block's lengths do not read"))?;
            bodies.push(body_end..body);
            raws.push(raw_end..raw);
            (body_end, raw_end) = (body, raw);
        }
        let total = body_end
            .checked_add(raw_end)
            .ok_or_else(|| damaged("a block's lengths do not read"))?;
        for raw in &mut raws {
            *raw = raw.start + body_end..raw.end + body_end;
        }
        Ok(Self {
            bodies,
            raws,
            total,
        })
    }
}

fn put_length(into: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        into.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    into.push(length as u8);
}

/// At most four bytes: 256 MB, the most a body may have.
fn take_length(rest: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(length);
        }
    }
    None
}

fn damaged(what: &str) -> WorkspaceError {
    WorkspaceError::Damaged(what.into())
}

#[cfg(test)]
mod tests;

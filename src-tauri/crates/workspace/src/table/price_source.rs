//! Where computed prices come from: each origin once, and a number in the rows of spans.

use crate::codec;
use crate::door::Tx;
use crate::error::Result;
use plumbline_model::{Cost, PriceSource};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

pub(crate) const V3: &str = "
CREATE TABLE price_source (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE
) STRICT;
";

/// The numbers met in one transaction.
#[derive(Default)]
pub(crate) struct PriceSources(HashMap<String, i64>);

impl PriceSources {
    /// The number of a cost's origin, given to it now where it had none.
    pub(crate) fn number(&mut self, tx: &Tx<'_>, cost: Option<&Cost>) -> Result<Option<i64>> {
        let Some(source) = cost.and_then(|cost| cost.source.as_ref()) else {
            return Ok(None);
        };
        let source = codec::json(source)?;
        if let Some(number) = self.0.get(&source) {
            return Ok(Some(*number));
        }
        tx.prepare_cached("INSERT OR IGNORE INTO price_source (source) VALUES (?1)")?
            .execute([&source])?;
        let number = tx
            .prepare_cached("SELECT id FROM price_source WHERE source = ?1")?
            .query_row([&source], |row| row.get(0))?;
        self.0.insert(source, number);
        Ok(Some(number))
    }
}

/// The origin that a span's row names: by its number, or in rows of version 2 and older as JSON.
pub(crate) fn read(conn: &Connection, named: &str) -> Result<Option<PriceSource>> {
    if named.starts_with('{') {
        return Ok(Some(codec::from_json(named.as_bytes())?));
    }
    let source: Option<String> = conn
        .prepare_cached("SELECT source FROM price_source WHERE id = ?1")?
        .query_row([named], |row| row.get(0))
        .optional()?;
    source
        .map(|source| codec::from_json(source.as_bytes()))
        .transpose()
}

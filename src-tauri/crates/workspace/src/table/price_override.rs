//! Prices that a person set in place of the bundled table's. Kept as the decimal text that was typed.

use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{UnixNanos, Usd};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// No provider is stored as the empty text, since a key column that is NULL would not be unique.
pub(crate) const V1: &str = "
CREATE TABLE price_override (
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    input_usd_per_mtok TEXT NOT NULL,
    output_usd_per_mtok TEXT NOT NULL,
    input_cached_usd_per_mtok TEXT,
    note TEXT NOT NULL,
    updated_ns INTEGER NOT NULL,
    PRIMARY KEY (model, provider)
) STRICT, WITHOUT ROWID;
";

/// A part of migration 5: units that came later. NULL: the person said nothing of them.
pub(crate) const V5: &str = "
ALTER TABLE price_override ADD COLUMN input_cache_write_usd_per_mtok TEXT;
ALTER TABLE price_override ADD COLUMN input_cache_write_1h_usd_per_mtok TEXT;
ALTER TABLE price_override ADD COLUMN input_audio_usd_per_mtok TEXT;
ALTER TABLE price_override ADD COLUMN output_audio_usd_per_mtok TEXT;
ALTER TABLE price_override ADD COLUMN batch_input_usd_per_mtok TEXT;
ALTER TABLE price_override ADD COLUMN batch_output_usd_per_mtok TEXT;
";

/// A price that a person set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PriceOverrideRow {
    /// `None` for every provider.
    pub provider: Option<String>,
    pub model: String,
    pub input_usd_per_mtok: Usd,
    pub output_usd_per_mtok: Usd,
    pub input_cached_usd_per_mtok: Option<Usd>,
    pub input_cache_write_usd_per_mtok: Option<Usd>,
    pub input_cache_write_1h_usd_per_mtok: Option<Usd>,
    pub input_audio_usd_per_mtok: Option<Usd>,
    pub output_audio_usd_per_mtok: Option<Usd>,
    pub batch_input_usd_per_mtok: Option<Usd>,
    pub batch_output_usd_per_mtok: Option<Usd>,
    /// Where the figure is from, in the person's words.
    pub note: String,
    pub updated_ns: UnixNanos,
}

impl PriceOverrideRow {
    /// The prices that need not be set, in the order of their columns.
    fn optional(&self) -> [Option<Usd>; 7] {
        [
            self.input_cached_usd_per_mtok,
            self.input_cache_write_usd_per_mtok,
            self.input_cache_write_1h_usd_per_mtok,
            self.input_audio_usd_per_mtok,
            self.output_audio_usd_per_mtok,
            self.batch_input_usd_per_mtok,
            self.batch_output_usd_per_mtok,
        ]
    }
}

impl Workspace {
    /// Stores a price in place of an earlier one for the same provider and model.
    ///
    /// # Errors
    /// `BadInput` for a price below zero.
    pub fn put_price_override(&self, price: PriceOverrideRow) -> Result<()> {
        let amounts = [
            Some(price.input_usd_per_mtok),
            Some(price.output_usd_per_mtok),
        ];
        if amounts
            .into_iter()
            .chain(price.optional())
            .flatten()
            .any(|usd| usd < Usd::ZERO)
        {
            return Err(WorkspaceError::BadInput(format!(
                "the price of `{}` is below zero",
                price.model
            )));
        }
        let texts = price.optional().map(|usd| usd.map(|usd| usd.to_string()));
        let [
            cached,
            write,
            write_1h,
            audio_in,
            audio_out,
            batch_in,
            batch_out,
        ] = texts;
        self.write(Durability::Normal, move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO price_override (model, provider, input_usd_per_mtok,
                    output_usd_per_mtok, note, updated_ns, input_cached_usd_per_mtok,
                    input_cache_write_usd_per_mtok, input_cache_write_1h_usd_per_mtok,
                    input_audio_usd_per_mtok, output_audio_usd_per_mtok, batch_input_usd_per_mtok,
                    batch_output_usd_per_mtok)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                price.model,
                price.provider.unwrap_or_default(),
                price.input_usd_per_mtok.to_string(),
                price.output_usd_per_mtok.to_string(),
                price.note,
                price.updated_ns.0,
                cached,
                write,
                write_1h,
                audio_in,
                audio_out,
                batch_in,
                batch_out
            ])?;
            tx.announce(Topic::Price, price.model);
            Ok(())
        })
    }

    /// Removes a price; false when there was none.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn delete_price_override(&self, provider: Option<&str>, model: &str) -> Result<bool> {
        let (provider, model) = (provider.unwrap_or_default().to_owned(), model.to_owned());
        self.write(Durability::Normal, move |tx| {
            let gone = tx
                .prepare_cached("DELETE FROM price_override WHERE model = ?1 AND provider = ?2")?
                .execute([&model, &provider])?;
            tx.announce(Topic::Price, model);
            Ok(gone > 0)
        })
    }

    /// All prices that were set, by model.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn price_overrides(&self) -> Result<Vec<PriceOverrideRow>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT provider, model, input_usd_per_mtok, output_usd_per_mtok, note, updated_ns,
                        input_cached_usd_per_mtok, input_cache_write_usd_per_mtok,
                        input_cache_write_1h_usd_per_mtok, input_audio_usd_per_mtok,
                        output_audio_usd_per_mtok, batch_input_usd_per_mtok, batch_output_usd_per_mtok
                 FROM price_override ORDER BY model, provider",
            )?;
            let mut rows = statement.query([])?;
            let mut prices = Vec::new();
            while let Some(row) = rows.next()? {
                prices.push(read(row)?);
            }
            Ok(prices)
        })
    }
}

fn read(row: &Row<'_>) -> Result<PriceOverrideRow> {
    let provider: String = row.get(0)?;
    let some = |column: usize| -> Result<Option<Usd>> {
        let text: Option<String> = row.get(column)?;
        text.as_deref().map(amount).transpose()
    };
    Ok(PriceOverrideRow {
        provider: Some(provider).filter(|provider| !provider.is_empty()),
        model: row.get(1)?,
        input_usd_per_mtok: amount(&row.get::<_, String>(2)?)?,
        output_usd_per_mtok: amount(&row.get::<_, String>(3)?)?,
        note: row.get(4)?,
        updated_ns: UnixNanos(row.get(5)?),
        input_cached_usd_per_mtok: some(6)?,
        input_cache_write_usd_per_mtok: some(7)?,
        input_cache_write_1h_usd_per_mtok: some(8)?,
        input_audio_usd_per_mtok: some(9)?,
        output_audio_usd_per_mtok: some(10)?,
        batch_input_usd_per_mtok: some(11)?,
        batch_output_usd_per_mtok: some(12)?,
    })
}

fn amount(text: &str) -> Result<Usd> {
    text.parse()
        .map_err(|_| WorkspaceError::Damaged(format!("`{text}` is not an amount")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_replaced_per_provider_and_never_negative() {
        let workspace = Workspace::in_memory().unwrap();
        let price = |provider: Option<&str>, input: &str| PriceOverrideRow {
            provider: provider.map(str::to_owned),
            model: "m".into(),
            input_usd_per_mtok: input.parse().unwrap(),
            output_usd_per_mtok: "2.50".parse().unwrap(),
            input_cache_write_1h_usd_per_mtok: Some("7.5".parse().unwrap()),
            batch_output_usd_per_mtok: Some("1.25".parse().unwrap()),
            note: "contract".into(),
            updated_ns: UnixNanos(1),
            ..PriceOverrideRow::default()
        };
        workspace.put_price_override(price(None, "1")).unwrap();
        workspace.put_price_override(price(None, "0.1")).unwrap();
        workspace
            .put_price_override(price(Some("openai"), "3"))
            .unwrap();
        assert!(workspace.put_price_override(price(None, "-1")).is_err());
        let below = PriceOverrideRow {
            input_audio_usd_per_mtok: Some("-1".parse().unwrap()),
            ..price(None, "1")
        };
        assert!(workspace.put_price_override(below).is_err());
        assert_eq!(
            workspace.price_overrides().unwrap(),
            [price(None, "0.1"), price(Some("openai"), "3")]
        );
        assert!(workspace.delete_price_override(None, "m").unwrap());
        assert!(!workspace.delete_price_override(None, "m").unwrap());
        assert_eq!(workspace.price_overrides().unwrap().len(), 1);
    }
}

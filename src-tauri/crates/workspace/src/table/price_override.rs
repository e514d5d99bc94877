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

/// A price that a person set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceOverrideRow {
    /// `None` for every provider.
    pub provider: Option<String>,
    pub model: String,
    pub input_usd_per_mtok: Usd,
    pub output_usd_per_mtok: Usd,
    pub input_cached_usd_per_mtok: Option<Usd>,
    /// Where the figure is from, in the person's words.
    pub note: String,
    pub updated_ns: UnixNanos,
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
            .chain([price.input_cached_usd_per_mtok])
            .flatten()
            .any(|usd| usd < Usd::ZERO)
        {
            return Err(WorkspaceError::BadInput(format!(
                "the price of `{}` is below zero",
                price.model
            )));
        }
        self.write(Durability::Normal, move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO price_override (model, provider, input_usd_per_mtok,
                    output_usd_per_mtok, input_cached_usd_per_mtok, note, updated_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                price.model,
                price.provider.unwrap_or_default(),
                price.input_usd_per_mtok.to_string(),
                price.output_usd_per_mtok.to_string(),
                price.input_cached_usd_per_mtok.map(|usd| usd.to_string()),
                price.note,
                price.updated_ns.0
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
                "SELECT provider, model, input_usd_per_mtok, output_usd_per_mtok,
                        input_cached_usd_per_mtok, note, updated_ns
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
    let cached: Option<String> = row.get(4)?;
    Ok(PriceOverrideRow {
        provider: Some(provider).filter(|provider| !provider.is_empty()),
        model: row.get(1)?,
        input_usd_per_mtok: amount(&row.get::<_, String>(2)?)?,
        output_usd_per_mtok: amount(&row.get::<_, String>(3)?)?,
        input_cached_usd_per_mtok: cached.as_deref().map(amount).transpose()?,
        note: row.get(5)?,
        updated_ns: UnixNanos(row.get(6)?),
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
            input_cached_usd_per_mtok: None,
            note: "contract".into(),
            updated_ns: UnixNanos(1),
        };
        workspace.put_price_override(price(None, "1")).unwrap();
        workspace.put_price_override(price(None, "0.1")).unwrap();
        workspace
            .put_price_override(price(Some("openai"), "3"))
            .unwrap();
        assert!(workspace.put_price_override(price(None, "-1")).is_err());
        assert_eq!(
            workspace.price_overrides().unwrap(),
            [price(None, "0.1"), price(Some("openai"), "3")]
        );
        assert!(workspace.delete_price_override(None, "m").unwrap());
        assert!(!workspace.delete_price_override(None, "m").unwrap());
        assert_eq!(workspace.price_overrides().unwrap().len(), 1);
    }
}

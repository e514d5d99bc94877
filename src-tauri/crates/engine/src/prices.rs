//! Prices as this workspace sees them: the user's overrides, then the bundled table.

use crate::{Engine, clock};
use plumbline_model::Problem;
use plumbline_tokens::prices::{PriceOverride, PriceTable, Prices};
use plumbline_workspace::PriceOverrideRow;
use std::sync::{Arc, PoisonError, RwLock};

/// The prices in force; read again when an override changes.
#[derive(Default)]
pub(crate) struct PriceBook(RwLock<Option<Arc<Prices>>>);

impl Engine {
    /// The prices in force.
    pub(crate) fn prices(&self) -> Arc<Prices> {
        let held = self
            .inner
            .prices
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        held.unwrap_or_else(|| {
            // A workspace whose overrides cannot be read still has the bundled prices.
            let overrides = self.price_overrides().unwrap_or_else(|problem| {
                tracing::warn!(%problem, "prices of the user's own could not be read");
                Vec::new()
            });
            let bundled = Arc::clone(PriceTable::bundled());
            let prices = Arc::new(match self.imported_table() {
                None => Prices {
                    overrides,
                    table: bundled,
                    behind: None,
                },
                Some(table) => Prices {
                    overrides,
                    table: Arc::new(table),
                    behind: Some(bundled),
                },
            });
            *self
                .inner
                .prices
                .0
                .write()
                .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&prices));
            prices
        })
    }

    /// The imported table in force; one that cannot be read leaves the bundled one in force.
    fn imported_table(&self) -> Option<PriceTable> {
        let kept = match self.inner.workspace.price_table_in_force() {
            Ok(kept) => kept?,
            Err(error) => {
                tracing::warn!(%error, "the imported price table could not be read");
                return None;
            }
        };
        PriceTable::parse(&kept.1)
            .inspect_err(|error| tracing::warn!(%error, "the imported price table is not usable"))
            .ok()
    }

    /// The user's own prices.
    pub fn price_overrides(&self) -> Result<Vec<PriceOverride>, Problem> {
        let rows = self.inner.workspace.price_overrides()?;
        Ok(rows
            .into_iter()
            .map(|row| {
                // The row keeps both in one column: the source is its first line.
                let (source, note) = row.note.split_once('\n').unwrap_or((&row.note, ""));
                PriceOverride {
                    provider: row.provider,
                    model: row.model,
                    input_usd_per_mtok: row.input_usd_per_mtok,
                    output_usd_per_mtok: row.output_usd_per_mtok,
                    input_cached_usd_per_mtok: row.input_cached_usd_per_mtok,
                    input_cache_write_usd_per_mtok: row.input_cache_write_usd_per_mtok,
                    input_cache_write_1h_usd_per_mtok: row.input_cache_write_1h_usd_per_mtok,
                    input_audio_usd_per_mtok: row.input_audio_usd_per_mtok,
                    output_audio_usd_per_mtok: row.output_audio_usd_per_mtok,
                    batch_input_usd_per_mtok: row.batch_input_usd_per_mtok,
                    batch_output_usd_per_mtok: row.batch_output_usd_per_mtok,
                    source: source.to_owned(),
                    note: note.to_owned(),
                }
            })
            .collect())
    }

    /// Sets a price of the user's own; it goes before the table.
    pub fn set_price(&self, price: &PriceOverride) -> Result<(), Problem> {
        self.inner.workspace.put_price_override(PriceOverrideRow {
            provider: price.provider.clone(),
            model: price.model.clone(),
            input_usd_per_mtok: price.input_usd_per_mtok,
            output_usd_per_mtok: price.output_usd_per_mtok,
            input_cached_usd_per_mtok: price.input_cached_usd_per_mtok,
            input_cache_write_usd_per_mtok: price.input_cache_write_usd_per_mtok,
            input_cache_write_1h_usd_per_mtok: price.input_cache_write_1h_usd_per_mtok,
            input_audio_usd_per_mtok: price.input_audio_usd_per_mtok,
            output_audio_usd_per_mtok: price.output_audio_usd_per_mtok,
            batch_input_usd_per_mtok: price.batch_input_usd_per_mtok,
            batch_output_usd_per_mtok: price.batch_output_usd_per_mtok,
            note: format!("{}\n{}", price.source.replace('\n', " "), price.note),
            updated_ns: clock::now(),
        })?;
        self.forget_prices();
        Ok(())
    }

    /// Removes a price of the user's own.
    pub fn remove_price(&self, provider: Option<&str>, model: &str) -> Result<(), Problem> {
        if !self
            .inner
            .workspace
            .delete_price_override(provider, model)?
        {
            return Err(
                Problem::not_found(format!("no price of your own is set for `{model}`"))
                    .hint("`plumbline price list` shows those that are."),
            );
        }
        self.forget_prices();
        Ok(())
    }

    /// Name and version of the table behind the user's own prices.
    #[must_use]
    pub fn price_table(&self) -> (String, String) {
        let prices = self.prices();
        (
            prices.table.name().to_owned(),
            prices.table.version().to_owned(),
        )
    }

    /// Reads the prices again when they are next asked for.
    pub(crate) fn forget_prices(&self) {
        *self
            .inner
            .prices
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }
}

//! The price table in force: importing a newer one, what it is, and back to the bundled one.

use crate::api::{CostScope, PriceTableUsed, PriceTableView};
use crate::{Engine, clock};
use flate2::read::MultiGzDecoder;
use plumbline_model::{Problem, RunId};
use plumbline_tokens::prices::PriceTable;
use plumbline_workspace::PriceTableRow;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Engine {
    /// Reads a price table from a file, plain or gzip, and puts it in force. Costs that are stored stay as they are.
    ///
    /// `as_of` is the day its prices are of, as `YYYY-MM-DD`, where the file does not say it; else that is today.
    pub fn import_price_table(
        &self,
        path: &Path,
        as_of: Option<&str>,
    ) -> Result<PriceTableView, Problem> {
        let text = read_bounded(path)?;
        let sha256: String = Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let now = clock::now();
        let as_of = as_of.map_or_else(|| now.utc_day(), str::to_owned);
        let version = format!("{as_of} {}", &sha256[..8]);
        let file = PriceTable::read_file(&text, &version, &as_of)?;
        let table = &file.table;
        let row = PriceTableRow {
            sha256,
            name: table.name().to_owned(),
            version: table.version().to_owned(),
            as_of: table.retrieved().to_owned(),
            source: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            models: table.model_count() as u64,
            imported_ns: now,
        };
        self.inner.workspace.put_price_table(row, &file.json)?;
        self.forget_prices();
        self.price_table_view()
    }

    /// Takes an imported table out of force; false when the bundled one was in force already.
    pub fn reset_price_table(&self) -> Result<bool, Problem> {
        let was_imported = self.inner.workspace.reset_price_table()?;
        self.forget_prices();
        Ok(was_imported)
    }

    /// Which table is in force, and how old it is.
    pub fn price_table_view(&self) -> Result<PriceTableView, Problem> {
        let prices = self.prices();
        let table = &prices.table;
        let row = match &prices.behind {
            Some(_) => self.inner.workspace.price_table_in_force()?,
            None => None,
        };
        let row = row.map(|(row, _)| row);
        Ok(PriceTableView {
            table: table.name().to_owned(),
            version: table.version().to_owned(),
            as_of: table.retrieved().to_owned(),
            age_days: table.age_days(clock::now()),
            models: table.model_count() as u64,
            bundled: row.is_none(),
            imported_ns: row.as_ref().map(|row| row.imported_ns),
            imported_from: row.map(|row| row.source),
            behind: prices.behind.as_ref().map(|behind| PriceTableUsed {
                table: behind.name().to_owned(),
                version: behind.version().to_owned(),
            }),
        })
    }

    /// The tables behind the costs of a run's cells.
    pub fn price_sources_of_run(&self, run: RunId) -> Result<Vec<PriceTableUsed>, Problem> {
        let sources = self.inner.workspace.price_sources_of_run(run)?;
        Ok(sources.into_iter().map(PriceTableUsed::from).collect())
    }

    /// The tables behind the sums of imported calls, or of all replays.
    pub fn price_sources(&self, scope: CostScope) -> Result<Vec<PriceTableUsed>, Problem> {
        let workspace = &self.inner.workspace;
        let sources = match scope {
            CostScope::Traces => workspace.price_sources_of_calls()?,
            CostScope::Replays => {
                let mut all = Vec::new();
                for run in workspace.list_runs()? {
                    all.extend(workspace.price_sources_of_run(run.run.id)?);
                }
                all
            }
        };
        let each_once: BTreeSet<_> = sources.into_iter().map(PriceTableUsed::from).collect();
        Ok(each_once.into_iter().collect())
    }
}

/// The text of a file that may be packed; never more than a table can be.
fn read_bounded(path: &Path) -> Result<String, Problem> {
    let shown = path.display();
    let refuse = |why: String| {
        Problem::bad_input(format!("the price table {shown} cannot be read: {why}"))
            .hint("Give the data.json of genai-prices, plain or as .gz.")
    };
    let is_file = std::fs::metadata(path)
        .map_err(|error| refuse(error.to_string()))?
        .is_file();
    if !is_file {
        return Err(refuse("it is no file".to_owned()));
    }
    let most = PriceTable::MAX_BYTES as u64;
    let read = |source: &mut dyn Read| -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        source
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| refuse(error.to_string()))?;
        if bytes.len() as u64 > most {
            return Err(refuse(format!("it has more than {most} bytes")));
        }
        Ok(bytes)
    };
    let mut file = File::open(path).map_err(|error| refuse(error.to_string()))?;
    let mut bytes = read(&mut file)?;
    if bytes.starts_with(&GZIP) {
        bytes = read(&mut MultiGzDecoder::new(bytes.as_slice()))?;
    }
    String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8".to_owned()))
}

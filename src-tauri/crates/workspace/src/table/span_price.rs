//! Costs of imported calls: where they come from, and whole spans with what they were computed to cost.

use crate::codec;
use crate::error::Result;
use crate::money::from_pico;
use crate::page::Page;
use crate::table::call_stats::CallFilter;
use crate::table::span_block::Bodies;
use crate::workspace::Workspace;
use plumbline_model::{PriceSource, Span, Usd};
use rusqlite::params_from_iter;

/// A model call with its stored price.
#[derive(Debug, Clone, PartialEq)]
pub struct PricedCall {
    /// The row, for [`Workspace::put_computed_costs`].
    pub row: i64,
    pub span: Span,
    /// As computed; what the source reports is `span.cost_usd`.
    pub cost_computed_usd: Option<Usd>,
    pub price_source: Option<PriceSource>,
}

impl Workspace {
    /// Calls that the filter accepts, whole, in order of their rows: at most `limit` after the row `after`.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn priced_calls(
        &self,
        filter: &CallFilter,
        after: i64,
        limit: u64,
    ) -> Result<Vec<PricedCall>> {
        let mut clause = filter.clause();
        clause.and("span.id > ?", after);
        self.read(|conn| {
            let page = Page::first(limit);
            let mut statement = conn.prepare(&clause.statement(
                "SELECT span.id, iif(reported, computed_pico, cost_pico),
                        (SELECT text FROM word WHERE word.id = price_source)
                 FROM span",
                " ORDER BY span.id LIMIT ? OFFSET ?",
            ))?;
            let mut rows = statement.query(params_from_iter(clause.values_and_page(page)))?;
            let mut bodies = Bodies::new(conn);
            let mut calls = Vec::new();
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let source: Option<String> = row.get(2)?;
                calls.push(PricedCall {
                    row: id,
                    span: codec::from_json(&bodies.body(id)?)?,
                    cost_computed_usd: row.get::<_, Option<i64>>(1)?.map(from_pico),
                    price_source: source
                        .map(|source| codec::from_json(source.as_bytes()))
                        .transpose()?,
                });
            }
            Ok(calls)
        })
    }

    /// Which tables the costs of imported calls were computed from, each once.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn price_sources_of_calls(&self) -> Result<Vec<PriceSource>> {
        self.read(|conn| {
            // Few words are sources, and the first row that names one is soon found.
            let mut statement = conn.prepare_cached(
                "SELECT text FROM word WHERE text GLOB '{\"table\":*'
                 AND EXISTS (SELECT 1 FROM span WHERE price_source = word.id AND cost_pico IS NOT NULL
                             AND NOT reported AND kind = 'llm')
                 ORDER BY id",
            )?;
            let texts = statement.query_map([], |row| row.get::<_, String>(0))?;
            let mut sources: Vec<PriceSource> = Vec::new();
            for text in texts {
                // A word of a trace may look like a source and be none.
                let Ok(source) = serde_json::from_str::<PriceSource>(&text?) else {
                    continue;
                };
                if !sources
                    .iter()
                    .any(|known| (&known.table, &known.version) == (&source.table, &source.version))
                {
                    sources.push(source);
                }
            }
            Ok(sources)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{CallFilter, ImportedSpan, Workspace};
    use plumbline_model::{Cost, PriceSource};

    fn source(version: &str) -> PriceSource {
        PriceSource {
            table: "t".into(),
            version: version.into(),
            entry: "p/m".into(),
        }
    }

    #[test]
    fn calls_come_whole_page_by_page_with_what_they_cost() {
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        let spans = (0..5).map(|at| {
            let mut span = call("t", &at.to_string(), at);
            span.tags.insert("batch".into(), "true".into());
            ImportedSpan {
                cost: Some(Cost {
                    usd: Some(usd("0.5")),
                    source: Some(source("1")),
                    ..Cost::default()
                }),
                ..imported(span)
            }
        });
        workspace.append_spans(import, spans.collect()).unwrap();
        let filter = CallFilter::default();
        let first = workspace.priced_calls(&filter, i64::MIN, 3).unwrap();
        let rest = workspace.priced_calls(&filter, first[2].row, 3).unwrap();
        assert_eq!((first.len(), rest.len()), (3, 2));
        assert_eq!(rest[1].span.tags["batch"], "true");
        assert_eq!(rest[1].cost_computed_usd, Some(usd("0.5")));
        assert_eq!(rest[1].price_source, Some(source("1")));
        assert_eq!(workspace.price_sources_of_calls().unwrap(), [source("1")]);
        let cost = Cost {
            usd: Some(usd("1")),
            source: Some(source("2")),
            ..Cost::default()
        };
        let all = first
            .iter()
            .chain(&rest)
            .map(|call| (call.row, cost.clone()));
        workspace.put_computed_costs(all.collect()).unwrap();
        assert_eq!(workspace.price_sources_of_calls().unwrap(), [source("2")]);
    }
}

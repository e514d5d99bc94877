//! How many tokens earlier calls of a prompt and a model took: what an estimate is made from.

use crate::error::Result;
use crate::row::count;
use crate::table::word::is_word;
use crate::workspace::Workspace;
use rusqlite::{Connection, Row, ToSql};

/// Calls that are looked at, the newest first.
const CALLS: usize = 2_000;

/// Tokens of one earlier call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTokens {
    /// Output, as the provider measured it.
    pub out: u64,
    /// Input as it was measured, beside what it was counted as before it was sent.
    pub counted_in: Option<CountedInput>,
}

/// The two counts of one call's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedInput {
    pub estimated: u64,
    pub measured: u64,
}

const OF_CELLS: &str = "
    SELECT tokens_out, tokens_in_estimated, tokens_in FROM cell
    WHERE run_id IN (SELECT run_id FROM run_prompt WHERE name = ?1 GROUP BY run_id ORDER BY run_id DESC LIMIT 20)
        AND prompt_name = ?1 AND model = ?2 AND status = 'complete' AND origin <> 'cached' AND tokens_out IS NOT NULL
    ORDER BY run_id DESC LIMIT ?3";

/// Of a million calls only the newest are searched for the prompt.
const OF_SPANS: &str = concat!(
    "SELECT tokens_out, NULL, NULL FROM (
        SELECT prompt_name, tokens_out FROM span WHERE kind = 'llm' AND ",
    is_word!("model"),
    " ORDER BY start_ns DESC LIMIT 50000)
    WHERE tokens_out IS NOT NULL AND prompt_name = (SELECT id FROM word WHERE text = ?) LIMIT ?"
);

const OF_MODEL: &str = "
    SELECT tokens_out, tokens_in_estimated, tokens_in FROM cell
    WHERE run_id IN (SELECT id FROM run ORDER BY id DESC LIMIT 20)
        AND model = ?1 AND status = 'complete' AND origin <> 'cached' AND tokens_out IS NOT NULL
    LIMIT ?2";

impl Workspace {
    /// Calls of a prompt, any version, by a model: replayed ones, then imported ones.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn tokens_of_prompt(&self, prompt: &str, model: &str) -> Result<Vec<CallTokens>> {
        self.read(|conn| {
            let mut calls = read(conn, OF_CELLS, &[&prompt, &model, &(CALLS as i64)])?;
            let room = (CALLS - calls.len()) as i64;
            if room > 0 {
                calls.extend(read(conn, OF_SPANS, &[&model, &prompt, &room])?);
            }
            Ok(calls)
        })
    }

    /// Calls of a model by whatever prompt, of the newest runs.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn tokens_of_model(&self, model: &str) -> Result<Vec<CallTokens>> {
        self.read(|conn| read(conn, OF_MODEL, &[&model, &(CALLS as i64)]))
    }
}

fn read(conn: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<CallTokens>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(values, call)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn call(row: &Row<'_>) -> rusqlite::Result<CallTokens> {
    let (estimated, measured): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
    Ok(CallTokens {
        out: count(row.get(0)?),
        counted_in: estimated
            .zip(measured)
            .map(|(estimated, measured)| CountedInput {
                estimated: count(estimated),
                measured: count(measured),
            }),
    })
}

#[cfg(test)]
mod tests {
    use crate::Workspace;
    use crate::testing::*;
    use plumbline_model::{Cell, Origin, Usage};

    #[test]
    fn calls_of_a_prompt_are_those_of_runs_and_of_traces_and_never_the_caches() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 3);
        for (cell, origin) in cells.iter().zip([Origin::Live, Origin::Cached]) {
            let mut cell = Cell {
                origin: Some(origin),
                tokens_in_estimated: 100,
                ..answered(cell, None)
            };
            cell.completion.as_mut().unwrap().usage = Usage::of(110, 40);
            workspace.update_cells(&[cell]).unwrap();
        }
        let import = begin(&workspace, 1);
        let spans = [(Some("triage"), 50), (None, 60)].map(|(prompt, tokens_out)| {
            let mut span = call("t", &format!("s-{tokens_out}"), tokens_out);
            span.prompt_name = prompt.map(str::to_owned);
            span.model_returned = Some(target().model);
            span.usage = Usage::of(9, tokens_out as u64);
            imported(span)
        });
        workspace.append_spans(import, spans.into()).unwrap();
        let calls = workspace
            .tokens_of_prompt("triage", &target().model)
            .unwrap();
        assert_eq!(
            calls.iter().map(|call| call.out).collect::<Vec<_>>(),
            [40, 50]
        );
        let counted = calls[0].counted_in.unwrap();
        assert_eq!((counted.estimated, counted.measured), (100, 110));
        assert_eq!(calls[1].counted_in, None);
        assert_eq!(workspace.tokens_of_model(&target().model).unwrap().len(), 1);
        assert!(
            workspace
                .tokens_of_prompt("nobody's", "m")
                .unwrap()
                .is_empty()
        );
    }
}

//! The schema contract of a prompt: which share of the answers of each version keeps its output schema.
//!
//! Answers of runs are held against the schema their run was started with, imported ones against that of the release
//! they name. Only whole answers count: a cut one says nothing about the schema.

use crate::Engine;
use crate::api::{AnswerRef, AnswersFrom, ContractRow, FailingPathRow};
use crate::replay::is_column;
use crate::sent;
use plumbline_analysis::contract::ContractTally;
use plumbline_model::{Completion, Problem, PromptSpec, ResponseStatus, Run, SpanKind};
use plumbline_prompts as prompts;
use plumbline_workspace::SpanFilter;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Runs that are looked at, newest first.
const RUNS: usize = 50;
/// Answers of one version from one place that are looked at.
const ANSWERS: u64 = 20_000;
/// Ways of failing that are shown.
const SHOWN: usize = 20;

/// Version, template and place of answers.
type Key = (String, String, AnswersFrom);

struct Tally {
    inner: ContractTally<AnswerRef>,
    not_whole: u64,
    more: bool,
}

impl Engine {
    /// How well the answers of each version keep its output schema; a version without one has no row.
    ///
    /// # Errors
    /// `NotFound` for a prompt that is not there.
    pub fn prompt_contract(&self, name: &str) -> Result<Vec<ContractRow>, Problem> {
        self.prompt_folder()?.working_text(name)?;
        let mut tallies = BTreeMap::new();
        for run in self.inner.workspace.runs_of_prompt(name, RUNS)? {
            self.tally_run(name, &run, &mut tallies)?;
        }
        for release in self.inner.workspace.releases(Some(name))? {
            self.tally_imported(&release.spec, &mut tallies)?;
        }
        let mut rows: Vec<ContractRow> = tallies
            .into_iter()
            .filter(|(_, tally)| tally.inner.answers + tally.not_whole > 0)
            .map(|(key, tally)| row(key, tally))
            .collect();
        // The working file first, then releases from the newest on.
        let order = |row: &ContractRow| semver::Version::parse(&row.version).ok();
        rows.sort_by(|a, b| {
            let by_version = match (order(a), order(b)) {
                (Some(a), Some(b)) => b.cmp(&a),
                (a, b) => a.is_some().cmp(&b.is_some()),
            };
            by_version.then(a.from.cmp(&b.from))
        });
        Ok(rows)
    }

    fn tally_run(
        &self,
        name: &str,
        run: &Run,
        tallies: &mut BTreeMap<Key, Tally>,
    ) -> Result<(), Problem> {
        let columns = self.run_columns(run)?;
        let of_prompt = |column: &&crate::replay::Column| column.prompt_name == name;
        if !columns
            .iter()
            .filter(of_prompt)
            .any(|column| column.spec.output_schema.is_some())
        {
            return Ok(());
        }
        for cell in self.inner.workspace.all_cells(run.id)? {
            let found = columns
                .iter()
                .filter(of_prompt)
                .find(|column| is_column(column, &cell.key));
            let Some((column, completion)) = found.zip(cell.completion.as_ref()) else {
                continue;
            };
            let key = (
                column.prompt_version.clone(),
                cell.template_hash.clone(),
                AnswersFrom::Replay,
            );
            let Some(tally) = tally_of(tallies, key, &column.spec) else {
                continue;
            };
            if completion.status != ResponseStatus::Complete {
                tally.not_whole += 1;
            } else if is_call_only(completion) {
                // The answer comes when the tool has answered.
            } else if tally.inner.answers >= ANSWERS {
                tally.more = true;
            } else {
                let (run_id, cell_id) = (run.id, cell.id);
                tally
                    .inner
                    .add(&completion.text, || AnswerRef::Cell { run_id, cell_id });
            }
        }
        Ok(())
    }

    fn tally_imported(
        &self,
        spec: &PromptSpec,
        tallies: &mut BTreeMap<Key, Tally>,
    ) -> Result<(), Problem> {
        let version = spec.version.to_string();
        let key = (
            version.clone(),
            prompts::template_hash(spec),
            AnswersFrom::Import,
        );
        let Some(tally) = tally_of(tallies, key, spec) else {
            return Ok(());
        };
        let filter = SpanFilter {
            kind: Some(SpanKind::Llm),
            prompt_name: Some(spec.name.clone()),
            prompt_version: Some(version),
            ..SpanFilter::default()
        };
        self.inner.workspace.each_span(&filter, &mut |span| {
            if tally.inner.answers >= ANSWERS {
                tally.more = true;
                return ControlFlow::Break(());
            }
            match sent::answer_of(&span) {
                Some(answer) if is_call_only(&answer) => {}
                Some(answer) => tally.inner.add(&answer.text, || AnswerRef::Span {
                    trace_id: span.trace_id.clone(),
                    span_id: span.span_id.clone(),
                }),
                None => tally.not_whole += 1,
            }
            ControlFlow::Continue(())
        })?;
        Ok(())
    }
}

/// The tally of a version; `None` where it has no schema, or one that nothing can be held against.
fn tally_of<'t>(
    tallies: &'t mut BTreeMap<Key, Tally>,
    key: Key,
    spec: &PromptSpec,
) -> Option<&'t mut Tally> {
    match tallies.entry(key) {
        std::collections::btree_map::Entry::Occupied(known) => Some(known.into_mut()),
        std::collections::btree_map::Entry::Vacant(place) => {
            let inner = ContractTally::new(spec.output_schema.as_ref()?).ok()?;
            Some(place.insert(Tally {
                inner,
                not_whole: 0,
                more: false,
            }))
        }
    }
}

/// Whether a completion only asks for a tool.
fn is_call_only(completion: &Completion) -> bool {
    completion.text.is_empty() && !completion.tool_calls.is_empty()
}

fn row((version, template_hash, from): Key, tally: Tally) -> ContractRow {
    let (answers, kept, not_json) = (tally.inner.answers, tally.inner.kept, tally.inner.not_json);
    let ways = tally.inner.failing();
    ContractRow {
        failing_more: ways.len().saturating_sub(SHOWN) as u64,
        failing: ways
            .into_iter()
            .take(SHOWN)
            .map(|way| FailingPathRow {
                path: way.path,
                rule: way.rule,
                answers: way.answers,
                message: way.message,
                example: way.example,
            })
            .collect(),
        not_whole: tally.not_whole,
        more: tally.more,
        version,
        template_hash,
        from,
        answers,
        kept,
        not_json,
    }
}

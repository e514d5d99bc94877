//! From a plan to cells: prompts parsed, cases loaded, every request assembled and hashed once.
//!
//! Nothing is sent from here, and a cell that cannot be sent is kept with its reason.

use super::column::{Column, as_recorded_column, column};
use super::summaries::{PlannedSummary, RECOUNTED_PER_TOKEN};
use super::way_out::{LaidOut, WayOut};
use crate::Engine;
use crate::prompts::{WORKING, split_reference};
use plumbline_model::{Case, Problem, PromptSpec, Purpose, RunPlan, Target};
use plumbline_tokens::{RequestCounter, tokens_in_at_most};
use std::collections::BTreeSet;
use std::thread;

/// More cells than this are surely a mistake.
const MAX_CELLS: u64 = 1_000_000;
/// In place of a prompt version: the request that each case was sent with in production. No prompt has this name.
pub(crate) const AS_RECORDED: &str = "@recorded";

/// One cell of the matrix before anything happened to it.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) column: usize,
    pub(crate) case: usize,
    pub(crate) repeat: u32,
    pub(crate) request: Result<PlannedRequest, Problem>,
}

/// What identifies a request; the request itself is assembled again when it is sent.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRequest {
    pub(crate) request_hash: String,
    pub(crate) cache_key: String,
    pub(crate) tokens_in: u64,
    /// See [`tokens_in_at_most`].
    pub(crate) tokens_in_at_most: Option<u64>,
    pub(crate) max_tokens_out: Option<u64>,
    pub(crate) fitted: FittedBy,
}

/// How a request came to be within the budget of its prompt.
#[derive(Debug, Clone)]
pub(crate) enum FittedBy {
    Itself,
    Trimming,
    /// It goes to another model.
    Escalation,
    /// Another prompt summarises a value; what is said of the request's size is at most, until that is known.
    Summary(Box<PlannedSummary>),
}

/// A plan with everything it names.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    pub(crate) columns: Vec<Column>,
    pub(crate) cases: Vec<Case>,
    pub(crate) cells: Vec<Planned>,
}

impl Engine {
    /// Loads what a plan names and assembles every request.
    pub(crate) fn matrix(&self, plan: &RunPlan) -> Result<Matrix, Problem> {
        refuse_nonsense(plan)?;
        let columns = self.columns(plan)?;
        let cases = self.all_cases(&plan.dataset)?;
        let cells = columns.len() as u64 * cases.len() as u64 * u64::from(plan.repeats);
        if cells > MAX_CELLS {
            return Err(Problem::bad_input(format!("this plan has {cells} cells"))
                .hint(format!("At most {MAX_CELLS} cells go into one run: choose fewer versions, models or repeats.")));
        }
        let cells = plan_cells(&columns, &cases, plan.repeats);
        let mut matrix = Matrix {
            columns,
            cases,
            cells,
        };
        self.put_known_summaries(plan, &mut matrix)?;
        Ok(matrix)
    }

    /// The columns of a plan in grid order: prompt versions within each model.
    pub(crate) fn columns(&self, plan: &RunPlan) -> Result<Vec<Column>, Problem> {
        let mut columns = Vec::new();
        for target in &plan.targets {
            for reference in &plan.prompts {
                let (name, version) = split_reference(reference);
                if reference == AS_RECORDED {
                    columns.push(as_recorded_column(target, plan));
                    continue;
                }
                let find = |name: &str, version: &str| {
                    let (spec, text) = self.prompt_spec(name, version)?;
                    refuse_misplaced(&spec, name, version)?;
                    Ok((spec, text))
                };
                let (spec, text) = find(name, version)?;
                columns.push(column(version, target, spec, text)?.ready_for(plan, find)?);
            }
        }
        Ok(columns)
    }
}

/// A run is kept under the name and version that were asked for, so the file must say the same.
fn refuse_misplaced(spec: &PromptSpec, name: &str, version: &str) -> Result<(), Problem> {
    let found = spec.version.to_string();
    if spec.name == name && (version == WORKING || found == version) {
        return Ok(());
    }
    Err(Problem::bad_input(format!(
        "the file of {name}@{version} says that it is {}@{found}",
        spec.name
    ))
    .hint("Mend its front matter, or move it to where it belongs."))
}

/// The cells of the matrix, case by case. Cases are laid out side by side on the machine's cores.
fn plan_cells(columns: &[Column], cases: &[Case], repeats: u32) -> Vec<Planned> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(cores).max(CASES_WORTH_A_THREAD);
    let mut shares = cases.chunks(share).enumerate();
    let first = shares.next();
    thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|(at, some)| scope.spawn(move || plan_some(columns, some, at * share, repeats)))
            .collect();
        let mut cells =
            first.map_or_else(Vec::new, |(_, some)| plan_some(columns, some, 0, repeats));
        for other in others {
            match other.join() {
                Ok(more) => cells.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        cells
    })
}

/// Fewer are laid out before a thread has started.
const CASES_WORTH_A_THREAD: usize = 64;

fn plan_some(columns: &[Column], cases: &[Case], first_case: usize, repeats: u32) -> Vec<Planned> {
    let mut cells = Vec::with_capacity(columns.len() * cases.len() * repeats as usize);
    let mut counters: Vec<RequestCounter> = columns
        .iter()
        .map(|column| RequestCounter::new(column.encoding))
        .collect();
    for (case_at, case) in cases.iter().enumerate() {
        for (column_at, (column, counter)) in columns.iter().zip(&mut counters).enumerate() {
            let request = plan_one(column, case, counter);
            for repeat in 0..repeats {
                let mut request = request.clone();
                if let Ok(planned) = &mut request {
                    planned.name(column, repeat);
                }
                cells.push(Planned {
                    column: column_at,
                    case: first_case + case_at,
                    repeat,
                    request,
                });
            }
        }
    }
    cells
}

/// What a case's cells of a column have in common.
fn plan_one(
    column: &Column,
    case: &Case,
    counter: &mut RequestCounter,
) -> Result<PlannedRequest, Problem> {
    let max_tokens_out = column.max_tokens_out(case);
    let cache_key = String::new();
    Ok(match column.lay_out(case, counter)? {
        LaidOut::Ready(ready) => PlannedRequest {
            tokens_in: ready.assembled.tokens_in_estimated,
            tokens_in_at_most: tokens_in_at_most(&ready.column.target.model, &ready.assembled),
            request_hash: ready.assembled.request_hash,
            cache_key,
            max_tokens_out,
            fitted: if !std::ptr::eq(ready.column, column) {
                FittedBy::Escalation
            } else if ready.trimmed.is_empty() {
                FittedBy::Itself
            } else {
                FittedBy::Trimming
            },
        },
        LaidOut::Wants(wanted) => {
            let beside = column.with_summary(case, &wanted.variable, wanted.tokens_before, "")?;
            let at_most = tokens_in_at_most(&column.target.model, &beside.assembled);
            PlannedRequest {
                tokens_in: beside.assembled.tokens_in_estimated + wanted.tokens_allowed,
                tokens_in_at_most: at_most
                    .map(|at_most| at_most + wanted.tokens_allowed * RECOUNTED_PER_TOKEN),
                fitted: FittedBy::Summary(Box::new(PlannedSummary::of(&wanted))),
                request_hash: wanted.whole.request_hash,
                cache_key,
                max_tokens_out,
            }
        }
    })
}

impl Matrix {
    /// The models besides those of the plan that some cell needs, and what for.
    pub(super) fn others(&self) -> BTreeSet<(&Target, Purpose)> {
        let needs = |planned: &&Planned| match &planned.request {
            Ok(request) => match &request.fitted {
                FittedBy::Escalation => true,
                FittedBy::Summary(summary) => summary.ready_hash.is_none(),
                FittedBy::Itself | FittedBy::Trimming => false,
            },
            Err(_) => false,
        };
        let needed: BTreeSet<usize> = self
            .cells
            .iter()
            .filter(needs)
            .map(|planned| planned.column)
            .collect();
        let columns = needed.into_iter().map(|at| &self.columns[at]);
        columns
            .filter_map(|column| {
                let purpose = match column.way_out {
                    WayOut::Summarise(_) => Purpose::Summary,
                    _ => Purpose::Answer,
                };
                Some((column.other()?, purpose))
            })
            .collect()
    }
}

impl PlannedRequest {
    /// Who is asked for a request of a column: the column itself, or what it escalates to.
    pub(super) fn asked<'c>(&self, column: &'c Column) -> &'c Column {
        match (&self.fitted, &column.way_out) {
            (FittedBy::Escalation, WayOut::Escalate(to)) => to,
            _ => column,
        }
    }

    /// Says where its answer is cached. One whose summary is not there has no place yet.
    fn name(&mut self, column: &Column, repeat: u32) {
        self.cache_key = match &self.fitted {
            FittedBy::Summary(_) => String::new(),
            _ => self.asked(column).cache_key(&self.request_hash, repeat),
        };
    }
}

fn refuse_nonsense(plan: &RunPlan) -> Result<(), Problem> {
    let refuse = |message: &str, hint: &str| Err(Problem::bad_input(message).hint(hint));
    if plan.prompts.is_empty() {
        return refuse(
            "the plan names no prompt version",
            "Choose at least one, such as `ticket-triage@1.0.0`.",
        );
    }
    if plan.targets.is_empty() {
        return refuse(
            "the plan names no model",
            "Choose at least one, such as `openai:gpt-4.1-mini`.",
        );
    }
    if !(1..=100).contains(&plan.repeats) {
        return refuse(
            "repeats must be from 1 to 100",
            "Ask each question at least once.",
        );
    }
    if !(1..=1_000).contains(&plan.concurrency) {
        return refuse(
            "concurrency must be from 1 to 1000",
            "8 suits most providers.",
        );
    }
    let waits = &plan.waits;
    let waits = [
        waits.connect_ms,
        waits.first_token_ms,
        waits.idle_ms,
        waits.total_ms,
    ];
    if waits.contains(&Some(0)) {
        return refuse(
            "a call that may take no time can never be answered",
            "Leave a wait out, or give it at least a millisecond.",
        );
    }
    if plan.tenant.as_ref().is_some_and(String::is_empty) {
        return refuse("the tenant has no name", "Name it, or leave it out.");
    }
    if let Some(name) = named_twice(plan.prompts.iter().cloned()) {
        return refuse(
            &format!("the plan names {name} twice"),
            "Name each prompt version once; use repeats to ask again.",
        );
    }
    if let Some(name) = named_twice(plan.targets.iter().map(ToString::to_string)) {
        return refuse(
            &format!("the plan names {name} twice"),
            "Name each model once; use repeats to ask again.",
        );
    }
    Ok(())
}

fn named_twice(mut names: impl Iterator<Item = String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(name.clone()))
}

/// Reads `provider:model`. The model may contain colons itself.
pub fn parse_target(text: &str) -> Result<Target, Problem> {
    match text.split_once(':') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
            Ok(Target { provider: provider.to_ascii_lowercase(), model: model.to_owned() })
        }
        _ => Err(Problem::bad_input(format!("`{}` is not provider:model", text.escape_debug()))
            .hint("Write for example openai:gpt-4.1-mini, local:my-model or recorded:smollm2-135m-instruct.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_colons_of_its_model() {
        let target = parse_target("ollama:llama3.2:3b").unwrap();
        assert_eq!(
            (target.provider.as_str(), target.model.as_str()),
            ("ollama", "llama3.2:3b")
        );
        assert!(
            parse_target("gpt-4").is_err(),
            "a bare model names no provider"
        );
    }
}

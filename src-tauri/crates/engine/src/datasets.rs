//! Datasets: read from a file, made from imported calls, listed and paged.

use crate::api::{CasePage, DatasetFromSpans, DatasetRow, TraceFilter};
use crate::{Engine, clock};
use plumbline_analysis::grade::Grader;
use plumbline_model::{Case, Dataset, Problem, Span};
use plumbline_workspace::{DatasetSummary, Page};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// One case may be long, but not a whole archive.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;
const MAX_CASES: usize = 1_000_000;

impl Engine {
    /// Every dataset of the workspace.
    pub fn dataset_list(&self) -> Result<Vec<DatasetRow>, Problem> {
        self.inner
            .workspace
            .datasets()?
            .into_iter()
            .map(|stored| self.row(stored))
            .collect()
    }

    /// A page of cases; `text` is looked for in keys and variables.
    pub fn dataset_cases(
        &self,
        name: &str,
        offset: u64,
        limit: u64,
        text: &str,
    ) -> Result<CasePage, Problem> {
        let text = text.trim().to_lowercase();
        let mut cases = self.all_cases(name)?;
        if !text.is_empty() {
            cases.retain(|case| mentions(case, &text));
        }
        Ok(CasePage {
            total: cases.len() as u64,
            cases: cases
                .into_iter()
                .skip(offset as usize)
                .take(limit.min(1_000) as usize)
                .collect(),
        })
    }

    /// Reads a dataset file into the workspace, replacing a dataset of the same name.
    pub fn dataset_add(&self, path: &Path) -> Result<DatasetRow, Problem> {
        let dataset = read_dataset(path)?;
        self.inner.workspace.put_dataset(&dataset, clock::now())?;
        self.dataset_row(&dataset.name)
    }

    /// Makes cases of the imported model calls that carry their prompt's variables.
    ///
    /// A call made twice with the same variables becomes one case; its key is the call's request id where
    /// the source gives one, else trace and span id.
    pub fn dataset_from_traces(
        &self,
        name: &str,
        filter: &TraceFilter,
        limit: u64,
    ) -> Result<DatasetFromSpans, Problem> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Problem::bad_input("the dataset needs a name")
                .hint("Name it after where its cases come from, such as `last-week`."));
        }
        let calls = self.model_calls(filter, limit)?;
        let without_variables = calls
            .iter()
            .filter(|span| span.prompt_variables.is_empty())
            .count() as u64;
        let cases = cases_of(&calls);
        if cases.is_empty() {
            return Err(Problem::bad_input(format!(
                "none of the {} model calls carries its prompt's variables",
                calls.len()
            ))
            .hint("Set the span attribute plumbline.prompt.variables where the call is made."));
        }
        let dataset = Dataset {
            name: name.to_owned(),
            description: format!("{} imported model calls", cases.len()),
            cases,
        };
        self.inner.workspace.put_dataset(&dataset, clock::now())?;
        Ok(DatasetFromSpans {
            taken: dataset.cases.len() as u64,
            without_variables,
            without_messages: 0,
            recorded: 0,
            left_out: Vec::new(),
            dataset: self.dataset_row(name)?,
        })
    }

    pub(crate) fn dataset_row(&self, name: &str) -> Result<DatasetRow, Problem> {
        self.dataset_list()?
            .into_iter()
            .find(|row| row.name == name)
            .ok_or_else(|| no_dataset(name))
    }

    pub(crate) fn case(&self, dataset: &str, key: &str) -> Result<Case, Problem> {
        Ok(self.inner.workspace.dataset_case(dataset, key)?)
    }

    pub(crate) fn all_cases(&self, dataset: &str) -> Result<Vec<Case>, Problem> {
        Ok(self.inner.workspace.dataset(dataset)?.cases)
    }

    fn row(&self, stored: DatasetSummary) -> Result<DatasetRow, Problem> {
        let first = self
            .inner
            .workspace
            .dataset_cases(&stored.name, Page::first(1))?;
        Ok(DatasetRow {
            as_sent: first.iter().any(|case| case.request.is_some()),
            variables: first
                .iter()
                .flat_map(|case| case.variables.keys().cloned())
                .collect(),
            name: stored.name,
            description: stored.description,
            cases: stored.cases,
        })
    }
}

fn no_dataset(name: &str) -> Problem {
    Problem::not_found(format!(
        "there is no dataset `{}` with cases",
        name.escape_debug()
    ))
    .hint("Add one with `plumbline dataset add FILE`; `plumbline dataset list` names what exists.")
}

fn mentions(case: &Case, text: &str) -> bool {
    case.key.to_lowercase().contains(text)
        || case
            .variables
            .values()
            .any(|value| value.to_string().to_lowercase().contains(text))
}

/// Cases of model calls, one per distinct set of variables, in the order of the calls.
fn cases_of(calls: &[Span]) -> Vec<Case> {
    let mut seen = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut cases = Vec::new();
    for span in calls
        .iter()
        .filter(|span| !span.prompt_variables.is_empty())
    {
        let variables = serde_json::to_string(&span.prompt_variables).unwrap_or_default();
        if !seen.insert((span.prompt_name.clone(), variables)) {
            continue;
        }
        let place = format!("{}/{}", span.trace_id, span.span_id);
        let mut key = span.request_id.clone().unwrap_or_else(|| place.clone());
        if !keys.insert(key.clone()) {
            key.clone_from(&place);
            keys.insert(place.clone());
        }
        let mut tags = BTreeMap::new();
        if let Some(prompt) = &span.prompt_name {
            tags.insert("prompt".to_owned(), prompt.clone());
        }
        cases.push(Case {
            key,
            variables: span.prompt_variables.clone(),
            assertions: Vec::new(),
            tags,
            request: None,
            tool_results: Vec::new(),
            source: Some(place),
        });
    }
    cases
}

/// The optional first line of a dataset file.
#[derive(Deserialize)]
struct Header {
    dataset: String,
    #[serde(default)]
    description: String,
}

/// Reads a dataset file: JSONL, one case a line; a first line `{"dataset": …}` names it, else the file does.
pub(crate) fn read_dataset(path: &Path) -> Result<Dataset, Problem> {
    let file = File::open(path).map_err(|error| {
        Problem::not_found(format!(
            "cannot open the dataset {}: {error}",
            path.display()
        ))
        .hint("Name a dataset of the workspace, or a JSONL file with one case a line.")
    })?;
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    parse_dataset(&stem, BufReader::new(file)).map_err(|problem| Problem {
        message: format!("{}: {}", path.display(), problem.message),
        ..problem
    })
}

fn parse_dataset(name: &str, lines: impl BufRead) -> Result<Dataset, Problem> {
    let mut dataset = Dataset {
        name: name.to_owned(),
        description: String::new(),
        cases: Vec::new(),
    };
    let mut keys = BTreeMap::new();
    let grader = Grader::default();
    for (index, line) in lines.lines().enumerate() {
        let at = index + 1;
        let line = line.map_err(|error| Problem::bad_input(format!("line {at}: {error}")))?;
        let text = line.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        if text.len() > MAX_LINE_BYTES || dataset.cases.len() >= MAX_CASES {
            return Err(
                Problem::bad_input(format!("line {at}: more than a dataset may hold"))
                    .hint("A case is at most 16 MiB, a dataset at most 1,000,000 cases."),
            );
        }
        if dataset.cases.is_empty()
            && let Ok(header) = serde_json::from_str::<Header>(text)
        {
            dataset.name = header.dataset;
            dataset.description = header.description;
            continue;
        }
        let case: Case = serde_json::from_str(text).map_err(|error| {
            Problem::bad_input(format!("line {at}: not a case: {error}")).hint(
                "A case is one JSON object a line: {\"key\": \"T-1\", \"variables\": {…}, \"assertions\": […]}.",
            )
        })?;
        for assertion in &case.assertions {
            grader.prepare(assertion).map_err(|error| {
                let problem = Problem::from(error);
                Problem {
                    message: format!("line {at}: {}", problem.message),
                    ..problem
                }
            })?;
        }
        if let Some(first) = keys.insert(case.key.clone(), at) {
            return Err(Problem::bad_input(format!(
                "line {at}: the key `{}` stands on line {first} already",
                case.key.escape_debug()
            ))
            .hint("Runs are aligned by case key, so every case needs its own."));
        }
        dataset.cases.push(case);
    }
    if dataset.cases.is_empty() {
        return Err(Problem::bad_input("there is no case in it"));
    }
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{SpanKind, UnixNanos};
    use serde_json::json;

    fn parsed(text: &str) -> Result<Dataset, Problem> {
        parse_dataset("file", text.as_bytes())
    }

    #[test]
    fn the_first_line_may_name_the_dataset() {
        let text = "{\"dataset\":\"tickets\",\"description\":\"d\"}\n\n{\"key\":\"a\",\"variables\":{\"x\":1}}\n";
        let dataset = parsed(text).unwrap();
        assert_eq!((dataset.name.as_str(), dataset.cases.len()), ("tickets", 1));
        assert_eq!(
            parsed("{\"key\":\"a\",\"variables\":{}}").unwrap().name,
            "file"
        );
    }

    #[test]
    fn a_broken_line_a_second_key_and_an_empty_file_say_where() {
        let broken = parsed("{\"key\":\"a\",\"variables\":{}}\n{oops").unwrap_err();
        assert!(broken.message.starts_with("line 2:"), "{}", broken.message);
        let twice = "{\"key\":\"a\",\"variables\":{}}\n{\"key\":\"a\",\"variables\":{}}";
        assert!(
            parsed(twice)
                .unwrap_err()
                .message
                .contains("line 1 already")
        );
        assert!(parsed("\n").is_err());
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_told_with_its_line() {
        let text = "{\"key\":\"a\",\"variables\":{},\"assertions\":[{\"kind\":\"regex\",\"value\":\"(\"}]}";
        let problem = parsed(text).unwrap_err();
        assert!(
            problem.message.starts_with("line 1: the regular"),
            "{problem:?}"
        );
        assert!(problem.hint.is_some());
    }

    #[test]
    fn calls_with_the_same_variables_become_one_case_and_every_key_is_its_own() {
        let call = |span_id: &str, x: u32| {
            let mut span = Span::new("t", span_id, SpanKind::Llm, UnixNanos(0));
            span.request_id = Some("r".to_owned());
            span.prompt_variables.insert("x".to_owned(), json!(x));
            span
        };
        let cases = cases_of(&[call("1", 1), call("2", 1), call("3", 2)]);
        let keys: Vec<&str> = cases.iter().map(|case| case.key.as_str()).collect();
        assert_eq!(keys, ["r", "t/3"]);
    }
}

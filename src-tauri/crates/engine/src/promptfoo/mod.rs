//! promptfoo's configs as prompts, a dataset and assertions, with a list of what could not be carried over.
//!
//! Nothing of a config is run, sent or fetched; it names files below its own folder only. A prompt or dataset
//! that exists already is never overwritten.

mod assertions;
mod cases;
mod draft;
mod expected;
mod folder;
mod losses;
mod prompts;
mod values;
mod variables;
mod yaml;

use crate::api::DatasetRow;
use crate::{Engine, clock};
use folder::{ConfigFolder, ending};
use losses::Losses;
pub use losses::{Effect, NotCarried};
use plumbline_model::{Code, Dataset, Problem};
use plumbline_workspace::Topic;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::Path;
use values::slug;

/// Members of a config that are read, or that mean nothing for what is imported.
const READ: &[&str] = &[
    "$schema",
    "defaultTest",
    "description",
    "prompts",
    "providers",
    "targets",
    "tests",
];

/// What came of a config.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptfooImport {
    /// The config as it was named.
    pub path: String,
    /// Names of the prompts that were written to the prompt folder, each as version 1.0.0.
    pub prompts: Vec<String>,
    /// The dataset that holds the tests; `None` when there were none.
    pub dataset: Option<DatasetRow>,
    /// Providers that the config names; which models answer is chosen when a replay starts.
    pub providers: Vec<String>,
    pub not_carried_over: Vec<NotCarried>,
}

/// Whether a file is a config of promptfoo, by its name or by what it says.
#[must_use]
pub fn is_promptfoo_config(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = ending(&name);
    let yaml = ["yaml", "yml"].contains(&ending.as_str());
    if name.starts_with("promptfooconfig") && (yaml || ending == "json") {
        return true;
    }
    let text = || ConfigFolder::of(path).and_then(|folder| folder.read(&name));
    yaml && text().is_ok_and(|text| {
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        has("prompts:") && (has("tests:") || has("providers:") || has("defaultTest:"))
    })
}

impl Engine {
    /// Imports a config: prompts into the prompt folder, tests into a dataset.
    ///
    /// # Errors
    /// `BadInput` for a config that cannot be read or holds neither prompt nor test, `Conflict` when one of its
    /// prompts, or its dataset, exists and says something else. Nothing is written then.
    pub fn import_promptfoo(&self, path: &Path) -> Result<PromptfooImport, Problem> {
        let unreadable = |reason: String| {
            Problem::bad_input(format!("{}: {reason}", path.display()))
                .hint("Name a promptfooconfig.yaml; configs that are code are not run.")
        };
        let folder = ConfigFolder::of(path).map_err(unreadable)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = folder.read(&name).map_err(unreadable)?;
        let Value::Object(config) = yaml::read(&text).map_err(unreadable)? else {
            return Err(unreadable("it is no map of prompts and tests".to_owned()));
        };
        let mut losses = Losses::default();
        let base = base_name(&name, &folder);
        let part = |key: &str| config.get(key).unwrap_or(&Value::Null);
        let cases = cases::read(part("tests"), part("defaultTest"), &folder, &mut losses);
        let drafts = match config.get("prompts") {
            Some(prompts) => prompts::read(prompts, &folder, &base, &mut losses),
            None => Vec::new(),
        };
        let mut texts = Vec::new();
        for draft in drafts {
            match draft::file_text(&draft, &cases, &mut losses) {
                Ok(text) => texts.push((draft.name, text)),
                Err(reason) => losses.left_out(draft.place, reason),
            }
        }
        note_unread(&config, &mut losses);
        let rows = losses.into_rows();
        if texts.is_empty() && cases.is_empty() {
            let first = rows
                .first()
                .map(|row| format!("; {}: {}", row.place, row.reason));
            return Err(unreadable(format!(
                "no prompt and no test of it can be carried over{}",
                first.unwrap_or_default()
            )));
        }
        let dataset = (!cases.is_empty()).then(|| Dataset {
            name: base,
            description: config
                .get("description")
                .and_then(values::text_of)
                .unwrap_or_else(|| "Imported from promptfoo".to_owned()),
            cases,
        });
        self.write_promptfoo(&texts, dataset.as_ref())?;
        Ok(PromptfooImport {
            path: path.display().to_string(),
            prompts: texts.into_iter().map(|(name, _)| name).collect(),
            dataset: match dataset {
                Some(dataset) => Some(self.dataset_row(&dataset.name)?),
                None => None,
            },
            providers: providers(&config),
            not_carried_over: rows,
        })
    }

    /// Writes all of it, once it is known that nothing stands in the way.
    fn write_promptfoo(
        &self,
        texts: &[(String, String)],
        dataset: Option<&Dataset>,
    ) -> Result<(), Problem> {
        if let Some(dataset) = dataset {
            let exists = self
                .dataset_list()?
                .iter()
                .any(|row| row.name == dataset.name);
            if exists && self.inner.workspace.dataset(&dataset.name)? != *dataset {
                return Err(taken(&format!("a dataset `{}`", dataset.name)));
            }
        }
        if !texts.is_empty() {
            let folder = self.prompt_folder()?;
            let mut fresh = Vec::new();
            for (name, text) in texts {
                if !folder.working_path(name)?.exists() {
                    fresh.push((name, text));
                } else if folder.working_text(name)? != *text {
                    return Err(taken(&format!("a prompt `{name}`")));
                }
            }
            for (name, text) in fresh {
                folder.create_working(name, text)?;
                self.inner.workspace.announce(Topic::Prompt, name)?;
            }
        }
        match dataset {
            Some(dataset) => Ok(self.inner.workspace.put_dataset(dataset, clock::now())?),
            None => Ok(()),
        }
    }
}

fn taken(what: &str) -> Problem {
    Problem::new(
        Code::Conflict,
        format!("{what} exists already and says something else; nothing was written"),
    )
    .hint("Import into another workspace and prompt folder, or rename what exists.")
}

/// The name of the dataset: the file's, or the folder's where the file has the usual name.
fn base_name(file: &str, folder: &ConfigFolder) -> String {
    let stem = Path::new(file)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let usual = stem.starts_with("promptfooconfig");
    let text = folder.name().filter(|_| usual);
    slug(text.as_deref().unwrap_or(&stem), "promptfoo")
}

/// What the providers are called; nothing of their settings is taken over.
fn providers(config: &Map<String, Value>) -> Vec<String> {
    let named = config.get("providers").or_else(|| config.get("targets"));
    let one = named.map(std::slice::from_ref).unwrap_or_default();
    let entries = match named {
        Some(Value::Array(entries)) => entries.as_slice(),
        _ => one,
    };
    entries
        .iter()
        .filter_map(|entry| match entry {
            Value::String(id) => Some(id.clone()),
            Value::Object(members) => match members.get("id") {
                Some(id) => values::text_of(id),
                None => members.keys().next().cloned(),
            },
            _ => None,
        })
        .collect()
}

fn note_unread(config: &Map<String, Value>, losses: &mut Losses) {
    for name in config.keys().filter(|name| !READ.contains(&name.as_str())) {
        let reason = match name.as_str() {
            "env" => "environment variables are not read".to_owned(),
            "evaluateOptions" | "commandLineOptions" => {
                "settings of a run are given to `plumbline replay`".to_owned()
            }
            "nunjucksFilters" | "extensions" | "transform" => "code is not run".to_owned(),
            other => format!("`{other}` has no counterpart"),
        };
        losses.left_out(name, reason);
    }
    let with_settings = |entry: &Value| entry.get("config").is_some();
    if config
        .get("providers")
        .and_then(Value::as_array)
        .is_some_and(|entries| entries.iter().any(with_settings))
    {
        losses.left_out("providers", "settings of providers are not taken over");
    }
}

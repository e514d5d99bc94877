//! Whether a prompt was replayed with the tools it has now.
//!
//! A prompt is stale from the moment one of its tools is another until the dataset it was last replayed over with the
//! old ones has been replayed, to the end, with the new ones. Runs keep the tools they were started with.

use crate::Engine;
use crate::api::{PromptTools, StaleTools, ToolBehind};
use crate::prompts::WORKING;
use plumbline_model::{Problem, PromptSpec, Run, RunStatus, ToolDefinition};
use plumbline_prompts as prompts;
use std::collections::{BTreeSet, HashMap};

/// Runs that are looked at, newest first.
const RUNS: usize = 100;

/// Tools by the hash of the template they are part of: many runs use the same one.
type Read = HashMap<String, Vec<ToolDefinition>>;

impl Engine {
    /// How the tools of a prompt's working file stand.
    ///
    /// # Errors
    /// `NotFound` for a prompt that is not there; `BadInput` for one that cannot be parsed.
    pub fn prompt_tools(&self, name: &str) -> Result<PromptTools, Problem> {
        let spec = self.prompt_spec(name, WORKING)?.0;
        Ok(PromptTools {
            behind: self.tools_behind(&spec)?,
            stale: self.stale_since(name, &spec)?,
        })
    }

    /// What made a prompt stale; `None` where nothing did, or it cannot be parsed.
    pub(crate) fn stale_tools(&self, name: &str) -> Result<Option<StaleTools>, Problem> {
        match self.prompt_spec(name, WORKING) {
            Ok((spec, _)) => self.stale_since(name, &spec),
            Err(_) => Ok(None),
        }
    }

    fn stale_since(&self, name: &str, spec: &PromptSpec) -> Result<Option<StaleTools>, Problem> {
        // Datasets that a later run went through with the tools of now.
        let mut replayed = BTreeSet::new();
        let mut read = Read::new();
        read.insert(prompts::template_hash(spec), spec.tools.clone());
        for run in self.inner.workspace.runs_of_prompt(name, RUNS)? {
            if run.status != RunStatus::Finished {
                continue;
            }
            let used = self.tools_of_run(name, &run, &mut read)?;
            if used.contains(&spec.tools) {
                replayed.insert(run.plan.dataset);
            } else if let Some(tools) = used.into_iter().next() {
                let is_mended = replayed.contains(&run.plan.dataset);
                return Ok((!is_mended).then(|| stale(&run, &tools, &spec.tools)));
            }
        }
        Ok(None)
    }

    /// The tools of each version of the prompt that a run compared.
    fn tools_of_run(
        &self,
        name: &str,
        run: &Run,
        read: &mut Read,
    ) -> Result<Vec<Vec<ToolDefinition>>, Problem> {
        let kept = self.inner.workspace.run_prompts(run.id)?;
        let mut used = Vec::new();
        for prompt in kept.into_iter().filter(|prompt| prompt.name == name) {
            if !read.contains_key(&prompt.template_hash)
                && let Ok(spec) = prompts::parse(&prompt.text)
            {
                read.insert(prompt.template_hash.clone(), spec.tools);
            }
            used.extend(read.get(&prompt.template_hash).cloned());
        }
        Ok(used)
    }

    fn tools_behind(&self, spec: &PromptSpec) -> Result<Vec<ToolBehind>, Problem> {
        let tools = self.prompt_folder()?.tools();
        let mut behind = Vec::new();
        for file in &spec.tool_files {
            let Some(version) = &file.version else {
                continue;
            };
            let Some(newest) = tools.releases(&file.name)?.pop() else {
                continue;
            };
            if newest <= *version {
                continue;
            }
            let read = |version| {
                let text = tools.release_text(&file.name, version)?;
                Ok::<_, Problem>(prompts::parse_tool(&text)?)
            };
            // One that cannot be read has no step to tell of; its own page says what is wrong with it.
            let (Ok(old), Ok(new)) = (read(version), read(&newest)) else {
                continue;
            };
            let bump = prompts::tool_bump(&old, &new);
            behind.push(ToolBehind {
                name: file.name.clone(),
                version: version.to_string(),
                newest: newest.to_string(),
                bump: bump.computed.to_string(),
                reasons: bump.reasons,
            });
        }
        Ok(behind)
    }
}

fn stale(run: &Run, old: &[ToolDefinition], new: &[ToolDefinition]) -> StaleTools {
    let bump = prompts::tools_bump(old, new);
    StaleTools {
        run_id: run.id,
        dataset: run.plan.dataset.clone(),
        bump: bump.computed.to_string(),
        reasons: bump.reasons,
    }
}

//! What the editor offers while a prompt is typed.

use crate::Engine;
use crate::api::{KnownWord, PromptLanguage};
use plumbline_model::Problem;
use plumbline_prompts as prompts;
use std::collections::BTreeSet;

impl Engine {
    /// Words of the file format, and names of models.
    pub fn prompt_language(&self) -> Result<PromptLanguage, Problem> {
        let known = prompts::language();
        Ok(PromptLanguage {
            markers: texts(&known.markers),
            statements: words(&known.statements),
            operators: texts(&known.operators),
            filters: words(&known.filters),
            tests: words(&known.tests),
            functions: known.functions,
            loop_members: words(&known.loop_members),
            keys: words(&known.keys),
            variable_keys: texts(&known.variable_keys),
            trim_keys: texts(&known.trim_keys),
            budget_keys: texts(&known.budget_keys),
            section_keys: texts(&known.section_keys),
            tool_keys: texts(&known.tool_keys),
            parameter_keys: texts(&known.parameter_keys),
            types: texts(&known.types),
            trim_policies: texts(&known.trim_policies),
            when_over: texts(&known.when_over),
            models: self.model_names()?,
        })
    }

    fn model_names(&self) -> Result<Vec<String>, Problem> {
        let prices = self.prices();
        let tables = std::iter::once(&prices.table).chain(&prices.behind);
        let priced = tables.flat_map(|table| table.names());
        let priced = priced.map(|(provider, model)| format!("{provider}:{model}"));
        let called = self
            .model_choices()?
            .into_iter()
            .map(|choice| choice.target);
        // A recording answers for a model; it is none that a prompt is written for.
        let called = called.filter(|target| target.provider != crate::replay::RECORDED);
        let all: BTreeSet<String> = priced
            .chain(called.map(|target| target.to_string()))
            .collect();
        Ok(all.into_iter().collect())
    }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn words(known: &[prompts::KnownWord]) -> Vec<KnownWord> {
    known
        .iter()
        .map(|known| KnownWord {
            word: known.word.to_owned(),
            says: known.says.to_owned(),
        })
        .collect()
}

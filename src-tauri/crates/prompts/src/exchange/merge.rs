//! One prompt of three: what stands in a foreign file now, what stood there when we wrote it, and what we wrote it of.

use super::ours::is_same;
use plumbline_model::{ModelParameters, PromptSpec, Section};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What differs `now` from what `was` there counts; all else is `ours`.
pub(super) fn merged(now: PromptSpec, was: &PromptSpec, ours: PromptSpec) -> PromptSpec {
    let tools = named(now.tools, &was.tools, &ours.tools, |tool| &tool.name);
    let mut tool_files = ours.tool_files;
    tool_files.retain(|file| {
        let mut kept = tools.iter();
        kept.any(|tool| tool.name == file.name && ours.tools.contains(tool))
    });
    PromptSpec {
        owner: either(now.owner, &was.owner, ours.owner),
        description: either(now.description, &was.description, ours.description),
        model: either(now.model, &was.model, ours.model),
        parameters: parameters(now.parameters, &was.parameters, ours.parameters),
        variables: named(now.variables, &was.variables, &ours.variables, |one| {
            &one.name
        }),
        tools,
        tool_files,
        output_schema: either(now.output_schema, &was.output_schema, ours.output_schema),
        budget: either(now.budget, &was.budget, ours.budget),
        sections: sections(now.sections, &was.sections, &ours.sections),
        ..now
    }
}

fn are_same<T: Serialize>(a: &T, b: &T) -> bool {
    is_same(&json!(a), &json!(b))
}

fn either<T: Serialize>(now: T, was: &T, ours: T) -> T {
    if are_same(&now, was) { ours } else { now }
}

fn parameters(
    now: ModelParameters,
    was: &ModelParameters,
    ours: ModelParameters,
) -> ModelParameters {
    let was_extra: Vec<_> = was.extra.clone().into_iter().collect();
    let ours_extra: Vec<_> = ours.extra.into_iter().collect();
    let now_extra = now.extra.into_iter().collect();
    ModelParameters {
        temperature: either(now.temperature, &was.temperature, ours.temperature),
        top_p: either(now.top_p, &was.top_p, ours.top_p),
        max_tokens: either(now.max_tokens, &was.max_tokens, ours.max_tokens),
        seed: either(now.seed, &was.seed, ours.seed),
        stop: either(now.stop, &was.stop, ours.stop),
        extra: named(now_extra, &was_extra, &ours_extra, |(name, _)| name)
            .into_iter()
            .collect(),
    }
}

/// Those of a name are held against each other; what is not shown there at all stays.
fn named<T: Clone + Serialize>(
    now: Vec<T>,
    was: &[T],
    ours: &[T],
    name: impl Fn(&T) -> &str,
) -> Vec<T> {
    fn by_name<'v, T>(
        all: &'v [T],
        name: &impl Fn(&T) -> &str,
    ) -> BTreeMap<String, (usize, &'v T)> {
        let numbered = all.iter().enumerate();
        numbered
            .map(|(index, one)| (name(one).to_owned(), (index, one)))
            .collect()
    }
    let (here, before) = (by_name(&now, &name), by_name(was, &name));
    if here.len() < now.len() {
        // Two of one name are a fault that whoever reads the prompt is told.
        return now;
    }
    let mut merged: Vec<T> = ours
        .iter()
        .filter_map(|one| match (here.get(name(one)), before.get(name(one))) {
            (Some((_, now)), Some((_, was))) if are_same(now, was) => Some(one.clone()),
            (Some((_, now)), _) => Some((*now).clone()),
            (None, Some(_)) => None,
            (None, None) => Some(one.clone()),
        })
        .collect();
    let known = by_name(ours, &name);
    let more = now.iter().filter(|one| !known.contains_key(name(one)));
    merged.extend(more.cloned());
    // Unless they stand as they stood, their order counts too.
    if !now.iter().map(&name).eq(was.iter().map(&name)) {
        merged.sort_by_key(|one| here.get(name(one)).map_or(usize::MAX, |(index, _)| *index));
    }
    merged
}

/// A message that stands there as it stood is ours, wherever it went.
fn sections(now: Vec<Section>, was: &[Section], ours: &[Section]) -> Vec<Section> {
    if was.len() != ours.len() {
        return now;
    }
    let as_it_stood = |index: usize, section: &Section| {
        was.get(index)
            .filter(|was| *was == section)
            .map(|_| index)
            .or_else(|| was.iter().position(|was| was == section))
    };
    let merged = now.into_iter().enumerate().map(|(index, section)| {
        let section = match as_it_stood(index, &section) {
            Some(at) => ours[at].clone(),
            None => section,
        };
        Section { line: 0, ..section }
    });
    merged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    const OURS: &str = "---
name: a
version: 1.0.0
owner: ada
model: openai:gpt-4.1
parameters: {temperature: 0.2, top_k: 3, seed: 4}
variables: [{name: x, default: one}, {name: y}]
tools:
  - {name: t, version: 1.2.0, parameters: {type: object}}
  - {name: u, version: 1.0.0, parameters: {type: object}}
---
system:
{{ x -}} a
user:
{{ y }}
";

    /// What another tool makes of it: no owner, variables by name alone, templates in its own words.
    fn elsewhere() -> PromptSpec {
        let mut spec = parse(OURS).unwrap();
        spec.owner.clear();
        spec.variables[0].default = None;
        spec.sections[0].template = "{{ x }}a".to_owned();
        spec.tool_files.clear();
        spec
    }

    fn without_lines(mut spec: PromptSpec) -> PromptSpec {
        for section in &mut spec.sections {
            section.line = 0;
        }
        spec
    }

    #[test]
    fn what_was_not_changed_is_ours() {
        let ours = parse(OURS).unwrap();
        let merged = merged(elsewhere(), &elsewhere(), ours.clone());
        assert_eq!(merged, without_lines(ours));
    }

    #[test]
    fn what_was_changed_counts_and_nothing_else() {
        let ours = parse(OURS).unwrap();
        let mut now = elsewhere();
        now.model = None;
        now.parameters.temperature = Some(0.5);
        now.parameters.extra.remove("top_k");
        now.parameters.extra.insert("n".to_owned(), json!(2));
        now.variables.remove(1);
        now.tools[0].description = "Finds.".to_owned();
        now.tools.swap(0, 1);
        now.sections[1].template = "{{ x }}!".to_owned();
        now.sections.swap(0, 1);
        let merged = merged(now, &elsewhere(), ours.clone());
        assert_eq!((merged.model, merged.owner.as_str()), (None, "ada"));
        let parameters = merged.parameters;
        assert_eq!(
            (parameters.temperature, parameters.seed),
            (Some(0.5), Some(4))
        );
        assert_eq!(json!(parameters.extra), json!({"n": 2}));
        assert_eq!(merged.variables, ours.variables[..1]);
        let tools: Vec<&str> = merged.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(tools, ["u", "t"]);
        let files = merged.tool_files.iter().map(|file| file.name.as_str());
        assert_eq!(files.collect::<Vec<_>>(), ["u"]);
        let texts = merged.sections.iter().map(|one| one.template.as_str());
        assert_eq!(texts.collect::<Vec<_>>(), ["{{ x }}!", "{{ x -}} a"]);
    }
}

//! What may be written in a prompt file, for those who complete it while it is typed.

use crate::front_matter::{
    BUDGET_KEYS, KEYS, SECTION_TRIM_KEYS, TOOL_KEYS, TOOL_USE_KEYS, TRIM_KEYS, VARIABLE_KEYS,
};
use crate::template;
use crate::variables::TYPES;

/// A word with one line that says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownWord {
    pub word: &'static str,
    pub says: &'static str,
}

/// Every word that the file format and its templates know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    pub markers: Vec<&'static str>,
    pub statements: Vec<KnownWord>,
    pub operators: Vec<&'static str>,
    pub filters: Vec<KnownWord>,
    pub tests: Vec<KnownWord>,
    pub functions: Vec<String>,
    /// What `loop` has, inside of one.
    pub loop_members: Vec<KnownWord>,
    pub keys: Vec<KnownWord>,
    pub variable_keys: Vec<&'static str>,
    pub trim_keys: Vec<&'static str>,
    pub budget_keys: Vec<&'static str>,
    /// Of an entry under `sections` of the budget.
    pub section_keys: Vec<&'static str>,
    pub tool_keys: Vec<&'static str>,
    pub parameter_keys: Vec<&'static str>,
    pub types: Vec<&'static str>,
    pub trim_policies: Vec<&'static str>,
    pub when_over: Vec<&'static str>,
}

/// Those words, sorted as they are shown.
#[must_use]
pub fn language() -> Language {
    let environment = template::environment();
    let mut functions: Vec<String> = environment
        .globals()
        .map(|(name, _)| name.to_owned())
        .collect();
    functions.sort();
    Language {
        markers: vec!["system:", "user:", "assistant:", "tool:"],
        statements: words(STATEMENTS),
        operators: vec![
            "and", "or", "not", "in", "is", "if", "else", "true", "false", "none",
        ],
        filters: words(FILTERS),
        tests: words(TESTS),
        functions,
        loop_members: words(LOOP),
        keys: KEYS
            .iter()
            .map(|key| KnownWord {
                word: key,
                says: meaning(key),
            })
            .collect(),
        variable_keys: VARIABLE_KEYS.to_vec(),
        trim_keys: TRIM_KEYS.to_vec(),
        budget_keys: BUDGET_KEYS.to_vec(),
        section_keys: SECTION_TRIM_KEYS.to_vec(),
        tool_keys: [TOOL_USE_KEYS, TOOL_KEYS].concat(),
        parameter_keys: vec!["temperature", "top_p", "max_tokens", "seed", "stop"],
        types: TYPES.to_vec(),
        trim_policies: vec!["head", "tail", "middle", "items"],
        when_over: vec!["refuse", "escalate", "summarise"],
    }
}

fn words(pairs: &[(&'static str, &'static str)]) -> Vec<KnownWord> {
    pairs
        .iter()
        .map(|&(word, says)| KnownWord { word, says })
        .collect()
}

fn meaning(key: &str) -> &'static str {
    match key {
        "name" => "the name of its folder",
        "version" => "a semantic version such as 1.2.0",
        "owner" => "who may promote it",
        "description" => "what it is for, in a line",
        "changelog" => "what changed in this version, in a line",
        "model" => "provider:model it is written for",
        "parameters" => "of the call, such as temperature",
        "variables" => "what callers fill in",
        "tools" => "what the model may call",
        "output_schema" => "JSON Schema of the answer",
        "budget" => "limits of every call",
        "origin" => "where it was imported from",
        _ => "",
    }
}

const STATEMENTS: &[(&str, &str)] = &[
    ("if", "a condition; ends with endif"),
    ("elif", "another condition"),
    ("else", "otherwise, or a loop over nothing"),
    ("endif", "ends if"),
    ("for", "a loop; ends with endfor"),
    ("endfor", "ends for"),
    ("set", "gives a name to a value"),
    ("endset", "ends a set over several lines"),
    ("with", "names for a part; ends with endwith"),
    ("endwith", "ends with"),
    ("filter", "passes a part through a filter"),
    ("endfilter", "ends filter"),
    ("macro", "a part with parameters; ends with endmacro"),
    ("endmacro", "ends macro"),
    ("call", "a macro with a body; ends with endcall"),
    ("endcall", "ends call"),
    ("do", "runs an expression"),
    ("raw", "text that is no template; ends with endraw"),
    ("endraw", "ends raw"),
];

/// All but those that are about HTML.
const FILTERS: &[(&str, &str)] = &[
    ("abs", "without its sign"),
    ("attr", "one member by name"),
    ("batch", "rows of a length"),
    ("bool", "true or false"),
    ("capitalize", "first letter large"),
    ("chain", "lists after one another"),
    ("count", "how many"),
    ("d", "short for default"),
    ("default", "instead of nothing"),
    ("dictsort", "pairs, sorted by key"),
    ("first", "the first item"),
    ("float", "as a number with a fraction"),
    ("format", "fills in a format"),
    ("groupby", "groups by a member"),
    ("indent", "lines moved in"),
    ("int", "as a whole number"),
    ("items", "pairs of key and value"),
    ("join", "items as one text"),
    ("last", "the last item"),
    ("length", "how many"),
    ("lines", "a text as lines"),
    ("list", "as a list"),
    ("lower", "small letters"),
    ("map", "one member or filter of each"),
    ("max", "the largest"),
    ("min", "the smallest"),
    ("pprint", "as it is in memory"),
    ("reject", "without those that pass a test"),
    ("rejectattr", "without those whose member passes"),
    ("replace", "one text for another"),
    ("reverse", "backwards"),
    ("round", "to some digits"),
    ("select", "those that pass a test"),
    ("selectattr", "those whose member passes"),
    ("slice", "columns of a list"),
    ("sort", "sorted"),
    ("split", "a text cut at another"),
    ("string", "as a text"),
    ("sum", "added up"),
    ("title", "Each Word Large"),
    ("tojson", "as JSON"),
    ("trim", "without blanks at the ends"),
    ("unique", "without repeats"),
    ("upper", "large letters"),
    ("zip", "lists side by side"),
];

const TESTS: &[(&str, &str)] = &[
    ("boolean", "true or false"),
    ("defined", "has a value"),
    ("divisibleby", "divides evenly"),
    ("endingwith", "ends with a text"),
    ("eq", "equal"),
    ("even", "an even number"),
    ("false", "false"),
    ("float", "a number with a fraction"),
    ("ge", "at least"),
    ("gt", "more than"),
    ("in", "one of"),
    ("integer", "a whole number"),
    ("iterable", "can be looped over"),
    ("le", "at most"),
    ("lower", "in small letters"),
    ("lt", "less than"),
    ("mapping", "an object"),
    ("ne", "not equal"),
    ("none", "null"),
    ("number", "a number"),
    ("odd", "an odd number"),
    ("sequence", "a list"),
    ("startingwith", "starts with a text"),
    ("string", "a text"),
    ("true", "true"),
    ("undefined", "has no value"),
    ("upper", "in large letters"),
];

const LOOP: &[(&str, &str)] = &[
    (
        "changed",
        "a call: whether its arguments are others than in the last round",
    ),
    ("cycle", "a call: one of its arguments after the other"),
    ("depth", "how deep a recursive loop is, from 1"),
    ("depth0", "how deep a recursive loop is, from 0"),
    ("first", "whether this is the first round"),
    ("index", "number of the round, from 1"),
    ("index0", "number of the round, from 0"),
    ("last", "whether this is the last round"),
    ("length", "how many rounds there are"),
    ("nextitem", "the item of the next round"),
    ("previtem", "the item of the last round"),
    ("revindex", "rounds to the end, from 1"),
    ("revindex0", "rounds to the end, from 0"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use std::collections::BTreeSet;

    /// The engine names what it knows where it describes itself.
    fn known_to_the_engine(field: &str) -> BTreeSet<String> {
        let shown = format!("{:?}", template::environment());
        let part = shown.split_once(&format!("{field}: ")).unwrap().1;
        let part = &part[1..part.find(['}', ']']).unwrap()];
        let words = part
            .split(", ")
            .map(|word| word.trim_matches('"').to_owned());
        words.collect()
    }

    #[test]
    fn every_filter_and_test_of_the_engine_is_offered_but_those_with_a_reason() {
        let html = ["safe", "escape", "e"].map(str::to_owned);
        let offered = language()
            .filters
            .iter()
            .map(|f| f.word.to_owned())
            .chain(html)
            .collect();
        assert_eq!(known_to_the_engine("filters"), offered);
        let left_out =
            "!= < <= == > >= equalto escaped filter greaterthan int lessthan safe sameas test";
        let left_out = left_out.split(' ').map(str::to_owned);
        let offered = language()
            .tests
            .iter()
            .map(|t| t.word.to_owned())
            .chain(left_out)
            .collect();
        assert_eq!(known_to_the_engine("tests"), offered);
    }

    #[test]
    fn every_statement_and_function_is_one_of_our_templates() {
        let pieces = "{% if range(1) %}{% elif dict() %}{% else %}{% endif %}{% for x in [] %}{% endfor %}\
            {% set y %}{% endset %}{% with %}{% endwith %}{% filter upper %}{% endfilter %}\
            {% macro m() %}{% endmacro %}{% call m() %}{% endcall %}{% do namespace() %}{% raw %}{% endraw %}";
        let environment = template::environment();
        assert!(template::compile(&environment, pieces, 1).is_ok());
        for statement in language().statements {
            assert!(
                pieces.contains(&format!("% {} ", statement.word)),
                "{}",
                statement.word
            );
        }
        assert_eq!(language().functions, ["dict", "namespace", "range"]);
    }

    #[test]
    fn a_loop_has_every_member_that_is_offered() {
        let environment = template::environment();
        for member in language().loop_members {
            let piece = match member.word {
                call @ ("cycle" | "changed") => format!("{call}(1)"),
                plain => plain.to_owned(),
            };
            let defined = format!(
                "{{% for x in [1, 2, 3] %}}{{% if loop.index == 2 %}}{{{{ loop.{piece} is defined }}}}{{% endif %}}{{% endfor %}}"
            );
            let said = environment.render_str(&defined, ()).unwrap();
            assert_eq!(said, "True", "{}", member.word);
        }
    }

    #[test]
    fn every_key_and_value_is_read() {
        let language = language();
        for policy in &language.trim_policies {
            let text = format!(
                "---\nname: a\nversion: 1.0.0\nvariables: [{{name: x, trim: {policy}}}]\n---\n"
            );
            assert!(parse(&text).is_ok(), "{policy}");
        }
        for key in language.parameter_keys {
            let text = format!("---\nname: a\nversion: 1.0.0\nparameters: {{{key}: 1}}\n---\n");
            let extra = parse(&text).map(|spec| spec.parameters.extra);
            // A known key is typed, so it is no extra one.
            assert!(
                extra.is_ok_and(|extra| extra.is_empty()) || key == "stop",
                "{key}"
            );
        }
        assert!(language.keys.iter().all(|key| !key.says.is_empty()));
    }
}

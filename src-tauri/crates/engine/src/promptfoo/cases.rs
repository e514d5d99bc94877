//! Tests of a config as cases: rows, files and lists, with the default test under each of them.

use super::assertions::Surroundings;
use super::expected::tests_of_csv;
use super::folder::{ConfigFolder, ending};
use super::losses::Losses;
use super::values::text_of;
use super::{variables, yaml};
use plumbline_analysis::grade::Grader;
use plumbline_model::Case;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Lists of values stand for one case each; their product is not followed further.
const MAX_CASES: usize = 50_000;

/// All cases together, written as JSON.
const MAX_ALL_BYTES: u64 = 64 * 1024 * 1024;

/// Members of a test that are read.
const READ: &[&str] = &["assert", "description", "options", "vars"];
/// Members of `options` that are read.
const OPTIONS_READ: &[&str] = &["disableDefaultAsserts", "disableVarExpansion", "provider"];

/// Reads `tests` with `defaultTest` under each.
pub(super) fn read(
    tests: &Value,
    default: &Value,
    folder: &ConfigFolder,
    losses: &mut Losses,
) -> Vec<Case> {
    let default = match default {
        Value::String(reference) => folder.read(reference).and_then(|text| yaml::read(&text)),
        other => Ok(other.clone()),
    };
    let default = default.unwrap_or_else(|reason| {
        losses.left_out("defaultTest", reason);
        Value::Null
    });
    note_unread(&default, "defaultTest", losses);
    let mut reader = Reader {
        folder,
        grader: Grader::default(),
        default,
        cases: Vec::new(),
        tests: 0,
        bytes: 0,
    };
    reader.list(tests, "tests", true, losses);
    reader.cases
}

struct Reader<'f> {
    folder: &'f ConfigFolder,
    grader: Grader,
    default: Value,
    cases: Vec<Case>,
    /// Tests met, for keys that stay the same when one of them is left out.
    tests: usize,
    bytes: u64,
}

impl Reader<'_> {
    fn list(&mut self, tests: &Value, place: &str, files: bool, losses: &mut Losses) {
        match tests {
            Value::Null => {}
            Value::Array(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    let at = format!("{place}[{index}]");
                    match entry {
                        Value::Object(_) => self.test(entry, &at, losses),
                        Value::String(reference) if files => self.file(reference, &at, losses),
                        _ => losses.left_out(at, "a test is a map"),
                    }
                }
            }
            Value::String(reference) if files => self.file(reference, place, losses),
            _ => losses.left_out(place, "tests are read from a list or a file"),
        }
    }

    fn file(&mut self, reference: &str, place: &str, losses: &mut Losses) {
        let place = format!("{place} ({reference})");
        match self.tests_of_file(reference, &place, losses) {
            Ok(tests) => self.list(&tests, &place, false, losses),
            Err(reason) => losses.left_out(place, reason),
        }
    }

    fn tests_of_file(
        &self,
        reference: &str,
        place: &str,
        losses: &mut Losses,
    ) -> Result<Value, String> {
        if reference.contains('*') {
            return Err("patterns of file names are not followed".to_owned());
        }
        let read = || self.folder.read(reference);
        match ending(reference).as_str() {
            _ if reference.contains("://") && !reference.starts_with("file://") => {
                Err("tests are not fetched".to_owned())
            }
            "csv" => tests_of_csv(&read()?, place, losses).map(Value::Array),
            "jsonl" => read()?
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| {
                    serde_json::from_str(line)
                        .map_err(|error| format!("a line is no JSON: {error}"))
                })
                .collect::<Result<_, _>>()
                .map(Value::Array),
            "yaml" | "yml" | "json" => Ok(match yaml::read(&read()?)? {
                one @ Value::Object(_) => Value::Array(vec![one]),
                other => other,
            }),
            "js" | "cjs" | "mjs" | "ts" | "py" => Err("code is not run".to_owned()),
            other => Err(format!("test files ending in `{other}` are not read")),
        }
    }

    fn test(&mut self, test: &Value, place: &str, losses: &mut Losses) {
        self.tests += 1;
        note_unread(test, place, losses);
        let option = |name: &str| {
            let own = test.get("options").and_then(|options| options.get(name));
            own.or_else(|| self.default.get("options")?.get(name))
        };
        let is_set = |name: &str| option(name) == Some(&Value::Bool(true));
        let mut variables = Map::new();
        for (from, at) in [(&self.default, "defaultTest.vars"), (test, place)] {
            match variables::read(from, self.folder, at, losses) {
                Ok(own) => variables.extend(own),
                Err(reason) => losses.left_out(at, reason),
            }
        }
        let expand = !is_set("disableVarExpansion");
        let mut cases = Vec::new();
        for (number, variables) in variables::product(&variables, expand).enumerate() {
            if self.cases.len() + cases.len() >= MAX_CASES {
                losses.left_out(place, format!("at most {MAX_CASES} cases are read"));
                break;
            }
            let surroundings = Surroundings {
                folder: self.folder,
                grader: &self.grader,
                variables: &variables,
                graded_by: option("provider"),
            };
            let mut assertions = Vec::new();
            let none = Value::Null;
            if !is_set("disableDefaultAsserts") {
                let list = self.default.get("assert").unwrap_or(&none);
                assertions.extend(surroundings.read(list, "defaultTest.assert", losses));
            }
            let list = test.get("assert").unwrap_or(&none);
            assertions.extend(surroundings.read(list, &format!("{place}.assert"), losses));
            let key = match number {
                0 => format!("test-{}", self.tests),
                more => format!("test-{}.{}", self.tests, more + 1),
            };
            let description = test.get("description").and_then(text_of);
            let tags = description
                .filter(|text| !text.is_empty())
                .map(|text| ("description".to_owned(), text));
            let case = Case {
                key,
                variables,
                assertions,
                tags: BTreeMap::from_iter(tags),
                request: None,
                tool_results: Vec::new(),
                source: None,
            };
            self.bytes += bytes_of(&case);
            if self.bytes > MAX_ALL_BYTES {
                losses.left_out(place, "the cases are larger than the 64 MiB that are read");
                break;
            }
            cases.push(case);
        }
        self.cases.extend(cases);
    }
}

/// How long a case is as JSON.
fn bytes_of(case: &Case) -> u64 {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail, and a case is always JSON.
    let _ = serde_json::to_writer(&mut count, case);
    count.0
}

fn note_unread(test: &Value, place: &str, losses: &mut Losses) {
    let Value::Object(members) = test else {
        return;
    };
    for name in members.keys().filter(|name| !READ.contains(&name.as_str())) {
        let reason = match name.as_str() {
            "threshold" => "the threshold of a test: here every assertion must pass".to_owned(),
            "prompts" | "providers" | "provider" => {
                format!("`{name}` of a test: here every case runs with every prompt and model")
            }
            other => format!("`{other}` of a test has no counterpart"),
        };
        losses.left_out(place, reason);
    }
    if let Some(Value::Object(options)) = members.get("options") {
        for name in options
            .keys()
            .filter(|name| !OPTIONS_READ.contains(&name.as_str()))
        {
            losses.left_out(
                place,
                format!("the option `{name}` of a test has no counterpart"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cases(tests: &Value, default: &Value, files: &[(&str, &str)]) -> (Vec<Case>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        std::fs::write(dir.path().join("c.yaml"), "").unwrap();
        let folder = ConfigFolder::of(&dir.path().join("c.yaml")).unwrap();
        let mut losses = Losses::default();
        let cases = read(tests, default, &folder, &mut losses);
        let reasons = losses.into_rows().into_iter().map(|row| row.reason);
        (cases, reasons.collect())
    }

    #[test]
    fn the_default_test_stands_under_each_and_lists_become_cases() {
        let default =
            json!({"vars": {"tone": "kind", "city": "Bern"}, "assert": [{"type": "is-refusal"}]});
        let tests = json!([
            {"vars": {"city": ["Chur", "Genf"]}, "assert": [{"type": "icontains", "value": "{{ city }}"}]},
            {"description": "alone", "options": {"disableDefaultAsserts": true}},
        ]);
        let (cases, losses) = cases(&tests, &default, &[]);
        let keys: Vec<&str> = cases.iter().map(|case| case.key.as_str()).collect();
        assert_eq!(keys, ["test-1", "test-1.2", "test-2"]);
        assert_eq!(cases[1].variables["city"], "Genf");
        assert_eq!(cases[1].variables["tone"], "kind");
        assert_eq!(cases[1].assertions.len(), 2);
        assert_eq!(
            serde_json::to_value(&cases[1].assertions[1]).unwrap(),
            json!({"kind": "contains", "value": "Genf"})
        );
        assert!(cases[2].assertions.is_empty());
        assert_eq!(cases[2].tags["description"], "alone");
        assert_eq!(losses.len(), 1, "{losses:?}");
    }

    #[test]
    fn files_of_every_kind_give_tests_and_variables() {
        let tests = json!([
            "file://rows.csv",
            "file://more.yaml",
            "file://lines.jsonl",
            {"vars": {"text": "file://note.txt"}},
        ]);
        let files = [
            ("rows.csv", "q,__expected\none,icontains:1\ntwo,2\n"),
            ("more.yaml", "- vars: {q: three}\n- vars: {q: four}\n"),
            ("lines.jsonl", "{\"vars\": {\"q\": \"five\"}}\n\n"),
            ("note.txt", "a note\n"),
        ];
        let (cases, _) = cases(&tests, &Value::Null, &files);
        assert_eq!(cases.len(), 6);
        assert_eq!(cases[1].key, "test-2");
        assert_eq!(cases[4].variables["q"], "five");
        assert_eq!(cases[5].variables["text"], "a note");
    }

    #[test]
    fn what_cannot_be_carried_over_is_told_with_its_reason() {
        let tests = json!([
            "file://gen.py",
            "https://example.org/tests.csv",
            "file://../up.csv",
            {"threshold": 0.5, "provider": "x", "options": {"transform": "output"}, "vars": {"a": "file://v.js", "b": "{{ c }}"}},
            7,
        ]);
        let (cases, losses) = cases(&tests, &Value::Null, &[]);
        assert_eq!(cases.len(), 1);
        let all = losses.join("\n");
        for reason in [
            "code is not run",
            "not fetched",
            "not below",
            "threshold",
            "provider",
            "transform",
            "template itself",
            "a test is a map",
        ] {
            assert!(all.contains(reason), "{reason} in {all}");
        }
    }

    #[test]
    fn a_long_text_in_many_cases_stays_bounded() {
        let files = [("long.txt", "a".repeat(1 << 20))];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let many: Vec<u32> = (0..1_000).collect();
        let tests = json!([{"vars": {"text": "file://long.txt", "n": many}}]);
        let (cases, losses) = cases(&tests, &Value::Null, &files);
        assert_eq!(cases.len(), 63);
        assert!(losses[0].contains("64 MiB"), "{losses:?}");
    }

    #[test]
    fn a_product_of_lists_stays_bounded() {
        let long: Vec<u32> = (0..1_000).collect();
        let tests = json!([{"vars": {"a": long, "b": long, "c": long, "d": long, "e": long, "f": long, "g": long}}]);
        let (cases, losses) = cases(&tests, &Value::Null, &[]);
        assert_eq!(cases.len(), MAX_CASES);
        assert!(losses[0].contains("at most"));
    }
}

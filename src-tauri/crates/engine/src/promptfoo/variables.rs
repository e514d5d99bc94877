//! Variables of a test: values, texts from files, and lists that stand for several tests.

use super::folder::{ConfigFolder, ending};
use super::losses::Losses;
use super::values::is_template;
use super::yaml;
use serde_json::{Map, Value};

/// The variables of one test; a fault of all of them is the error, of one it is a loss.
pub(super) fn read(
    test: &Value,
    folder: &ConfigFolder,
    place: &str,
    losses: &mut Losses,
) -> Result<Map<String, Value>, String> {
    let members = match test.get("vars") {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(members)) => members.clone(),
        Some(Value::String(reference)) => match yaml::read(&folder.read(reference)?)? {
            Value::Object(members) => members,
            _ => return Err("a file of variables holds one map".to_owned()),
        },
        Some(_) => return Err("variables are read from a map".to_owned()),
    };
    let mut out = Map::new();
    for (name, value) in members {
        match variable(value, folder, losses, place) {
            Ok(Value::Null) => {}
            Ok(value) => {
                out.insert(name, value);
            }
            Err(reason) => losses.left_out(format!("{place}.vars.{name}"), reason),
        }
    }
    Ok(out)
}

fn variable(
    value: Value,
    folder: &ConfigFolder,
    losses: &mut Losses,
    place: &str,
) -> Result<Value, String> {
    match value {
        Value::Array(values) => values
            .into_iter()
            .map(|value| match value {
                Value::String(_) => variable(value, folder, losses, place),
                other => Ok(other),
            })
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::String(reference) if reference.starts_with("file://") => {
            match ending(&reference).as_str() {
                _ if reference.contains('*') => {
                    Err("patterns of file names are not followed".to_owned())
                }
                "js" | "cjs" | "mjs" | "ts" | "py" => Err("code is not run".to_owned()),
                "yaml" | "yml" => Ok(Value::String(
                    yaml::read(&folder.read(&reference)?)?.to_string(),
                )),
                "txt" | "md" | "json" | "csv" | "html" | "xml" => {
                    Ok(Value::String(folder.read(&reference)?.trim().to_owned()))
                }
                other => Err(format!("files ending in `{other}` are not read here")),
            }
        }
        Value::String(text) => {
            if is_template(&text) {
                losses.changed(
                    place,
                    "a variable that is a template itself stays as it stands",
                );
            }
            Ok(Value::String(text))
        }
        other => Ok(other),
    }
}

/// Every choice of one value from each list, in the order of names; the last list turns fastest.
pub(super) fn product(
    variables: &Map<String, Value>,
    expand: bool,
) -> impl Iterator<Item = Map<String, Value>> {
    let lists: Vec<(String, Vec<Value>)> = variables
        .iter()
        .map(|(name, value)| match value {
            Value::Array(values) if expand && !values.is_empty() => (name.clone(), values.clone()),
            other => (name.clone(), vec![other.clone()]),
        })
        .collect();
    let total = lists.iter().fold(1_usize, |total, (_, values)| {
        total.saturating_mul(values.len())
    });
    (0..total).map(move |mut number| {
        let mut chosen = Map::new();
        for (name, values) in lists.iter().rev() {
            let value = values.get(number % values.len()).cloned();
            number /= values.len();
            chosen.insert(name.clone(), value.unwrap_or_default());
        }
        chosen
    })
}

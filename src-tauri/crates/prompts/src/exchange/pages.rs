//! The documents of a JSON file: one document, a list of them, a page `{data: […]}`, or one a line.

use super::build::Build;
use super::{ForeignPrompt, LeftOut, Loss, MAX_VERSIONS};
use crate::PromptError;
use serde_json::{Map, Value};

#[derive(Default)]
pub(super) struct Documents {
    pub(super) all: Vec<Map<String, Value>>,
    /// What pages say beside their documents.
    pub(super) pages: Map<String, Value>,
}

impl Documents {
    pub(super) fn of(values: Vec<Value>) -> Result<Self, PromptError> {
        let mut documents = Self::default();
        for value in values {
            match value {
                Value::Array(items) => documents.add(items)?,
                Value::Object(mut page) if is_page(&page) => {
                    if let Some(Value::Array(items)) = page.remove("data") {
                        documents.add(items)?;
                    }
                    documents.pages.extend(page);
                }
                one => documents.add(vec![one])?,
            }
        }
        Ok(documents)
    }

    fn add(&mut self, items: Vec<Value>) -> Result<(), PromptError> {
        for item in items {
            let number = self.all.len() + 1;
            if number > MAX_VERSIONS {
                return Err(too_many());
            }
            match item {
                Value::Object(document) => self.all.push(document),
                _ => {
                    return Err(PromptError::Foreign(format!(
                        "entry {number} is no JSON object; remove it and try again"
                    )));
                }
            }
        }
        Ok(())
    }
}

/// Of a file that holds more than is read.
pub(super) fn too_many() -> PromptError {
    PromptError::Foreign(format!(
        "it holds more than {MAX_VERSIONS} versions; export fewer at a time"
    ))
}

fn is_page(document: &Map<String, Value>) -> bool {
    let is_document = ["prompt", "messages", "input", "format"]
        .iter()
        .any(|key| document.contains_key(*key));
    !is_document && document.get("data").is_some_and(Value::is_array)
}

/// What pages say beside their prompts goes with the newest version; pages that are not here are left out.
pub(super) fn tell_of_pages(prompts: &mut [ForeignPrompt], mut pages: Map<String, Value>) {
    let Some(prompt) = prompts.first_mut() else {
        return;
    };
    if let Some(meta) = pages.remove("meta").filter(|meta| !meta.is_null()) {
        let number = |key: &str| meta.get(key).and_then(Value::as_u64);
        let (page, all) = (
            number("page").unwrap_or(1),
            number("totalPages").unwrap_or(1),
        );
        if all > 1 {
            prompt.left_out.push(LeftOut {
                place: "meta".to_owned(),
                reason: format!("this is page {page} of {all}; export the others too"),
            });
        }
        pages.insert("meta".to_owned(), meta);
    }
    tell_around(prompt, &pages);
}

/// What stands around the versions of a prompt goes with the newest of them, or nobody would hear of it.
pub(super) fn tell_around(prompt: &mut ForeignPrompt, around: &Map<String, Value>) {
    let mut build = Build::new("");
    build.drop_rest("", around);
    for loss in build.losses {
        tell(prompt, loss);
    }
}

/// With the newest version, or where there is none with what was left out.
pub(super) fn tell(prompt: &mut ForeignPrompt, loss: Loss) {
    match prompt.versions.last_mut() {
        Some(newest) => newest.losses.push(loss),
        None => prompt.left_out.push(LeftOut {
            place: loss.place,
            reason: loss.what,
        }),
    }
}

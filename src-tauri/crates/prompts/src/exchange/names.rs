//! Names of foreign prompts, as ours may be called.

use super::ForeignPrompt;
use crate::check_name;
use std::collections::{BTreeMap, BTreeSet};

/// The name of a file without its folders and endings.
pub(super) fn stem(file_name: &str) -> &str {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    name.split('.')
        .find(|part| !part.is_empty())
        .unwrap_or("prompt")
}

/// Gives each prompt a name that it may have and that no other here has.
pub(super) fn name_all(prompts: &mut [ForeignPrompt]) {
    let mut taken = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for prompt in prompts {
        let name = safe_name(&prompt.original_name);
        let mut free = name.clone();
        let count = counts.entry(name.clone()).or_insert(1);
        while !taken.insert(free.clone()) {
            *count += 1;
            let short: String = name.chars().take(58).collect();
            free = format!("{}-{count}", short.trim_end_matches('-'));
        }
        for version in &mut prompt.versions {
            version.spec.name.clone_from(&free);
        }
        prompt.name = free;
    }
}

/// A name that a prompt may have, as near to `name` as can be.
pub(crate) fn safe_name(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            safe.push(c);
        } else if !safe.is_empty() && !safe.ends_with('-') {
            safe.push('-');
        }
        if safe.len() >= 60 {
            break;
        }
    }
    let safe = safe.trim_matches('-').to_owned();
    match check_name(&safe) {
        // The folder of that name holds the tools.
        Ok(()) if safe != "tools" => safe,
        _ if safe.is_empty() => "prompt".to_owned(),
        _ => format!("{safe}-prompt"),
    }
}

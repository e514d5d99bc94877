//! All fixes that leave no doubt, one after the other.

use super::{Fix, apply, fixes};
use crate::{Around, check_file};

/// Fixes of one file in one go; each may bring up the next finding.
const MOST_FIXES: usize = 200;

/// A text with its sure fixes made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub text: String,
    /// Titles of the fixes, in order.
    pub done: Vec<String>,
}

/// Makes every fix that is the only one of its finding and safe.
#[must_use]
pub fn mend(text: &str, around: &Around<'_>) -> Mended {
    let mut mended = Mended {
        text: text.to_owned(),
        done: Vec::new(),
    };
    while mended.done.len() < MOST_FIXES {
        let checked = check_file(&mended.text, around);
        let only_one = |mut found: Vec<Fix>| (found.len() == 1).then(|| found.remove(0));
        let mut sure = fixes(&mended.text, around, &checked)
            .into_iter()
            .filter_map(only_one)
            .filter(|fix| fix.safe);
        let Some((fix, text)) = sure.find_map(|fix| {
            let text = apply(&mended.text, &fix.edits)?;
            Some((fix, text))
        }) else {
            break;
        };
        mended.text = text;
        mended.done.push(fix.title);
    }
    mended
}

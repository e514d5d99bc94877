//! What the tests of counting share.

use crate::Encoding;

pub(crate) const BOTH: [Encoding; 2] = [Encoding::O200kBase, Encoding::Cl100kBase];

/// Every text of these characters, one to `longest` of them.
pub(crate) fn short_texts(letters: &[char], longest: u32) -> impl Iterator<Item = String> {
    let numbers = (1..=longest)
        .flat_map(|length| (0..letters.len().pow(length)).map(move |number| (length, number)));
    numbers.map(|(length, mut left)| {
        (0..length)
            .map(|_| {
                let letter = letters[left % letters.len()];
                left /= letters.len();
                letter
            })
            .collect()
    })
}

//! A column of words, each kept once.

use crate::error::Result;
use crate::table::word::Words;
use std::collections::HashMap;
use std::sync::Arc;

/// One column of words: a code a span, 0 where the span has none.
#[derive(Default)]
pub(crate) struct WordColumn {
    codes: Vec<u32>,
    words: Vec<Arc<str>>,
    code_of: HashMap<Arc<str>, u32>,
    /// The codes of words that rows name by number.
    code_of_number: HashMap<i64, u32>,
}

impl WordColumn {
    pub(super) fn push(&mut self, word: Option<&str>) {
        let code = match word {
            None => 0,
            Some(word) => match self.code(word) {
                Some(code) => code,
                None => self.add(word.into()),
            },
        };
        self.codes.push(code);
    }

    pub(super) fn push_number(&mut self, number: Option<i64>, words: &mut Words<'_>) -> Result<()> {
        let code = match number {
            None => 0,
            Some(number) => match self.code_of_number.get(&number) {
                Some(code) => *code,
                None => {
                    let code = self.add(words.word(number)?);
                    self.code_of_number.insert(number, code);
                    code
                }
            },
        };
        self.codes.push(code);
        Ok(())
    }

    fn add(&mut self, word: Arc<str>) -> u32 {
        self.words.push(Arc::clone(&word));
        let code = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.code_of.insert(word, code);
        code
    }

    pub(super) fn code(&self, word: &str) -> Option<u32> {
        self.code_of.get(word).copied()
    }

    pub(crate) fn code_at(&self, row: usize) -> u32 {
        self.codes.get(row).copied().unwrap_or(0)
    }

    /// Every word with its code.
    pub(crate) fn words(&self) -> impl Iterator<Item = (u32, &str)> {
        (1..).zip(self.words.iter().map(AsRef::as_ref))
    }
}

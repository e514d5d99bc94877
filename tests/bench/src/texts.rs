//! Texts to measure on: made from this repository's own files and from a few words of many scripts.
//!
//! Every seed gives another text, always the same one, so that no cache can have seen it.

use crate::pairs::Outcome;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Files that are read for their lines and words.
const ENDINGS: [&str; 6] = ["rs", "ts", "svelte", "md", "json", "jsonl"];
const FOLDERS: [&str; 5] = [
    "src-tauri/crates",
    "src-tauri/cli",
    "ui/src",
    "prompts",
    "fixtures",
];
/// A file contributes at most this much, so that one fixture does not become the corpus.
const FILE_BYTES: usize = 40_000;
const CORPUS_BYTES: usize = 4_000_000;

/// Words of scripts that the repository itself hardly uses.
const OTHER_SCRIPTS: &[&[&str]] = &[
    &[
        "数据",
        "模型",
        "提示",
        "版本",
        "回答",
        "客户",
        "自行车",
        "退款",
        "的",
        "了",
        "在",
        "是",
        "，",
        "。",
    ],
    &[
        "モデル",
        "です",
        "ます",
        "顧客",
        "注文",
        "返品",
        "の",
        "を",
        "に",
        "テスト",
        "、",
        "。",
    ],
    &[
        "модель ",
        "ответ ",
        "версия ",
        "заказ ",
        "велосипед ",
        "не ",
        "и ",
        "на ",
        "возврат ",
        ". ",
    ],
    &[
        "نموذج ",
        "إجابة ",
        "طلب ",
        "دراجة ",
        "في ",
        "من ",
        "على ",
        "استرداد ",
    ],
    &["मॉडल ", "उत्तर ", "ग्राहक ", "साइकिल ", "और ", "का ", "है "],
    &[
        "모델 ",
        "답변 ",
        "주문 ",
        "자전거 ",
        "환불 ",
        "그리고 ",
        "입니다. ",
    ],
    &["👍🏽", "🚲", "👨‍👩‍👧", "✅ ", "🇩🇪", "— ", "… ", "≤ ", "€ "],
];

/// Where numbers come from: SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `end`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> Option<&'t T> {
        from.get(self.below(from.len())).copied()
    }
}

/// Lines and words of the repository.
pub(crate) struct Corpus {
    files: Vec<Vec<String>>,
    words: Vec<String>,
}

impl Corpus {
    /// Reads the repository this program was built from.
    pub(crate) fn read() -> Outcome<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files = Vec::new();
        let mut folders: Vec<_> = FOLDERS.iter().rev().map(|name| root.join(name)).collect();
        let mut left = CORPUS_BYTES;
        while let (Some(folder), true) = (folders.pop(), left > 0) {
            let entries = fs::read_dir(&folder)
                .map_err(|error| format!("the corpus needs {}: {error}", folder.display()))?;
            // Sorted, so that every machine makes the same text.
            for path in entries
                .filter_map(Result::ok)
                .map(|e| e.path())
                .collect::<BTreeSet<_>>()
            {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let wanted = path
                    .extension()
                    .is_some_and(|found| ENDINGS.iter().any(|ending| found == *ending));
                if let (true, Ok(text)) = (wanted, fs::read_to_string(&path)) {
                    let mut bytes = 0;
                    let lines = text.lines().take_while(|line| {
                        bytes += line.len() + 1;
                        bytes <= FILE_BYTES.min(left)
                    });
                    files.push(lines.map(str::to_owned).collect::<Vec<_>>());
                    left = left.saturating_sub(bytes);
                }
            }
        }
        files.retain(|lines| !lines.is_empty());
        let words: BTreeSet<String> = files
            .iter()
            .flatten()
            .flat_map(|line| line.split(|c: char| !c.is_ascii_lowercase()))
            .filter(|word| (2..=14).contains(&word.len()))
            .map(str::to_owned)
            .collect();
        if files.len() < 20 || words.len() < 500 {
            return Err("the repository has too little text for a corpus".into());
        }
        Ok(Self {
            files,
            words: words.into_iter().collect(),
        })
    }

    /// Documents of up to 12 KB that together have about `bytes` bytes: three quarters runs of repository
    /// lines in which every eighth word is another one or a new number, one quarter other scripts.
    pub(crate) fn documents(&self, seed: u64, bytes: usize) -> Vec<String> {
        let mut dice = Dice::new(seed);
        let mut documents = Vec::new();
        let mut made = 0;
        while made < bytes {
            let size = 1_000 + dice.below(11_000);
            let mut text = String::with_capacity(size + 1_000);
            let foreign = dice.below(4) == 0;
            while text.len() < size {
                if foreign {
                    self.add_foreign(&mut dice, &mut text);
                } else {
                    self.add_lines(&mut dice, &mut text);
                }
            }
            made += text.len();
            documents.push(text);
        }
        documents
    }

    fn add_lines(&self, dice: &mut Dice, text: &mut String) {
        let file = &self.files[dice.below(self.files.len())];
        let from = dice.below(file.len());
        for line in file.iter().skip(from).take(3 + dice.below(20)) {
            for part in line.split_inclusive(' ') {
                match dice.below(16) {
                    0 => {
                        text.push_str(self.word(dice));
                        text.push(' ');
                    }
                    1 => text.push_str(&format!("{} ", dice.next() >> 40)),
                    _ => text.push_str(part),
                }
            }
            text.push('\n');
        }
    }

    fn add_foreign(&self, dice: &mut Dice, text: &mut String) {
        let Some(script) = dice.pick(OTHER_SCRIPTS) else {
            return;
        };
        for _ in 0..20 + dice.below(80) {
            match dice.below(12) {
                0 => text.push_str(self.word(dice)),
                1 => text.push_str(&(dice.next() >> 50).to_string()),
                _ => text.push_str(dice.pick(script).unwrap_or_default()),
            }
        }
        text.push('\n');
    }

    pub(crate) fn word(&self, dice: &mut Dice) -> &str {
        &self.words[dice.below(self.words.len())]
    }

    /// Words with full stops and no line ends, about `bytes` long.
    pub(crate) fn sentences(&self, dice: &mut Dice, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 20);
        while text.len() < bytes {
            text.push_str(self.word(dice));
            text.push_str(if dice.below(12) == 0 { ". " } else { " " });
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// ASCII prose in lines of 8 to 16 words, about `bytes` long.
    pub(crate) fn prose(&self, seed: u64, bytes: usize) -> Vec<Vec<&str>> {
        let mut dice = Dice::new(seed);
        let mut lines = Vec::new();
        let mut made = 0;
        while made < bytes {
            let line: Vec<&str> = (0..8 + dice.below(9))
                .map(|_| self.word(&mut dice))
                .collect();
            made += line.iter().map(|word| word.len() + 1).sum::<usize>();
            lines.push(line);
        }
        lines
    }

    /// The same prose with 5 % of its words deleted, replaced or followed by a new one.
    pub(crate) fn edited<'t>(&'t self, seed: u64, lines: &[Vec<&'t str>]) -> Vec<Vec<&'t str>> {
        let mut dice = Dice::new(seed);
        let mut edit = |word: &'t str| match dice.below(60) {
            0 => vec![],
            1 => vec![self.word(&mut dice)],
            2 => vec![word, self.word(&mut dice)],
            _ => vec![word],
        };
        lines
            .iter()
            .map(|line| line.iter().flat_map(|word| edit(word)).collect())
            .collect()
    }
}

/// Lines of words as one text.
pub(crate) fn joined(lines: &[Vec<&str>]) -> String {
    lines.iter().map(|line| line.join(" ") + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_text_and_another_seed_another() {
        let corpus = Corpus::read().unwrap();
        let text = |seed| corpus.documents(seed, 30_000).concat();
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
        assert!(!text(1).is_ascii(), "other scripts are in it");
    }

    #[test]
    fn five_percent_of_the_words_are_edited() {
        let corpus = Corpus::read().unwrap();
        let old = corpus.prose(3, 200_000);
        let new = corpus.edited(4, &old);
        let words: usize = old.iter().map(Vec::len).sum();
        let same: usize = old
            .iter()
            .zip(&new)
            .map(|(a, b)| a.iter().zip(b).take_while(|(x, y)| x == y).count())
            .sum();
        assert_eq!(old.len(), new.len());
        assert!(
            same < words && same > words / 2,
            "{same} of {words} lead their line unchanged"
        );
    }
}

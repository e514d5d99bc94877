//! Counts for an editor: of one text or of several sections, each known by its place, such as the messages of a prompt.

use crate::live_text::LiveText;
use crate::{Encoding, count};

/// Sections that are kept; those beyond are counted each time.
const MOST_SECTIONS: usize = 256;
/// Room for the text that is kept of all sections together, in bytes; a section that finds none is counted each time.
const MOST_ROOM: usize = 16 << 20;

/// Counts texts that change little from one call to the next, exactly as [`count`] does.
///
/// An edit costs a comparison of the text with its last state and the count of what the edit can reach, which is about
/// half a kilobyte around it. Where nothing surely parts the text, such as in a megabyte of one letter, that is all of
/// it, as if counted afresh. Keeps at most 18 MB: a copy of the sections with room to grow, and an eighth of that for
/// their counts. Sections that do not fit are counted afresh each time.
#[derive(Debug, Clone)]
pub struct LiveCount {
    encoding: Encoding,
    sections: Vec<LiveText>,
}

impl LiveCount {
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            sections: Vec::new(),
        }
    }

    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of tokens of `text`, the only section. Exact; never fails.
    pub fn count(&mut self, text: &str) -> u64 {
        self.sections.truncate(1);
        self.count_at(0, text)
    }

    /// The number of tokens of each section, in order, each counted by itself. Exact; never fails.
    ///
    /// A section is compared with what stood at its place before; places beyond the last are forgotten.
    pub fn count_sections<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Vec<u64> {
        let counts: Vec<u64> = texts
            .into_iter()
            .enumerate()
            .map(|(at, text)| self.count_at(at, text))
            .collect();
        self.sections.truncate(counts.len());
        counts
    }

    fn count_at(&mut self, at: usize, text: &str) -> u64 {
        if at < MOST_SECTIONS && self.sections.len() <= at {
            self.sections.resize_with(at + 1, LiveText::default);
        }
        let room: usize = self.sections.iter().map(LiveText::room).sum();
        let Some(section) = self.sections.get_mut(at) else {
            return count(self.encoding, text);
        };
        if room - section.room() + 2 * text.len() > MOST_ROOM {
            *section = LiveText::default();
            return count(self.encoding, text);
        }
        section.count(self.encoding, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::BOTH;

    fn from_scratch(encoding: Encoding, texts: &[&str]) -> Vec<u64> {
        texts.iter().map(|text| count(encoding, text)).collect()
    }

    fn room(live: &LiveCount) -> usize {
        live.sections.iter().map(LiveText::room).sum()
    }

    #[test]
    fn sections_that_come_go_and_change_places_count_as_from_scratch() {
        let long = "You answer letters of customers, заказчиков и 客户。\n".repeat(40);
        let longer = format!("{long}One more line.");
        let edits: [&[&str]; 7] = [
            &[],
            &[&long, "Hello", ""],
            &[&longer, "Hello there", "x"],
            &["Hello there", &longer],
            &["new first", "Hello there", &longer, &long],
            &[&long],
            &[&long, &long, &long],
        ];
        for encoding in BOTH {
            let mut live = LiveCount::new(encoding);
            for texts in edits {
                let counts = live.count_sections(texts.iter().copied());
                assert_eq!(counts, from_scratch(encoding, texts));
                assert_eq!(live.sections.len(), texts.len());
            }
            assert_eq!(live.count(&longer), count(encoding, &longer));
            assert_eq!(live.sections.len(), 1);
        }
    }

    #[test]
    fn more_sections_than_are_kept_are_counted_all_the_same() {
        let texts: Vec<String> = (0..MOST_SECTIONS + 20)
            .map(|n| format!("Nr. {n}"))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut live = LiveCount::new(Encoding::O200kBase);
        for _ in 0..2 {
            let counts = live.count_sections(texts.iter().copied());
            assert_eq!(counts, from_scratch(live.encoding(), &texts));
            assert_eq!(live.sections.len(), MOST_SECTIONS);
        }
    }

    #[test]
    fn text_without_room_is_counted_and_not_kept_and_small_text_lets_the_room_go() {
        let [large, half] =
            [MOST_ROOM / 2 + 1, MOST_ROOM / 4].map(|bytes| "a b\n".repeat(bytes / 4 + 1));
        let mut live = LiveCount::new(Encoding::O200kBase);
        let (of_large, of_half) = (
            count(live.encoding(), &large),
            count(live.encoding(), &half),
        );
        assert_eq!(live.count(&large), of_large);
        assert_eq!(room(&live), 0);
        let counts = live.count_sections([half.as_str(), &half, &half, &half]);
        assert_eq!(counts, [of_half; 4]);
        assert!(room(&live) >= half.len() && room(&live) <= MOST_ROOM);
        live.count_sections(["small", &half]);
        assert!(room(&live) < MOST_ROOM / 2 + 1_000);
        live.count("small");
        assert!(room(&live) <= 10);
    }
}

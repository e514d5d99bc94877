use super::*;
use crate::testing::BOTH;
use proptest::prelude::*;

/// Counts the text and looks at what is kept of it.
fn is_exact(live: &mut LiveText, encoding: Encoding, text: &str) -> Result<(), String> {
    let (found, expected) = (live.count(encoding, text), count(encoding, text));
    if found != expected {
        return Err(format!(
            "{encoding}: {found}, from scratch {expected}: {text:?}"
        ));
    }
    if live.text != text {
        return Err(format!("kept {:?} of {text:?}", live.text));
    }
    let (bytes, most) = (
        live.stretches
            .iter()
            .map(|stretch| stretch.bytes)
            .sum::<usize>(),
        text.len() / LENGTH + 1,
    );
    if bytes != text.len() || live.stretches.len() > most {
        return Err(format!(
            "{} stretches of {bytes} bytes: {text:?}",
            live.stretches.len()
        ));
    }
    if live.text.capacity() > 2 * text.len() || live.stretches.capacity() > 2 * live.stretches.len()
    {
        return Err(format!("too much room for {} bytes", text.len()));
    }
    Ok(())
}

/// One that is everything which cutting tells apart, longer than a few stretches.
fn mixed() -> String {
    let line = "The customer's order №1042 DON'T — слово 数据，データ e\u{301}\r\n\r\n  <|endoftext|> 👩‍👩‍👧 1234567\u{a0}//--\n";
    line.repeat(12)
}

fn edges(text: &str) -> impl Iterator<Item = usize> {
    (0..=text.len()).filter(|at| text.is_char_boundary(*at))
}

#[test]
fn an_edit_at_every_place_of_a_small_text_counts_as_from_scratch() {
    let text = mixed();
    let small = &text[..text.len() / 12 * 2];
    let inserted = [
        "x", " ", "\n", "'", "'s", "7", "\u{301}", "数", "/", "word two",
    ];
    for encoding in BOTH {
        let mut base = LiveText::default();
        is_exact(&mut base, encoding, small).unwrap();
        for at in edges(small) {
            for new in inserted {
                let mut live = base.clone();
                let edited = format!("{}{new}{}", &small[..at], &small[at..]);
                is_exact(&mut live, encoding, &edited).unwrap();
                // Deleting what was inserted is an edit too.
                is_exact(&mut live, encoding, small).unwrap();
            }
        }
    }
}

#[test]
fn a_text_typed_and_deleted_character_by_character_counts_as_from_scratch() {
    let text = mixed();
    for encoding in BOTH {
        let (mut forward, mut backward) = (LiveText::default(), LiveText::default());
        let ends: Vec<usize> = edges(&text).filter(|at| *at <= 1_200).collect();
        for at in ends.iter().chain(ends.iter().rev()) {
            is_exact(&mut forward, encoding, &text[..*at]).unwrap();
            is_exact(&mut backward, encoding, &text[*at..]).unwrap();
        }
    }
}

#[test]
fn an_edit_inside_a_megabyte_of_one_character_counts_as_from_scratch() {
    for character in ["a", " ", "\n", "7", "-", "中", "\u{301}"] {
        let half = character.repeat(500_000 / character.len());
        let whole = format!("{half}{half}");
        for encoding in BOTH {
            let mut live = LiveText::default();
            is_exact(&mut live, encoding, &whole).unwrap();
            for edited in ["a", " ", "\n", "'s", "7"] {
                let found = live.count(encoding, &format!("{half}{edited}{half}"));
                assert_eq!(found, count(encoding, &format!("{half}{edited}{half}")));
            }
            is_exact(&mut live, encoding, &half).unwrap();
        }
    }
}

#[test]
fn an_edit_leaves_all_but_its_neighbourhood_as_it_was() {
    let text = mixed().repeat(50);
    let middle = text[..text.len() / 2].rfind("order").unwrap();
    let edited = format!("{}x{}", &text[..middle], &text[middle..]);
    for encoding in BOTH {
        let mut live = LiveText::default();
        live.count(encoding, &text);
        let same = CommonEnds::of(&text, &edited);
        let (before, from) = whole_within(live.stretches.iter(), same.front);
        let (behind, length) = whole_within(live.stretches.iter().rev(), same.back);
        assert!(live.stretches.len() - before - behind <= 2);
        assert!(edited.len() - from - length < 5 * LENGTH);
        is_exact(&mut live, encoding, &edited).unwrap();
    }
}

#[test]
fn many_deletions_leave_no_crumbs() {
    let mut text = mixed().repeat(4);
    for encoding in BOTH {
        let mut live = LiveText::default();
        is_exact(&mut live, encoding, &text).unwrap();
        let mut at = 0;
        // Most of every stretch goes, and the stretches with it.
        while at + 300 < text.len() {
            let from = edges(&text).find(|edge| *edge >= at).unwrap();
            let to = edges(&text).find(|edge| *edge >= at + 250).unwrap();
            text.replace_range(from..to, "");
            is_exact(&mut live, encoding, &text).unwrap();
            at += 20;
        }
    }
}

/// Where, how much goes and what comes; places are parts of a thousand of the text.
type Edit = (usize, usize, String);

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s)([ \t\r\n\u{a0}\u{3000}]{0,4}|[a-zA-Z']{0,6}|[0-9]{0,5}|[é一ſǅʰÉ\u{301}]{0,5}|[!-/]{0,3}|.){0,12}",
        "[a-zA-Z' ,.]{0,400}",
        "[一-龥，。]{0,120}",
        "(👩‍👩‍👧|👍🏽|🇩🇪|<\\|endoftext\\|>|\r\n|e\u{301}){0,20}",
        (
            prop::sample::select(vec!["a", "7", " ", "\n", "\r\n", "-", "\u{301}", "中"]),
            0_usize..700
        )
            .prop_map(|(of, times)| of.repeat(times)),
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let gone = prop_oneof![4 => 0_usize..4, 1 => 0_usize..600, 1 => Just(usize::MAX)];
    let come = prop_oneof![2 => "(?s).{0,2}", 1 => "[a7 \n'/s\u{301}]{0,3}", 2 => piece()];
    prop::collection::vec((0_usize..=1_000, gone, come), 1..12)
}

proptest! {
    #[test]
    fn after_any_edits_the_count_is_that_of_the_whole(
        start in prop::collection::vec(piece(), 0..8), edits in edits()
    ) {
        for encoding in BOTH {
            let mut text = start.concat();
            let mut live = LiveText::default();
            is_exact(&mut live, encoding, &text).unwrap();
            for (place, gone, come) in &edits {
                let edge = |at: usize| edges(&text).find(|edge| *edge >= at).unwrap_or(text.len());
                let from = edge(text.len() * place / 1_000);
                let to = edge(from.saturating_add(*gone).min(text.len()));
                text.replace_range(from..to, come);
                prop_assert_eq!(is_exact(&mut live, encoding, &text), Ok(()));
            }
        }
    }

    #[test]
    fn an_unrelated_text_counts_as_from_scratch(texts in prop::collection::vec(piece(), 2..6)) {
        for encoding in BOTH {
            let mut live = LiveText::default();
            for text in &texts {
                prop_assert_eq!(is_exact(&mut live, encoding, text), Ok(()));
            }
        }
    }
}

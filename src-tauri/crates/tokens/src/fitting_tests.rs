use super::*;
use crate::encode;
use crate::testing::BOTH;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

const ALL: [TextCut; 3] = [TextCut::Head, TextCut::Tail, TextCut::Middle];

fn prose() -> String {
    let lines = (0..4_000).map(|n| {
        format!(
            "{n}. The customer's order №{} didn't arrive; слово 数据，データ — it's late.\n",
            n * 37
        )
    });
    lines.collect()
}

/// The places at which the whole text may be cut: between tokens, and between what readers take for characters.
fn places(encoding: Encoding, text: &str) -> Vec<usize> {
    let mut at = 0;
    let mut ends = vec![0];
    for token in encode(encoding, text) {
        at += crate::vocabulary::linear(encoding).bpe.token_len(token);
        ends.push(at);
    }
    let whole: std::collections::BTreeSet<usize> = text
        .grapheme_indices(true)
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    ends.retain(|at| whole.contains(at));
    ends
}

fn is_the_most(encoding: Encoding, text: &str, limit: u64) -> Result<(), String> {
    let places = places(encoding, text);
    let start = fit_text(encoding, text, limit, TextCut::Tail).start;
    if let Some(next) = places.iter().find(|at| **at > start.len()) {
        let more = count(encoding, &text[..*next]);
        if more <= limit {
            return Err(format!(
                "{encoding}: {start:?} of {text:?} at {limit}: one more token has {more}"
            ));
        }
    }
    let end = fit_text(encoding, text, limit, TextCut::Head).end;
    let from = text.len() - end.len();
    if let Some(next) = places.iter().rev().find(|at| **at < from) {
        let more = count(encoding, &text[*next..]);
        if more <= limit {
            return Err(format!(
                "{encoding}: {end:?} of {text:?} at {limit}: one more token has {more}"
            ));
        }
    }
    Ok(())
}

fn is_sound(encoding: Encoding, text: &str, limit: u64) -> Result<(), String> {
    let whole = count(encoding, text);
    for cut in ALL {
        let kept = fit_text(encoding, text, limit, cut);
        let counted = count(encoding, kept.start) + count(encoding, kept.end);
        let bad = |what: &str| {
            Err(format!(
                "{encoding} {cut:?} {limit}: {what}: {kept:?} of {text:?}"
            ))
        };
        if counted != kept.tokens || counted > limit {
            return bad("the count");
        }
        if !text.starts_with(kept.start) || !text.ends_with(kept.end) {
            return bad("not an end of it");
        }
        if kept.start.len() + kept.end.len() > text.len() {
            return bad("kept twice");
        }
        if (whole <= limit) != kept.is_whole(text) {
            return bad("whole");
        }
    }
    Ok(())
}

#[test]
fn a_long_text_is_cut_to_the_token_from_either_side() {
    let text = prose();
    for encoding in BOTH {
        let whole = count(encoding, &text);
        for limit in [
            0,
            1,
            2,
            700,
            701,
            9_999,
            whole - 1,
            whole,
            whole + 1,
            u64::MAX,
        ] {
            is_sound(encoding, &text, limit).unwrap();
        }
        let ids = encode(encoding, &text);
        let start = fit_text(encoding, &text, 5_000, TextCut::Tail).start;
        let kept = encode(encoding, start);
        assert!(kept.len() > 4_990, "{}", kept.len());
        assert_eq!(
            kept,
            ids[..kept.len()],
            "the ids kept are those of the whole"
        );
        let end = fit_text(encoding, &text, 5_000, TextCut::Head).end;
        let kept = encode(encoding, end);
        assert!(kept.len() > 4_990, "{}", kept.len());
        assert_eq!(kept, ids[ids.len() - kept.len()..]);
        let both = fit_text(encoding, &text, 5_000, TextCut::Middle);
        let [front, back] = [both.start, both.end].map(|part| count(encoding, part));
        assert!(front.abs_diff(back) < 10, "{front} and {back}");
    }
}

#[test]
fn counting_stops_at_the_limit_and_is_exact_below_it() {
    let text = prose();
    for encoding in BOTH {
        let whole = count(encoding, &text);
        assert_eq!(count_up_to(encoding, &text, whole), Some(whole));
        assert_eq!(count_up_to(encoding, &text, whole - 1), None);
        assert_eq!(count_up_to(encoding, "", 0), Some(0));
        assert_eq!(count_up_to(encoding, "a", 0), None);
    }
}

#[test]
fn a_text_of_one_character_alone_is_cut() {
    for character in [" ", "a", "\n", "7", "中", "-", "\u{301}", "🫠"] {
        let text = character.repeat(200_000 / character.len());
        for encoding in BOTH {
            is_sound(encoding, &text, 1_000).unwrap();
            let kept = fit_text(encoding, &text, 1_000, TextCut::Tail).tokens;
            assert!(kept > 900, "{character}: {kept}");
        }
    }
}

#[test]
#[ignore = "a measurement: run with --release --ignored --nocapture"]
fn what_a_cut_costs_beside_a_count() {
    let texts = [
        ("prose of several scripts", prose()),
        ("ASCII", prose().replace(|c: char| !c.is_ascii(), "q")),
    ];
    for (encoding, (what, text)) in BOTH
        .into_iter()
        .flat_map(|encoding| texts.iter().map(move |text| (encoding, text)))
    {
        let timed = |work: &dyn Fn() -> u64| {
            let mut times: Vec<_> = (0..31)
                .map(|_| {
                    let begun = std::time::Instant::now();
                    std::hint::black_box(work());
                    begun.elapsed()
                })
                .collect();
            times.sort();
            times[times.len() / 2].as_secs_f64()
        };
        let whole = count(encoding, text);
        let full = timed(&|| count(encoding, text));
        let short = &text[..text.floor_char_boundary(40_000)];
        let short_tokens = count(encoding, short);
        let full_short = timed(&|| count(encoding, short));
        for cut in ALL {
            let ratio =
                timed(&|| fit_text(encoding, short, short_tokens / 4, cut).tokens) / full_short;
            eprintln!(
                "{what}, {encoding}: {cut:?} to 1/4 of {short_tokens} tokens: {ratio:.3} of a count ({full_short:.6} s)"
            );
        }
        for part in [4, 10, 100] {
            for cut in ALL {
                let ratio = timed(&|| fit_text(encoding, text, whole / part, cut).tokens) / full;
                eprintln!(
                    "{what}, {encoding}: {cut:?} to 1/{part} of {whole} tokens: {ratio:.3} of a count ({full:.5} s)"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_kept_is_within_the_limit_and_an_end_of_the_text(
        text in "(?s)(.{0,30}|[ \t\r\n\u{a0}]{0,12}|[a-zA-Z']{0,12}|[0-9]{0,8}|[一-龥]{0,6}|[!-/]{0,5}|(👨‍👩‍👧|e\u{301}|🇩🇪){0,3}){0,12}",
        limit in 0_u64..80,
    ) {
        for encoding in BOTH {
            prop_assert_eq!(is_sound(encoding, &text, limit), Ok(()));
        }
    }

    #[test]
    fn one_more_token_would_be_over_the_limit(
        text in "([ \n]{0,3}|[a-zA-Z']{0,12}|[0-9]{0,8}|[一-龥]{0,6}|[!-/]{0,5}|(слово|é|ñ)){0,12}",
        limit in 0_u64..60,
    ) {
        for encoding in BOTH {
            prop_assert_eq!(is_the_most(encoding, &text, limit), Ok(()));
        }
    }
}

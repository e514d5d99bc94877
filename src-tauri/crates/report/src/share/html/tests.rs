use super::policy;
use crate::share::hostile;
use crate::share::samples::{head, rows};
use crate::share::{SharedHead, SharedRow};
use plumbline_analysis::align::RowVerdict;
use plumbline_analysis::diff::{MarkKind, visible};
use proptest::prelude::*;
use scraper::{ElementRef, Html, Node, Selector};

/// Every element that the page may have.
const ELEMENTS: &str = " html head meta title style body header h1 p main section h2 h3 table thead tbody tr th td \
     div small code nav label select option input span button kbd details summary dl dt dd pre i u del ins \
     footer script ";

/// Attributes by element, with what may stand in them: words of ours, parted by `|`, or `#` for numbers.
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    ("html", "lang", "en"),
    ("meta", "charset", "utf-8"),
    ("meta", "name", "viewport|color-scheme|referrer"),
    ("meta", "http-equiv", "Content-Security-Policy"),
    ("th", "scope", "row"),
    ("th", "class", "n"),
    ("td", "class", "n|n u|hash"),
    ("p", "class", "verdict|facts|reason"),
    ("section", "id", "cases"),
    ("nav", "id", "controls"),
    ("nav", "hidden", ""),
    ("select", "id", "verdict|kind"),
    (
        "option",
        "value",
        "|broken|not_comparable|fixed|changed|only_a|only_b|same|#",
    ),
    ("input", "id", "text"),
    ("input", "type", "search"),
    ("input", "autocomplete", "off"),
    ("input", "spellcheck", "false"),
    ("button", "id", "previous|next"),
    ("button", "type", "button"),
    ("span", "id", "count"),
    ("span", "role", "status"),
    (
        "span",
        "class",
        "v|v broken|v not_comparable|v fixed|v changed|v only_a|v only_b|v same|key|kinds|gist|ok|no|u|at|path",
    ),
    ("details", "class", "case|long"),
    ("details", "data-k", "|#"),
    ("div", "class", "body|cells|cell|chunk"),
    ("dt", "class", "ours"),
    ("pre", "class", "diff"),
];

pub(in crate::share) fn page(head: &SharedHead, rows: Vec<SharedRow>) -> String {
    let mut out = Vec::new();
    let written = super::write(&mut out, head, rows.into_iter().map(Ok)).unwrap();
    assert_eq!(written.bytes, out.len() as u64);
    String::from_utf8(out).unwrap()
}

/// Fails where the page has an element, an attribute or a value that is not ours.
pub(in crate::share) fn assert_only_ours(page: &str) {
    let tree = Html::parse_document(page);
    for node in tree.tree.nodes() {
        match node.value() {
            Node::Comment(comment) => panic!("a comment: {comment:?}"),
            Node::ProcessingInstruction(instruction) => panic!("an instruction: {instruction:?}"),
            Node::Element(element) => {
                let name = element.name();
                assert!(
                    ELEMENTS.contains(&format!(" {name} ")),
                    "an element <{name}>"
                );
                for (attribute, value) in element.attrs() {
                    assert!(
                        allowed(name, attribute, value),
                        "<{name} {attribute}={value:?}>"
                    );
                }
            }
            _ => {}
        }
    }
}

fn allowed(element: &str, attribute: &str, value: &str) -> bool {
    // What depends on our own files, and on how many columns there are.
    if (element, attribute) == ("meta", "content") {
        return value == content_policy()
            || [
                "width=device-width, initial-scale=1",
                "light dark",
                "no-referrer",
            ]
            .contains(&value);
    }
    if (element, attribute) == ("details", "data-v") {
        let known = |word: &str| {
            RowVerdict::ALL
                .iter()
                .any(|verdict| verdict.as_str() == word)
        };
        return value.split_whitespace().all(known);
    }
    let numbers = value
        .split_whitespace()
        .all(|part| part.parse::<u32>().is_ok());
    ATTRIBUTES.iter().any(|(on, name, values)| {
        (*on, *name) == (element, attribute)
            && values
                .split('|')
                .any(|word| word == value || (word == "#" && numbers))
    })
}

fn content_policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        policy::hash(policy::STYLE),
        policy::hash(policy::SCRIPT)
    )
}

fn select<'p>(tree: &'p Html, css: &str) -> Vec<ElementRef<'p>> {
    tree.select(&Selector::parse(css).unwrap()).collect()
}

/// The data that a text of the page stands for: marks (`<i>`) turn back into their characters.
fn data_of(element: ElementRef<'_>) -> String {
    let mut out = String::new();
    for node in element.descendants() {
        let Node::Text(text) = node.value() else {
            continue;
        };
        let marked = node
            .ancestors()
            .any(|up| up.value().as_element().is_some_and(|e| e.name() == "i"));
        if marked {
            out.push_str(&unmarked(text));
        } else {
            out.push_str(text);
        }
    }
    out
}

fn unmarked(label: &str) -> String {
    let mut out = String::new();
    let mut rest = label;
    while let Some(after) = rest.strip_prefix('\\') {
        if let Some(code) = after.strip_prefix("u{") {
            let (code, tail) = code.split_once('}').unwrap();
            out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            rest = tail;
        } else {
            let (letter, tail) = after.split_at(1);
            out.push(match letter {
                "r" => '\r',
                "n" => '\n',
                "t" => '\t',
                other => panic!("a label {other:?} of {label:?}"),
            });
            rest = tail;
        }
    }
    assert_eq!(rest, "", "{label:?}");
    out
}

/// Fails unless each place of the page gives back the text that [`hostile::comparison`] put there.
pub(in crate::share) fn assert_gives_back(page: &str, text: &str) {
    let tree = Html::parse_document(page);
    let all = |css: &str| -> Vec<String> { select(&tree, css).into_iter().map(data_of).collect() };
    for place in ["h1", "p.verdict", ".key", ".kinds", "dt:not(.ours)"] {
        let found = all(place);
        assert_eq!(found.len(), 1, "{place}");
        // A line may be cut, and then says how long the whole is.
        let said = format!("… ({} bytes)", text.len());
        let cut = found[0].strip_suffix(&said);
        let whole =
            found[0] == text || cut.is_some_and(|cut| cut.len() > 56 && text.starts_with(cut));
        assert!(whole, "{place}: {:?} of {text:?}", found[0]);
    }
    if !text.is_empty() {
        // The variable, what was expected, the tool calls and the answer.
        let blocks = all("pre:not(.diff)");
        assert_eq!(
            blocks.iter().filter(|block| *block == text).count(),
            4,
            "{blocks:?}"
        );
    }
}

#[test]
fn a_small_comparison_as_a_page() {
    let page = page(&head(), rows());
    assert_only_ours(&page);
    let (_, body) = page.split_once("</style>").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn the_policy_names_the_style_and_script_that_a_parser_reads() {
    let page = page(&head(), rows());
    let tree = Html::parse_document(&page);
    let content = select(&tree, "meta[http-equiv]")[0]
        .attr("content")
        .unwrap();
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let found = select(&tree, element);
        assert_eq!(found.len(), 1);
        let text: String = found[0].text().collect();
        assert!(content.contains(&format!("{directive} 'sha256-{}'", policy::hash(&text))));
    }
    let before = &page[..page.find("<style").unwrap()];
    assert!(
        before.contains("Content-Security-Policy"),
        "the policy stands before what it allows"
    );
    for forbidden in [
        "href",
        "src=",
        "http:",
        "https:",
        "url(",
        "@import",
        "innerHTML",
        "eval(",
    ] {
        assert!(
            !policy::STYLE.contains(forbidden) && !policy::SCRIPT.contains(forbidden),
            "{forbidden}"
        );
    }
}

#[test]
fn a_long_text_is_folded_and_its_cut_is_said() {
    let mut rows = rows();
    rows.truncate(1);
    let long = "0123456789\n".repeat(5_000);
    rows[0].expected = Some(long.clone());
    let page = page(&head(), rows);
    let tree = Html::parse_document(&page);
    let folded = select(&tree, "details.long");
    assert_eq!(folded.len(), 1);
    let told: String = folded[0].text().collect();
    assert!(told.contains("whole text: 55000 bytes"), "{told:.80}");
    assert!(told.contains("cut here: 20000 of 55000 bytes are in this page"));
    let shown = data_of(select(&tree, "details.long pre")[0]);
    assert!(long.starts_with(&shown) && shown.len() == 20_000);
}

#[test]
fn unknown_is_never_zero() {
    let mut head = head();
    head.columns[1].cost_usd = None;
    head.columns[1].tokens_in = None;
    let page = page(&head, Vec::new());
    let tree = Html::parse_document(&page);
    // Tokens in, cost, and the two latencies that the sample does not know.
    let row = select(&tree, "section:first-child tbody tr:nth-child(2) td.u");
    assert_eq!(row.len(), 4, "{page}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_data_only_our_elements_stand_and_texts_come_back(
        text in prop_oneof![
            any::<String>(),
            "[<>&\"'/=!\\-\\[\\] a-z\n\r\t\u{0}\u{1b}\u{202e}\u{200b}\u{feff}\u{2028}]{0,40}",
        ]
    ) {
        let (head, row) = hostile::comparison(&text);
        let page = page(&head, vec![row]);
        assert_only_ours(&page);
        assert_gives_back(&page, &text);
        let (_, body) = page.split_once("</style>").unwrap();
        for line in body.split('\n') {
            let dangerous = visible(line).into_iter().filter_map(|run| run.mark).find(|mark| matches!(
                mark.kind,
                MarkKind::Control | MarkKind::CarriageReturn | MarkKind::Bidi | MarkKind::ZeroWidth
            ));
            prop_assert_eq!(dangerous, None, "{}", line);
        }
    }
}

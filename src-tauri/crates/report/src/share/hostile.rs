//! Texts that want to be more than text, by family; every format is run through all of them.

use super::samples::{cell, head};
use super::{SharedCount, SharedGroup, SharedHead, SharedRow, SharedSignoff, SharedTest};
use plumbline_analysis::align::RowVerdict;
use plumbline_analysis::diff::diff_outputs;

/// At least two hundred, each once.
pub(super) fn payloads() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut family = |shape: &str, fillings: &[&str]| {
        all.extend(fillings.iter().map(|filling| shape.replace('§', filling)));
    };
    let breakouts = [
        "§",
        "\">§",
        "'>§",
        "</§",
        "</pre>§",
        "</title>§",
        "</style>§",
        "</script>§",
        "</textarea>§",
        "</summary></details>§",
        "--><§",
        "<!--§",
        "]]>§",
        "<![CDATA[§]]>",
        "<plaintext>§",
        "<noscript>§",
    ];
    let acts = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><use href=\"data:image/svg+xml,x#a\"/></svg>",
        "<style>*{display:none}</style>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<form action=//evil.example><button>x",
    ];
    for breakout in breakouts {
        family(breakout, &acts);
    }
    family(
        "x\" § y=\"",
        &[
            "onmouseover=alert(1)",
            "autofocus onfocus=alert(1)",
            "style=color:red",
            "id=controls",
        ],
    );
    family(
        "§:alert(1)",
        &[
            "javascript",
            "JaVaScRiPt",
            "java\tscript",
            "\u{1}javascript",
            "vbscript",
            "data:text/html,<b>",
        ],
    );
    family(
        "§",
        &[
            "{{7*7}}",
            "${7*7}",
            "<%= 7*7 %>",
            "#{7*7}",
            "{% raw %}",
            "[[${7*7}]]",
            "{{constructor}}",
        ],
    );
    family(
        "a§b",
        &[
            "\u{202e}",
            "\u{2066}",
            "\u{2069}",
            "\u{200b}",
            "\u{200d}",
            "\u{feff}",
            "\u{ad}",
            "\u{61c}",
            "\u{e0041}",
            "\u{2028}",
            "\u{2029}",
            "\u{a0}",
            "\u{3000}",
            "\u{430}",
            "\u{fffe}",
            "\u{ffff}",
            "\u{fdd0}",
            "\u{10ffff}",
            "\u{fffd}",
            "\u{d7ff}",
        ],
    );
    family(
        "§",
        &[
            "\u{1b}[2J",
            "\u{1b}]0;x\u{7}",
            "\u{9b}31m",
            "\u{1b}]8;;http://e.example\u{7}x",
            "\u{1b}P\u{1b}\\",
        ],
    );
    for control in (0..0x20_u8).chain(0x7f..0xa0) {
        family("a§b", &[&char::from(control).to_string()]);
    }
    for start in [
        "=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠",
    ] {
        family(
            &format!("{start}§"),
            &[
                "1+1",
                "cmd|' /C calc'!A0",
                "HYPERLINK(\"http://e.example\",\"x\")",
            ],
        );
    }
    family(
        "§",
        &[
            "&lt;script&gt;",
            "&amp;lt;",
            "&#60;b&#62;",
            "&#x3c;b&#x3e;",
            "&#0;",
            "&#xD800;",
            "&notanentity;",
            "&",
            "&amp",
            "&quot;",
            "<",
            ">",
            "\"",
            "'",
            "<>",
            "< b>",
            "</>",
            "<?xml version=\"1.0\"?>",
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
            "<!ENTITY",
            "+ADw-script+AD4-",
        ],
    );
    family(
        "§",
        &[
            "\n",
            "\n\n x",
            "\r\n",
            "a\r\nb\r\n",
            " ",
            " lead",
            "trail \t",
            "\"a\",\"b\"",
            "a,b;c\td",
        ],
    );
    all
}

/// A comparison that holds the text in every place that takes a text.
pub(super) fn comparison(text: &str) -> (SharedHead, SharedRow) {
    let mut head = head();
    let some = || Some(text.to_owned());
    text.clone_into(&mut head.title);
    text.clone_into(&mut head.verdict);
    text.clone_into(&mut head.written_utc);
    for column in &mut head.columns {
        text.clone_into(&mut column.name);
        column.prompt = some();
        column.version = some();
        column.model = some();
        column.template_hash = some();
        column.run_id = some();
        column.run_hash = some();
    }
    head.counts = vec![SharedCount {
        column: some(),
        what: text.to_owned(),
        count: 1,
    }];
    head.groups = vec![SharedGroup {
        column: some(),
        kind: text.to_owned(),
        examples: vec![text.to_owned()],
        accepted: some(),
        ..SharedGroup::default()
    }];
    head.tests = vec![SharedTest {
        column: some(),
        metric: text.to_owned(),
        method: text.to_owned(),
        ..SharedTest::default()
    }];
    head.signoffs = vec![SharedSignoff {
        by: text.to_owned(),
        when_utc: text.to_owned(),
        decision: text.to_owned(),
        note: some(),
    }];
    let mut new = cell(text, false);
    new.verdict = Some(RowVerdict::Broken);
    new.kinds = vec![text.to_owned()];
    new.reason = some();
    new.tool_calls_json = some();
    new.labels = vec![text.to_owned()];
    new.notes = vec![text.to_owned()];
    new.diff = Some(diff_outputs(
        &format!("before\n{text}\n"),
        &format!("{text}\n{text} after"),
    ));
    let row = SharedRow {
        case_key: text.to_owned(),
        variables: vec![(text.to_owned(), text.to_owned())],
        expected: some(),
        cells: vec![Some(cell("before", true)), Some(new)],
    };
    (head, row)
}

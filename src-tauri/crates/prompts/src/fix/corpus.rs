//! Faults of a prompt file and the fix of each.

/// A change of the sound prompt, the fix that it must be offered, and what the fix makes of it.
pub(super) struct Case {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) fix: &'static str,
    pub(super) gives: &'static str,
}

const fn case(
    from: &'static str,
    to: &'static str,
    fix: &'static str,
    gives: &'static str,
) -> Case {
    Case {
        from,
        to,
        fix,
        gives,
    }
}

pub(super) const VARIABLES: &str = "variables:
  - {name: ticket, type: string, description: The customer's words}
  - {name: tone, type: string, default: plain}
  - {name: facts, type: array, default: []}
";

pub(super) const CORPUS: &[Case] = &[
    case(
        "{{ ticket }}",
        "{{ ticket }} {{ place }}",
        "Declare `place`",
        "  - {name: place, type: string}\n",
    ),
    case(
        "{{ ticket }}",
        "{{ ticket }}{% for p in places %}{{ p }}{% endfor %}",
        "Declare `places`",
        "{name: places, type: array}",
    ),
    case(
        "{{ ticket }}",
        "{{ ticket }} {{ order.id }}",
        "Declare `order`",
        "{name: order, type: object}",
    ),
    case(
        "{{ ticket }}",
        "{{ tickt }}",
        "Use `ticket`",
        "user:\n{{ ticket }}\n",
    ),
    case(
        "{{ ticket }}",
        "{{ tickt }}",
        "Declare `tickt`",
        "{name: tickt, type: string}",
    ),
    case(
        "{{ ticket }}",
        "hello",
        "Remove the declaration of `ticket`",
        "variables:\n  - {name: tone",
    ),
    case(
        "in a {{ tone }} tone",
        "well",
        "Remove the declaration of `tone`",
        "words}\n  - {name: facts",
    ),
    case(
        VARIABLES,
        "",
        "Declare `ticket`",
        "variables:\n  - name: ticket\n    type: string\ntools:",
    ),
    case(
        VARIABLES,
        "variables:\n",
        "Declare `tone`",
        "variables:\n  - name: tone\n    type: string\ntools:",
    ),
    case(
        VARIABLES,
        "variables: [ticket, tone]\n",
        "Declare `facts`",
        "variables: [ticket, tone, {name: facts, type: array}]\n",
    ),
    case(
        VARIABLES,
        "variables: []\n",
        "Declare `facts`",
        "variables: [{name: facts, type: array}]\n",
    ),
    case(
        VARIABLES,
        "variables: {ticket: {type: string}, tone: null}\n",
        "Declare `facts`",
        "tone: null, facts: {type: array}}\n",
    ),
    case(
        VARIABLES,
        "variables:\n  ticket: {type: string}\n  tone:\n    type: string\n",
        "Declare `facts`",
        "    type: string\n  facts: {type: array}\n",
    ),
    case(
        VARIABLES,
        "variables:\n- ticket\n- tone # said\n\n# end\n",
        "Declare `facts`",
        "- tone # said\n- name: facts\n  type: array\n\n# end\n",
    ),
    case(
        VARIABLES,
        "variables: [ticket, extra, tone, facts]\n",
        "Remove the declaration of `extra`",
        "[ticket, tone, facts]",
    ),
    case(
        VARIABLES,
        "variables: [ticket, tone, facts, extra]\n",
        "Remove the declaration of `extra`",
        "[ticket, tone, facts]",
    ),
    case(
        VARIABLES,
        "variables:\n  ticket:\n  extra:\n    type: string\n  tone:\n  facts:\n",
        "Remove the declaration of `extra`",
        "  ticket:\n  tone:\n",
    ),
    case(
        VARIABLES,
        "variables:\n  - name: extra\n    description: >\n      of\n\n      two\n  - ticket\n  - tone\n  - facts\n",
        "Remove the declaration of `extra`",
        "variables:\n  - ticket\n",
    ),
    case(
        "name: support-answer",
        "name: other",
        "Set `name` to support-answer",
        "name: support-answer\n",
    ),
    case(
        "name: support-answer",
        "name: Support Answer # of ours",
        "Set `name` to support-answer",
        "name: support-answer # of ours\n",
    ),
    case(
        "name: support-answer\n",
        "",
        "Add `name: support-answer`",
        "---\nname: support-answer\nversion",
    ),
    case(
        "version: 1.2.0\n",
        "",
        "Add `version: 1.1.0`",
        "version: 1.1.0\nowner",
    ),
    case(
        "version: 1.2.0",
        "version: 1.2",
        "Set `version` to 1.2.0",
        "version: 1.2.0\n",
    ),
    case(
        "version: 1.2.0",
        "version: \"v2\"",
        "Set `version` to 2.0.0",
        "version: 2.0.0\n",
    ),
    case(
        "version: 1.2.0",
        "version: 1.1.1",
        "Set `version` to 1.2.0",
        "version: 1.2.0\n",
    ),
    case(
        "owner: support@example.com\n",
        "",
        "Add `owner: old@example.com`",
        "version: 1.2.0\nowner: old@example.com\n",
    ),
    case(
        "changelog: Shorter answers.\n",
        "",
        "Add `changelog: the text of a system message changed`",
        "\nchangelog: the text",
    ),
    case(
        "changelog: Shorter answers.",
        "changelog:",
        "Add `changelog: the text of a system message changed`",
        "\nchangelog: ",
    ),
    case(
        "changelog:",
        "changlog:",
        "Rename `changlog` to `changelog`",
        "\nchangelog: Shorter",
    ),
    case(
        "max_tokens_in: 2000",
        "max_token_in: 2000",
        "Rename `max_token_in` to `max_tokens_in`",
        "{max_tokens_in: 2000",
    ),
    case(
        "default: plain}",
        "defalt: plain}",
        "Rename `defalt` to `default`",
        "default: plain}",
    ),
    case(
        "type: string, description: The",
        "typ: string, description: The",
        "Rename `typ` to `type`",
        "{name: ticket, type: string",
    ),
    case(
        "type: string, default: plain",
        "type: text, default: plain",
        "Make `tone` of type string",
        "type: string, default: plain",
    ),
    case(
        "type: array, default: []",
        "type: arry, default: []",
        "Make `facts` of type array",
        "type: array, default: []",
    ),
    case(
        "{{ ticket }}",
        "{{ ticket }}\u{200b}\u{202e}!",
        "Remove the characters that nobody sees",
        "{{ ticket }}!",
    ),
    case(
        "Shorter",
        "Short\u{ad}er",
        "Remove the characters that nobody sees",
        "changelog: Shorter",
    ),
    case(
        "user:\n",
        "assistant:\n\nuser:\n",
        "Remove the empty message",
        "{% endfor %}\n\nuser:\n",
    ),
    case(
        "system:\nAnswer",
        "Answer",
        "Make it a system message",
        "---\nsystem:\nAnswer",
    ),
    case(
        "---\nname: support-answer",
        "# name: support-answer",
        "Add a front matter",
        "---\nname: support-answer\nversion: 0.1.0\n",
    ),
    case(
        "model: openai:gpt-4o-mini",
        "model: gpt-4o-mini",
        "Set `model` to openai:gpt-4o-mini",
        "model: openai:gpt-4o-mini\n",
    ),
    case(
        "model: openai:gpt-4o-mini",
        "model: claude-sonnet-4-5",
        "Set `model` to anthropic:claude-sonnet-4-5",
        "model: anthropic:claude-sonnet-4-5\n",
    ),
];

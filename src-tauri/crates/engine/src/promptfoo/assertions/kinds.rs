//! The assertion types that promptfoo knows, and where ours decide otherwise.

use plumbline_model::AssertionKind as Kind;

/// Types whose value is run, which nothing of a config is.
pub(super) const CODE: &[&str] = &["javascript", "python", "ruby", "webhook"];
/// Types that are read here, besides `assert-set`.
pub(super) const READ: &[&str] = &[
    "bleu",
    "contains",
    "contains-all",
    "contains-any",
    "cost",
    "equals",
    "finish-reason",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-json",
    "is-refusal",
    "latency",
    "levenshtein",
    "llm-rubric",
    "regex",
    "rouge-n",
    "similar",
    "starts-with",
    "word-count",
];
/// Types that promptfoo knows and that have no counterpart.
const UNREAD: &[&str] = &[
    "answer-relevance",
    "classifier",
    "contains-html",
    "contains-json",
    "contains-sql",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "factuality",
    "f-score",
    "g-eval",
    "gleu",
    "guardrails",
    "is-html",
    "is-sql",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "max-score",
    "meteor",
    "model-graded-closedqa",
    "model-graded-factuality",
    "moderation",
    "perplexity",
    "perplexity-score",
    "pi",
    "search-rubric",
    "select-best",
    "tool-call-f1",
    "trace-error-spans",
    "trace-span-count",
    "trace-span-duration",
];

/// True for every type that promptfoo knows, without `not-`.
pub(in crate::promptfoo) fn is_known(kind: &str) -> bool {
    READ.contains(&kind) || CODE.contains(&kind) || UNREAD.contains(&kind)
}

/// How a check of ours may decide otherwise than promptfoo's.
pub(super) fn difference(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Equals { .. } => "`equals` does not count space at either end",
        Kind::StartsWith { .. } => "`starts-with` does not count space before the text",
        Kind::JsonSchema { .. } | Kind::JsonEquals { .. } => "JSON may stand inside one code fence",
        Kind::Regex { .. } => "patterns follow Rust's syntax, which has no look-around",
        Kind::Levenshtein { .. } => "`levenshtein` does not count space at either end",
        Kind::RougeN { .. } => "ROUGE-N is over words in lower case, as in Google's rouge-score",
        Kind::Bleu { .. } => "BLEU has the tokens and the smoothing of sacrebleu",
        Kind::Refusal => {
            "refusals are found by Plumbline's own phrases, and an empty answer is none"
        }
        Kind::LatencyMs { .. } => "a cached answer has no latency and leaves the check ungraded",
        Kind::Rubric { .. } => "the judge is asked in Plumbline's own words",
        _ => return None,
    })
}

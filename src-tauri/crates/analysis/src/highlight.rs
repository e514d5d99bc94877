//! Syntax classes for text a person reads: JSON, Markdown and common code.
//!
//! Decides which characters are a string, a key, a comment; never a colour, which is each face's own.
//! Bounded: a large text or a very long line stays plain, and at most a few languages are known, so
//! nothing imported can choose an unusual grammar.

use crate::diff::{Piece, TextDiff};
use serde::Serialize;
use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};
use ts_rs::TS;

/// What a run of characters is, in the smallest set of words that helps reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SyntaxClass {
    Plain,
    Keyword,
    String,
    Number,
    Comment,
    /// The name of a member in JSON or YAML.
    Key,
    Punctuation,
    Function,
    Type,
    Constant,
    /// Headings, emphasis and links of Markdown; tags of HTML.
    Markup,
}

/// A language that can be coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Json,
    Yaml,
    Markdown,
    Html,
    Python,
    JavaScript,
    Rust,
    Sql,
    Shell,
    Java,
    Go,
    C,
}

impl Language {
    /// The language a code fence names; `None` for any other word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "json" | "jsonl" | "jsonc" | "json5" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            "markdown" | "md" => Self::Markdown,
            "html" | "xml" | "svg" => Self::Html,
            "python" | "py" => Self::Python,
            "javascript" | "js" | "typescript" | "ts" | "jsx" | "tsx" => Self::JavaScript,
            "rust" | "rs" => Self::Rust,
            "sql" => Self::Sql,
            "bash" | "sh" | "shell" | "console" => Self::Shell,
            "java" | "kotlin" => Self::Java,
            "go" | "golang" => Self::Go,
            "c" | "cpp" | "c++" | "h" => Self::C,
            _ => return None,
        })
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Python => "py",
            Self::JavaScript => "js",
            Self::Rust => "rs",
            Self::Sql => "sql",
            Self::Shell => "sh",
            Self::Java => "java",
            Self::Go => "go",
            Self::C => "c",
        }
    }
}

/// A run of characters of one class, within one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Token {
    pub text: String,
    pub class: SyntaxClass,
}

/// Texts longer than this stay plain.
pub const TEXT_LIMIT_BYTES: usize = 200_000;
/// Texts with a line longer than this stay plain.
pub const LINE_LIMIT_CHARS: usize = 5_000;

/// Guesses the language of an answer from its first characters; `None` when it reads like prose.
#[must_use]
pub fn language_of(text: &str) -> Option<Language> {
    let start = text.trim_start();
    let first = start.lines().next().unwrap_or_default();
    if first.starts_with("```") {
        // The Markdown grammar colours the code inside its fences.
        return Some(Language::Markdown);
    }
    if start.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    {
        return Some(Language::Json);
    }
    let lower = first.get(..14).unwrap_or(first).to_ascii_lowercase();
    if lower.starts_with("<!doctype html")
        || lower.starts_with("<html")
        || lower.starts_with("<?xml")
    {
        return Some(Language::Html);
    }
    let marked = |line: &str| {
        let line = line.trim_start();
        line.starts_with("# ")
            || line.starts_with("## ")
            || line.starts_with("### ")
            || line.starts_with("```")
            || line.starts_with("- ")
            || line.starts_with("* ")
            || line.starts_with("> ")
            || line.contains("**")
    };
    text.lines()
        .take(200)
        .any(marked)
        .then_some(Language::Markdown)
}

/// The text as lines of tokens; the tokens of a line joined are the line without its `\n`.
#[must_use]
pub fn highlight(text: &str, language: Language) -> Vec<Vec<Token>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let too_long =
        |line: &&str| line.len() > LINE_LIMIT_CHARS && line.chars().count() > LINE_LIMIT_CHARS;
    let syntax =
        syntax(language).filter(|_| text.len() <= TEXT_LIMIT_BYTES && !lines.iter().any(too_long));
    let Some((set, syntax)) = syntax else {
        return lines.into_iter().map(plain).collect();
    };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    lines
        .into_iter()
        .map(|line| {
            // A grammar that gives up leaves the rest of the text readable, only without colour.
            parse_line(line, &mut state, &mut stack, set).unwrap_or_else(|| plain(line))
        })
        .collect()
}

/// Adds classes to the pieces of a diff of the two texts `a` and `b`, so that both show at once.
pub fn colour(diff: &mut TextDiff, a: &str, b: &str, language: Language) {
    let (tokens_a, tokens_b) = (highlight(a, language), highlight(b, language));
    for row in diff.hunks.iter_mut().flat_map(|hunk| &mut hunk.rows) {
        if let Some(tokens) = line_of(&tokens_a, row.a_line) {
            row.a = merge(std::mem::take(&mut row.a), tokens);
        }
        if let Some(tokens) = line_of(&tokens_b, row.b_line) {
            row.b = merge(std::mem::take(&mut row.b), tokens);
        }
    }
}

fn line_of(tokens: &[Vec<Token>], line: Option<u32>) -> Option<&[Token]> {
    let index = usize::try_from(line?).ok()?.checked_sub(1)?;
    tokens.get(index).map(Vec::as_slice)
}

/// Cuts pieces where the class changes; marked pieces stay whole.
fn merge(pieces: Vec<Piece>, tokens: &[Token]) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len() + tokens.len());
    let mut tokens = tokens.iter().map(|token| (token.text.len(), token.class));
    let (mut left, mut class) = tokens.next().unwrap_or((usize::MAX, SyntaxClass::Plain));
    for piece in pieces {
        let mut rest = piece.text.as_str();
        if rest.is_empty() {
            out.push(piece);
            continue;
        }
        while !rest.is_empty() {
            while left == 0 {
                (left, class) = tokens.next().unwrap_or((usize::MAX, SyntaxClass::Plain));
            }
            let take = if piece.mark.is_some() {
                rest.len()
            } else {
                left.min(rest.len())
            };
            // Tokens and pieces cut the same line at character borders, so `take` is one too.
            let (head, tail) = rest.split_at_checked(take).unwrap_or((rest, ""));
            out.push(Piece {
                text: head.to_owned(),
                emphasis: piece.emphasis,
                class: Some(class),
                mark: piece.mark.clone(),
            });
            let mut used = head.len();
            while used > left {
                used -= left;
                (left, class) = tokens.next().unwrap_or((usize::MAX, SyntaxClass::Plain));
            }
            left -= used;
            rest = tail;
        }
    }
    out
}

fn plain(line: &str) -> Vec<Token> {
    let text = line.strip_suffix('\n').unwrap_or(line);
    if text.is_empty() {
        return Vec::new();
    }
    vec![Token {
        text: text.to_owned(),
        class: SyntaxClass::Plain,
    }]
}

fn syntax(language: Language) -> Option<(&'static SyntaxSet, &'static SyntaxReference)> {
    static SET: OnceLock<SyntaxSet> = OnceLock::new();
    let set = SET.get_or_init(SyntaxSet::load_defaults_newlines);
    Some((set, set.find_syntax_by_extension(language.extension())?))
}

fn parse_line(
    line: &str,
    state: &mut ParseState,
    stack: &mut ScopeStack,
    set: &SyntaxSet,
) -> Option<Vec<Token>> {
    let changes = state.parse_line(line, set).ok()?;
    let mut tokens: Vec<Token> = Vec::new();
    let mut from = 0;
    let body = line.strip_suffix('\n').unwrap_or(line);
    let mut push = |to: usize, stack: &ScopeStack| {
        let to = to.min(body.len());
        if let Some(text) = body.get(from..to).filter(|text| !text.is_empty()) {
            let class = class_of(stack.as_slice());
            match tokens.last_mut() {
                Some(last) if last.class == class => last.text.push_str(text),
                _ => tokens.push(Token {
                    text: text.to_owned(),
                    class,
                }),
            }
            from = to;
        }
    };
    for (at, change) in changes {
        push(at, stack);
        stack.apply(&change).ok()?;
    }
    push(body.len(), stack);
    Some(tokens)
}

/// The innermost scope that says something decides.
fn class_of(scopes: &[Scope]) -> SyntaxClass {
    static TABLE: OnceLock<Vec<(Scope, SyntaxClass)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        use SyntaxClass::{
            Comment, Constant, Function, Key, Keyword, Markup, Number, Punctuation, String, Type,
        };
        [
            ("comment", Comment),
            ("punctuation.definition.comment", Comment),
            ("meta.mapping.key", Key),
            ("meta.structure.dictionary.key", Key),
            ("entity.name.tag.yaml", Key),
            ("punctuation.definition.string", String),
            ("string", String),
            ("constant.numeric", Number),
            ("constant.character.escape", Constant),
            ("constant", Constant),
            ("keyword", Keyword),
            ("storage.type.function", Keyword),
            ("storage", Keyword),
            ("entity.name.function", Function),
            ("support.function", Function),
            ("variable.function", Function),
            ("entity.name.tag", Markup),
            ("entity.name.section", Markup),
            ("entity.name", Type),
            ("support.type", Type),
            ("markup", Markup),
            ("punctuation", Punctuation),
        ]
        .into_iter()
        .filter_map(|(name, class)| Some((Scope::new(name).ok()?, class)))
        .collect()
    });
    let class_of_scope = |scope: &Scope| {
        table
            .iter()
            .find(|(prefix, _)| prefix.is_prefix_of(*scope))
            .map(|(_, class)| *class)
    };
    match scopes.iter().rev().find_map(class_of_scope) {
        // In JSON the key's scope stands around that of its string.
        Some(SyntaxClass::String)
            if scopes
                .iter()
                .any(|scope| class_of_scope(scope) == Some(SyntaxClass::Key)) =>
        {
            SyntaxClass::Key
        }
        class => class.unwrap_or(SyntaxClass::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Emphasis, diff_text};
    use proptest::prelude::*;

    fn classes(text: &str, language: Language) -> Vec<(String, SyntaxClass)> {
        highlight(text, language)
            .into_iter()
            .flatten()
            .filter(|token| !token.text.trim().is_empty())
            .map(|token| (token.text.trim().to_owned(), token.class))
            .collect()
    }

    #[test]
    fn json_tells_strings_numbers_and_constants_apart() {
        let found = classes(
            "{\"label\": \"x\", \"n\": 1.5, \"ok\": true}",
            Language::Json,
        );
        assert!(
            found.contains(&("\"x\"".into(), SyntaxClass::String)),
            "{found:?}"
        );
        assert!(
            found.contains(&("1.5".into(), SyntaxClass::Number)),
            "{found:?}"
        );
        assert!(
            found.contains(&("true".into(), SyntaxClass::Constant)),
            "{found:?}"
        );
        assert!(
            found
                .iter()
                .any(|(text, class)| text.contains("label") && *class == SyntaxClass::Key),
            "{found:?}"
        );
    }

    #[test]
    fn code_and_markdown_have_keywords_comments_and_markup() {
        let python = classes("def f(x):  # why\n    return 'a'\n", Language::Python);
        assert!(
            python.contains(&("return".into(), SyntaxClass::Keyword)),
            "{python:?}"
        );
        assert!(
            python.contains(&("# why".into(), SyntaxClass::Comment)),
            "{python:?}"
        );
        let markdown = classes("# Title\n\nsome **bold** text\n", Language::Markdown);
        assert!(
            markdown
                .iter()
                .any(|(text, class)| text.contains("Title") && *class == SyntaxClass::Markup),
            "{markdown:?}"
        );
    }

    #[test]
    fn languages_are_guessed_from_the_start() {
        assert_eq!(language_of(" {\"a\": 1}\n"), Some(Language::Json));
        assert_eq!(language_of("# Hello\n\ntext"), Some(Language::Markdown));
        assert_eq!(language_of("Just a sentence."), None);
        assert_eq!(language_of(""), None);
        assert_eq!(language_of("<!DOCTYPE html><p>"), Some(Language::Html));
        assert_eq!(language_of("{not json"), None);
    }

    #[test]
    fn large_texts_and_long_lines_stay_plain() {
        let long_line = format!("[{}]", "1,".repeat(LINE_LIMIT_CHARS));
        assert!(
            highlight(&long_line, Language::Json)
                .iter()
                .flatten()
                .all(|token| token.class == SyntaxClass::Plain)
        );
        let large = "[1]\n".repeat(TEXT_LIMIT_BYTES / 4 + 1);
        assert!(
            highlight(&large, Language::Json)
                .iter()
                .flatten()
                .all(|token| token.class == SyntaxClass::Plain)
        );
    }

    #[test]
    fn emphasis_and_class_stand_on_the_same_piece() {
        let (a, b) = ("{\"n\": 1}\n", "{\"n\": 2}\n");
        let mut diff = diff_text(a, b);
        colour(&mut diff, a, b, Language::Json);
        let added = diff.hunks[0].rows[0]
            .b
            .iter()
            .find(|piece| piece.emphasis == Emphasis::Added);
        assert_eq!(
            added.map(|piece| (piece.text.as_str(), piece.class)),
            Some(("2", Some(SyntaxClass::Number)))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn colouring_never_changes_the_text(text in "([\\{\\}\\[\\]\"':,#*`<>/ab1 \r\u{202e}é]{0,12}\n?){0,8}", pick in 0_usize..3) {
            let language = [Language::Json, Language::Markdown, Language::Html][pick];
            let lines: Vec<String> = highlight(&text, language)
                .into_iter()
                .map(|line| line.into_iter().map(|token| token.text).collect())
                .collect();
            let expected: Vec<&str> = text.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line)).collect();
            prop_assert_eq!(lines, expected);

            let other = text.replace('a', "b1");
            let plain = diff_text(&text, &other);
            let mut coloured = plain.clone();
            colour(&mut coloured, &text, &other, language);
            let read = |diff: &TextDiff| -> Vec<String> {
                diff.hunks.iter().flat_map(|hunk| &hunk.rows)
                    .flat_map(|row| [&row.a, &row.b])
                    .map(|pieces| pieces.iter().map(|piece| piece.text.as_str()).collect())
                    .collect()
            };
            prop_assert_eq!(read(&plain), read(&coloured));
        }
    }
}

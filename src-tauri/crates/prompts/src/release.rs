//! Makes the text of a release from the working file: a new version and changelog, all else byte for byte.

use crate::{PromptError, front_matter, parse};
use semver::Version;

/// The working text with `version` and `changelog` in its front matter, and without `origin`: whoever releases it made
/// it here, whatever it once came from. A missing `changelog` line is
/// added below the version; values that run over several lines are replaced whole.
///
/// # Errors
/// When the text is not a prompt file, the changelog is blank or has several lines, or the front matter
/// is written in a way that two lines cannot be exchanged in (such as one `{…}` map).
pub fn new_release_text(
    working_text: &str,
    version: &Version,
    changelog: &str,
) -> Result<String, PromptError> {
    let mut expected = parse(working_text)?;
    let text = without_origin(with_version(working_text, version, changelog)?)?;
    expected.version = version.clone();
    expected.changelog = changelog.trim().to_owned();
    expected.origin = None;
    let mut got = parse(&text)?;
    // Lines may move when a changelog of another length is replaced.
    for (section, wanted) in got.sections.iter_mut().zip(&expected.sections) {
        section.line = wanted.line;
    }
    if got == expected {
        Ok(text)
    } else {
        Err(not_exchangeable())
    }
}

pub(crate) fn not_exchangeable() -> PromptError {
    let reason = "its front matter must have `version` and `changelog` on lines of their own";
    PromptError::Release(reason.to_owned())
}

fn without_origin(text: String) -> Result<String, PromptError> {
    let cut = front_matter::cut(&text)?;
    if front_matter::line_of_key(cut.yaml, "origin").is_none() {
        return Ok(text);
    }
    let start = cut.yaml_start;
    let yaml = replace_entry(cut.yaml, "origin", "")?;
    Ok([&text[..start], &yaml, &text[start + cut.yaml.len()..]].concat())
}

/// A file's text with other `version` and `changelog` lines; the caller holds what it says against what it should.
pub(crate) fn with_version(
    working_text: &str,
    version: &Version,
    changelog: &str,
) -> Result<String, PromptError> {
    let changelog = changelog.trim();
    if changelog.is_empty() || changelog.contains(['\n', '\r']) {
        return Err(PromptError::Release(
            "the changelog must be one line of text".to_owned(),
        ));
    }
    let cut = front_matter::cut(working_text)?;
    let start = cut.yaml_start;

    let end = if cut.yaml.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    // A JSON string is a YAML double-quoted one, so no character of the changelog means anything to YAML.
    let changelog_line = format!("changelog: {}{end}", serde_json::Value::from(changelog));
    let version_line = format!("version: {version}{end}");
    let has_changelog = front_matter::line_of_key(cut.yaml, "changelog").is_some();
    let with_version = if has_changelog {
        version_line
    } else {
        version_line + &changelog_line
    };
    let yaml = replace_entry(cut.yaml, "version", &with_version)?;
    let yaml = if has_changelog {
        replace_entry(&yaml, "changelog", &changelog_line)?
    } else {
        yaml
    };
    Ok([
        &working_text[..start],
        yaml.as_str(),
        &working_text[start + cut.yaml.len()..],
    ]
    .concat())
}

/// Replaces a top-level entry, its indented continuation lines included.
fn replace_entry(yaml: &str, key: &str, with: &str) -> Result<String, PromptError> {
    let at = front_matter::line_of_key(yaml, key)
        .ok_or_else(|| PromptError::Release(format!("its front matter has no line `{key}:`")))?;
    let lines: Vec<&str> = yaml.split_inclusive('\n').collect();
    let first = at - 2;
    let continued = |line: &&str| line.starts_with([' ', '\t']) || line.trim().is_empty();
    let mut next = first
        + 1
        + lines[first + 1..]
            .iter()
            .take_while(|line| continued(line))
            .count();
    // Blank lines that follow belong to the reader, not to the value.
    while next > first + 1 && lines[next - 1].trim().is_empty() {
        next -= 1;
    }
    Ok([
        lines[..first].concat().as_str(),
        with,
        lines[next..].concat().as_str(),
    ]
    .concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::FULL;
    use proptest::prelude::*;

    fn release(text: &str, changelog: &str) -> Result<String, PromptError> {
        new_release_text(text, &Version::new(2, 0, 0), changelog)
    }

    #[test]
    fn two_lines_change_and_the_rest_is_byte_exact() {
        let text = release(FULL, "Kinder: \"answers\" # now").unwrap();
        let expected = FULL.replace("version: 1.2.0", "version: 2.0.0").replace(
            "changelog: Shorter answers.",
            "changelog: \"Kinder: \\\"answers\\\" # now\"",
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_long_changelog_is_replaced_whole_and_a_missing_one_added() {
        let long = "---\nname: a\nversion: 1.0.0\nchangelog: |\n  one\n\n  two\n\nowner: o # kept\n---\nuser:\nx\n";
        let expected =
            "---\nname: a\nversion: 2.0.0\nchangelog: \"c\"\n\nowner: o # kept\n---\nuser:\nx\n";
        assert_eq!(release(long, "c").unwrap(), expected);
        let missing = "---\r\nname: a\r\nversion: 1.0.0\r\n---\r\nuser:\r\nx";
        let expected = "---\r\nname: a\r\nversion: 2.0.0\r\nchangelog: \"c\"\r\n---\r\nuser:\r\nx";
        assert_eq!(release(missing, "c").unwrap(), expected);
    }

    #[test]
    fn a_release_that_somebody_makes_here_no_longer_says_where_the_file_came_from() {
        let imported = FULL.replace("owner:", "origin:\n  source: git\n  id: 4f2c\nowner:");
        let made_here = release(&imported, "c").unwrap();
        assert_eq!(made_here, release(FULL, "c").unwrap());
    }

    #[test]
    fn what_cannot_be_exchanged_safely_is_refused() {
        assert!(release("---\n{name: a, version: 1.0.0}\n---\nuser:\nx", "c").is_err());
        assert!(release(FULL, " ").is_err());
        assert!(release(FULL, "two\nlines").is_err());
        assert!(release("no prompt", "c").is_err());
    }

    proptest! {
        #[test]
        fn any_one_line_changelog_reads_back(changelog in "[^\\s\\pC][^\\pC\u{2028}\u{2029}\u{85}]{0,30}[^\\s\\pC]") {
            let text = release(FULL, &changelog).unwrap();
            prop_assert_eq!(parse(&text).unwrap().changelog, changelog);
        }
    }
}

//! Names of members, which are labels: shown, never opened, never joined to a path.

use crate::text::shorten;

/// Longer names are cut; a tar or zip file may hold 64 KiB for one.
const NAME_CHARS: usize = 300;

/// A name as a person may see it: what is no text or would steer a terminal is replaced.
pub(super) fn label(raw: &[u8]) -> String {
    let raw = &raw[..raw.len().min(NAME_CHARS * 4 + 4)];
    shorten(&String::from_utf8_lossy(raw), NAME_CHARS).replace(char::is_control, "\u{fffd}")
}

/// True for what lies beside traces in folders and archives and is no trace: hidden files, what systems leave behind,
/// pictures, and texts for people. Only the name is asked, so nobody should ask about a file that a person named.
#[must_use]
pub fn is_beside_traces(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']).filter(|part| !part.is_empty());
    if parts.clone().any(|part| {
        part == "__MACOSX" || (part.starts_with('.') && !part.bytes().all(|byte| byte == b'.'))
    }) {
        return true;
    }
    let Some(last) = parts.next_back() else {
        return false;
    };
    let last = last.to_ascii_lowercase();
    let (stem, extension) = last.rsplit_once('.').unwrap_or((&last, ""));
    matches!(last.as_str(), "thumbs.db" | "desktop.ini")
        || matches!(stem, "readme" | "license" | "licence" | "changelog")
            && matches!(extension, "" | "txt" | "md" | "rst")
        || matches!(
            extension,
            "md" | "rst" | "pdf" | "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "ico" | "bmp"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_ends_a_string_is_replaced_and_the_rest_is_kept() {
        assert_eq!(label(b"../../etc/passwd"), "../../etc/passwd");
        assert_eq!(label(b"C:\\a\\b.jsonl"), "C:\\a\\b.jsonl");
        assert_eq!(label(b"a\0b\x1b[31m\xff"), "a\u{fffd}b\u{fffd}[31m\u{fffd}");
        assert_eq!(label(&[b'x'; 65_535]).chars().count(), NAME_CHARS);
    }

    #[test]
    fn traces_are_told_from_what_lies_beside_them() {
        for name in [
            ".DS_Store",
            "a/.git/config",
            "__MACOSX/._a.jsonl",
            "README",
            "logs/ReadMe.md",
            "a\\LICENSE.txt",
            "plot.PNG",
            "Thumbs.db",
        ] {
            assert!(is_beside_traces(name), "{name}");
        }
        for name in [
            "a.jsonl",
            "../up.jsonl",
            "./a.json",
            "readme.jsonl",
            "notes.txt",
            "",
            "a.json.gz",
        ] {
            assert!(!is_beside_traces(name), "{name}");
        }
    }
}

//! The page's own style and script, and the policy that allows nothing else.
//!
//! Content Security Policy Level 3, hash sources: <https://www.w3.org/TR/CSP3/#framework-directive-source-list>.

use super::escape::Page;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// Between the tags, to the byte: what is hashed is what is written.
pub(super) const STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The policy's element.
pub(super) fn write(page: &mut Page<impl Write>) -> io::Result<()> {
    page.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-",
    )?;
    page.hash(&hash(STYLE))?;
    page.raw("'; script-src 'sha256-")?;
    page.hash(&hash(SCRIPT))?;
    page.raw("'; base-uri 'none'; form-action 'none'\">\n")
}

/// SHA-256 in Base64. A parser reads a carriage return as a line feed, and hashes what it read.
pub(super) fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text.replace("\r\n", "\n").as_bytes()))
}

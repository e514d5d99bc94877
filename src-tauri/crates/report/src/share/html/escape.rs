//! The only way for data into the page.
//!
//! Markup is `&'static str`, so it can only be ours; data goes out as text nodes (`&` and `<` escaped, as the
//! HTML standard asks of text, and `>` and quotes too). No data ever stands in an attribute. What does not show
//! itself becomes its mark's label inside `<i>`, which is used for nothing else.

use crate::share::cut::cut;
use plumbline_analysis::diff::{MarkKind, Piece, visible};
use std::io::{self, Write};

/// The page as it is written.
pub(super) struct Page<W> {
    out: W,
}

/// Which marks a text shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    /// In prose: what commands, reorders or hides. Odd spaces and other alphabets are normal there.
    Dangerous,
    /// On one line: letters that pass for others too, for names are compared by eye.
    OneLine,
}

impl<W: Write> Page<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out }
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }

    /// Our own markup.
    pub(super) fn raw(&mut self, markup: &'static str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// A number of ours, also for attributes.
    pub(super) fn number(&mut self, number: usize) -> io::Result<()> {
        write!(self.out, "{number}")
    }

    /// A figure of ours with its unit.
    pub(super) fn figure(&mut self, figure: &str) -> io::Result<()> {
        self.escaped(figure)
    }

    /// Base64 of a hash of ours, for the policy.
    pub(super) fn hash(&mut self, hash: &str) -> io::Result<()> {
        debug_assert!(
            hash.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        );
        self.out.write_all(hash.as_bytes())
    }

    /// Data as plain text without marks, for `<title>`, which has no elements.
    pub(super) fn title(&mut self, data: &str) -> io::Result<()> {
        let (shown, rest) = cut(data, 200);
        for run in visible(shown) {
            self.escaped(run.mark.as_ref().map_or(run.text, |mark| &mark.label))?;
        }
        self.raw(if rest.is_empty() { "" } else { "…" })
    }

    /// Data on one line, cut at `limit_bytes`; the cut and the whole size are said.
    pub(super) fn line(&mut self, data: &str, limit_bytes: usize) -> io::Result<()> {
        let (shown, rest) = cut(data, limit_bytes);
        self.marked(shown, Marks::OneLine)?;
        if !rest.is_empty() {
            self.raw("… <small>(")?;
            self.number(data.len())?;
            self.raw(" bytes)</small>")?;
        }
        Ok(())
    }

    /// Data in a `<pre>` of ours, line ends kept.
    pub(super) fn block(&mut self, data: &str) -> io::Result<()> {
        for line in data.split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            self.marked(body, Marks::Dangerous)?;
            if body.len() < line.len() {
                self.raw("\n")?;
            }
        }
        Ok(())
    }

    /// A piece of a diff; its mark, if any, is the diff's.
    pub(super) fn piece(&mut self, piece: &Piece) -> io::Result<()> {
        match &piece.mark {
            Some(mark) => self.mark(&mark.label),
            None => self.marked(&piece.text, Marks::OneLine),
        }
    }

    fn marked(&mut self, line: &str, marks: Marks) -> io::Result<()> {
        for run in visible(line) {
            match run.mark {
                Some(mark) if dangerous(mark.kind, marks) => self.mark(&mark.label)?,
                _ => self.escaped(run.text)?,
            }
        }
        Ok(())
    }

    fn mark(&mut self, label: &str) -> io::Result<()> {
        self.raw("<i>")?;
        self.escaped(label)?;
        self.raw("</i>")
    }

    fn escaped(&mut self, text: &str) -> io::Result<()> {
        let bytes = text.as_bytes();
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let entity: &[u8] = match byte {
                b'&' => b"&amp;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'"' => b"&quot;",
                b'\'' => b"&#39;",
                _ => continue,
            };
            self.out.write_all(&bytes[from..at])?;
            self.out.write_all(entity)?;
            from = at + 1;
        }
        self.out.write_all(&bytes[from..])
    }
}

fn dangerous(kind: MarkKind, marks: Marks) -> bool {
    match kind {
        MarkKind::Control | MarkKind::CarriageReturn | MarkKind::Bidi | MarkKind::ZeroWidth => true,
        MarkKind::LookAlike => marks == Marks::OneLine,
        MarkKind::OddSpace | MarkKind::TrailingSpace | MarkKind::NoLineEnd => false,
    }
}

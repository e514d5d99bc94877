//! What stands above the cases: the verdict, what was compared, and how sure one may be.

use super::escape::Page;
use super::kinds::Kinds;
use super::{policy, tables};
use crate::share::SharedHead;
use crate::share::verdict::Words;
use plumbline_analysis::align::RowVerdict;
use std::io::{self, Write};

/// The page up to the first case.
pub(super) fn write(
    page: &mut Page<impl Write>,
    head: &SharedHead,
    kinds: &Kinds<'_>,
) -> io::Result<()> {
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
    policy::write(page)?;
    page.raw(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>",
    )?;
    page.title(&head.title)?;
    page.raw("</title>\n<style>")?;
    page.raw(policy::STYLE)?;
    page.raw("</style>\n</head>\n<body>\n<header>\n<h1>")?;
    page.line(&head.title, 300)?;
    page.raw("</h1>\n<p class=\"verdict\">")?;
    page.line(&head.verdict, 2_000)?;
    page.raw("</p>\n</header>\n<main>\n")?;
    tables::columns(page, head)?;
    tables::counts(page, head)?;
    tables::tests(page, &head.tests)?;
    tables::groups(page, &head.groups)?;
    tables::signoffs(page, &head.signoffs)?;
    page.raw("<section id=\"cases\">\n<h2>Cases</h2>\n")?;
    controls(page, kinds)
}

/// Hidden until the script is there to answer them.
fn controls(page: &mut Page<impl Write>, kinds: &Kinds<'_>) -> io::Result<()> {
    page.raw(
        "<nav id=\"controls\" hidden>\n<label>Verdict <select id=\"verdict\"><option value=\"\">any</option>",
    )?;
    for verdict in RowVerdict::ALL {
        page.raw("<option value=\"")?;
        page.raw(verdict.as_str())?;
        page.raw("\">")?;
        page.raw(verdict.words())?;
        page.raw("</option>")?;
    }
    page.raw("</select></label>\n<label>Kind <select id=\"kind\"><option value=\"\">any</option>")?;
    for (at, kind) in kinds.named() {
        page.raw("<option value=\"")?;
        page.number(at)?;
        page.raw("\">")?;
        page.line(kind, 60)?;
        page.raw("</option>")?;
    }
    page.raw(
        "</select></label>\n<label>Text <input id=\"text\" type=\"search\" autocomplete=\"off\" \
         spellcheck=\"false\"></label>\n<span id=\"count\" role=\"status\"></span>\n\
         <button id=\"previous\" type=\"button\">Previous <kbd>p</kbd></button>\
         <button id=\"next\" type=\"button\">Next <kbd>n</kbd></button>\n</nav>\n",
    )
}

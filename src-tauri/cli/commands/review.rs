//! `plumbline review …`

use crate::args::{Decision, Review, Reviewer, SignOff, TwoSides};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{ReviewSummary, Side, WinRate};
use plumbline_model::{Problem, ReviewDecision, ReviewLine, ReviewSubject, ReviewWord};
use plumbline_report::clean;
use std::fmt::Write as _;

pub(super) fn run(
    engine: &Engine,
    args: &Review,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    match args {
        Review::Summary(sides) => {
            let (a, b) = both(engine, sides)?;
            let summary = engine.review_summary(&a, &b)?;
            printer.answer(&summary, || summary_text(&summary))?;
        }
        Review::Judge {
            sides,
            case,
            choice,
            note,
            reviewer,
        } => {
            let about = pair(engine, sides, case)?;
            if !note.trim().is_empty() {
                let note = ReviewWord::Note {
                    text: note.trim().to_owned(),
                };
                engine.review_add(about.clone(), note, reviewer.by.as_deref())?;
            }
            let word = ReviewWord::Judgement {
                choice: (*choice).into(),
                blind: false,
            };
            said(engine, about, word, reviewer, printer)?;
        }
        Review::Accept(args) => decide(engine, args, ReviewDecision::Accept, printer)?,
        Review::Reject(args) => decide(engine, args, ReviewDecision::Reject, printer)?,
        Review::Reopen(args) => decide(engine, args, ReviewDecision::Open, printer)?,
        Review::Label {
            sides,
            case,
            labels,
            reviewer,
        } => {
            let (a, b) = both(engine, sides)?;
            let shown = engine.compare_pair(&[a, b], 1, case, None)?;
            let cell = shown.b.ok_or_else(|| {
                Problem::not_found(format!(
                    "RUN_B has no answer to the case `{}`",
                    case.escape_debug()
                ))
            })?;
            let about = ReviewSubject::Cell { cell: cell.id };
            let word = ReviewWord::Labels {
                labels: labels.clone(),
            };
            said(engine, about, word, reviewer, printer)?;
        }
        Review::SignOff(args) => sign_off(engine, args, printer)?,
    }
    Ok(ExitStatus::Pass)
}

fn both(engine: &Engine, sides: &TwoSides) -> Result<(Side, Side), Problem> {
    Ok((engine.side(&sides.a)?, engine.side(&sides.b)?))
}

fn pair(engine: &Engine, sides: &TwoSides, case: &str) -> Result<ReviewSubject, Problem> {
    let (a, b) = both(engine, sides)?;
    Ok(ReviewSubject::Pair {
        a: a.to_string(),
        b: b.to_string(),
        case_key: case.to_owned(),
    })
}

fn decide(
    engine: &Engine,
    args: &Decision,
    decision: ReviewDecision,
    printer: &Printer,
) -> Result<(), Problem> {
    let about = match (&args.case, &args.kind) {
        (Some(case), _) => pair(engine, &args.sides, case)?,
        (None, kind) => {
            let (a, b) = both(engine, &args.sides)?;
            ReviewSubject::Group {
                a: a.to_string(),
                b: b.to_string(),
                kind: kind.clone().unwrap_or_default(),
            }
        }
    };
    let word = ReviewWord::Decision { decision, cases: 0 };
    said(engine, about, word, &args.reviewer, printer)
}

fn sign_off(engine: &Engine, args: &SignOff, printer: &Printer) -> Result<(), Problem> {
    let (a, b) = both(engine, &args.sides)?;
    let by = args.reviewer.by.as_deref();
    let line = engine.review_sign_off(&a, &b, args.approve, &args.note, by)?;
    printer.answer(&line, || line_text(&line))
}

fn said(
    engine: &Engine,
    about: ReviewSubject,
    word: ReviewWord,
    reviewer: &Reviewer,
    printer: &Printer,
) -> Result<(), Problem> {
    let line = engine.review_add(about, word, reviewer.by.as_deref())?;
    printer.answer(&line, || line_text(&line))
}

fn line_text(line: &ReviewLine) -> String {
    let what = match &line.word {
        ReviewWord::Judgement { choice, .. } => {
            let word = serde_json::to_value(choice).ok();
            let word = word
                .as_ref()
                .and_then(|word| word.as_str().map(str::to_owned));
            word.unwrap_or_default().replace('_', " ")
        }
        ReviewWord::Decision { decision, cases } => {
            let word = match decision {
                ReviewDecision::Accept => "accepted",
                ReviewDecision::Reject => "rejected",
                ReviewDecision::Open => "open again",
            };
            format!(
                "{word}: {cases} {}",
                if *cases == 1 { "case" } else { "cases" }
            )
        }
        ReviewWord::Labels { labels } if labels.is_empty() => "no labels".to_owned(),
        ReviewWord::Labels { labels } => labels.join(", "),
        ReviewWord::SignOff {
            approved,
            run_hash_a,
            run_hash_b,
            verdict,
            ..
        } => format!(
            "{}\n{verdict}\nA {run_hash_a}\nB {run_hash_b}",
            if *approved { "approved" } else { "refused" }
        ),
        ReviewWord::Note { text } => text.clone(),
        ReviewWord::Checks { .. } | ReviewWord::Rubric { .. } => line.word.kind().to_owned(),
    };
    format!("{}: {}", clean(&line.reviewer), clean(&what))
}

fn summary_text(summary: &ReviewSummary) -> String {
    let mut out = format!("{}\n", wins_text(&summary.wins));
    for reviewer in &summary.reviewers {
        let _ = writeln!(
            out,
            "  {}: {}{}",
            clean(&reviewer.reviewer),
            wins_text(&reviewer.wins),
            match reviewer.skipped {
                0 => String::new(),
                skipped => format!(", {skipped} skipped"),
            }
        );
    }
    if summary.agreement.pairs > 0 {
        let figure = |value: Option<f64>| value.map_or("unknown".to_owned(), |v| format!("{v:.2}"));
        let _ = writeln!(
            out,
            "agreement over {} cases: Cohen's kappa {}, Krippendorff's alpha {}",
            summary.agreement.pairs,
            figure(summary.agreement.kappa),
            figure(summary.agreement.alpha)
        );
    }
    let _ = writeln!(
        out,
        "{} accepted, {} rejected, {} open",
        summary.accepted, summary.rejected, summary.undecided
    );
    for sign_off in &summary.sign_offs {
        let standing = match sign_off.is_current {
            true => "",
            false => " (the runs changed since)",
        };
        let _ = writeln!(out, "{}{standing}", line_text(&sign_off.line));
    }
    out
}

/// Never a share alone: with its interval and its test.
fn wins_text(wins: &WinRate) -> String {
    let counts = format!(
        "{} better, {} worse, {} ties, {} both bad",
        wins.better, wins.worse, wins.tie, wins.both_bad
    );
    match (wins.rate, wins.ci_low, wins.ci_high, wins.p_value) {
        (Some(rate), Some(low), Some(high), Some(p)) => format!(
            "{counts}: the new side wins {:.0} % (95 % interval {:.0}–{:.0} %, p = {p:.3})",
            rate * 100.0,
            low * 100.0,
            high * 100.0
        ),
        _ => "nothing was judged yet".to_owned(),
    }
}

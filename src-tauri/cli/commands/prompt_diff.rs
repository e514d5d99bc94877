//! `plumbline prompt diff` and `release`: what a change comes to, then its lines.

use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{CostChange, MessageChange, MessageChangeKind, PromptChanges};
use plumbline_model::{Problem, Usd};
use plumbline_report::{Paint, Style, clean, diff_text, figures, markdown};
use serde_json::json;

pub(super) fn diff(
    engine: &Engine,
    name: &str,
    (from, to): (&str, &str),
    as_markdown: bool,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let latest;
    let from = if from == "latest" {
        latest = engine
            .prompt_open(name, None)?
            .releases
            .first()
            .map(|release| release.version.clone())
            .ok_or_else(|| {
                Problem::not_found(format!("`{name}` has no release to compare with"))
            })?;
        latest.as_str()
    } else {
        from
    };
    let changes = engine.prompt_changes(name, from, to, None)?;
    printer.answer(&changes, || {
        if as_markdown {
            return in_markdown(name, &changes);
        }
        let mut text = facts(&changes, printer.style());
        text.push_str(&lines(&changes, printer.style()));
        text
    })?;
    Ok(ExitStatus::Pass)
}

/// Releases the working file and says what that comes to beside the release before.
pub(super) fn release(
    engine: &Engine,
    name: &str,
    version: &str,
    changelog: &str,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let released = engine.prompt_release(name, version, changelog)?;
    let before = released.releases.get(1).map(|release| &release.version);
    let changes = before
        .map(|before| engine.prompt_changes(name, before, version, None))
        .transpose()?;
    let answer = json!({
        "name": name,
        "version": version,
        "from": before,
        "computed": changes.as_ref().map(|changes| &changes.computed),
        "reasons": changes.as_ref().map(|changes| &changes.reasons),
        "messages": changes.as_ref().map(|changes| &changes.messages),
        "cost": changes.as_ref().map(|changes| &changes.cost),
    });
    printer.answer(&answer, || {
        let count = released.releases.len();
        let mut text = format!("released {name}@{version} ({count} releases)\n");
        if let Some(changes) = &changes {
            text.push_str(&facts(changes, printer.style()));
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}

fn lines(changes: &PromptChanges, style: Style) -> String {
    let names = diff_text::Names {
        a: &changes.from,
        b: &changes.to,
    };
    diff_text::unified(&changes.diff.clone().into(), names, style)
}

fn facts(changes: &PromptChanges, style: Style) -> String {
    let mut text = String::new();
    if let Some(computed) = &changes.computed {
        text.push_str(&format!(
            "{}\n",
            style.paint(Paint::Strong, &format!("{computed} change"))
        ));
    }
    for reason in &changes.reasons {
        text.push_str(&format!("  {}\n", clean(reason)));
    }
    let moved = moved(&changes.messages);
    if !moved.is_empty() {
        text.push_str(&format!(
            "tokens ({}): {}\n",
            changes.encoding,
            moved.join(", ")
        ));
    }
    match (&changes.cost, &changes.no_cost_because) {
        (Some(cost), _) => text.push_str(&format!("{}\n", clean(&money(cost)))),
        (None, Some(reason)) => text.push_str(&format!("cost: not known, {}\n", clean(reason))),
        (None, None) => {}
    }
    text.push('\n');
    text
}

/// One phrase for all messages of a role that changed alike: examples come by the dozen.
fn moved(messages: &[MessageChange]) -> Vec<String> {
    let mut alike: Vec<Vec<&MessageChange>> = Vec::new();
    for message in messages {
        if message.kind == MessageChangeKind::Same {
            continue;
        }
        let same = |group: &&mut Vec<&MessageChange>| {
            let first = group.first().map(|first| (first.kind, first.role));
            first == Some((message.kind, message.role))
        };
        match alike.iter_mut().find(same) {
            Some(group) => group.push(message),
            None => alike.push(vec![message]),
        }
    }
    alike.iter().filter_map(|group| phrase(group)).collect()
}

fn phrase(alike: &[&MessageChange]) -> Option<String> {
    let first = alike.first()?;
    let role = match alike.len() {
        1 => first.role.as_str().to_owned(),
        messages => format!("{messages} {} messages", first.role.as_str()),
    };
    let sum = |of: fn(&MessageChange) -> Option<u64>| {
        figures::count(alike.iter().filter_map(|message| of(message)).sum())
    };
    let before = sum(|message| message.tokens_before);
    let after = sum(|message| message.tokens_after);
    Some(match first.kind {
        MessageChangeKind::Same => return None,
        MessageChangeKind::Added => format!("{role} added with {after}"),
        MessageChangeKind::Removed => format!("{role} removed with {before}"),
        MessageChangeKind::Changed => format!("{role} {before} to {after}"),
    })
}

fn money(cost: &CostChange) -> String {
    let of =
        |usd: Option<Usd>| usd.map_or_else(|| "unknown".to_owned(), |usd| figures::usd(Some(usd)));
    let table = cost.source.as_ref().map_or_else(String::new, |source| {
        format!(", {} {}", source.table, source.version)
    });
    let models = if cost.model_before == cost.model_after {
        cost.model_after.clone()
    } else {
        format!("{} to {}", cost.model_before, cost.model_after)
    };
    format!(
        "1,000 calls of {models}: {} to {} (estimated over {} cases of {}: {} to {} tokens in, {} to {} out{table})",
        of(cost.usd_per_1000_before),
        of(cost.usd_per_1000_after),
        figures::count(cost.cases),
        cost.dataset,
        figures::count(cost.tokens_in_before),
        figures::count(cost.tokens_in_after),
        figures::count(cost.tokens_out_before),
        figures::count(cost.tokens_out_after),
    )
}

/// A comment for a pull request: what a reader has to know first, the lines folded away.
fn in_markdown(name: &str, changes: &PromptChanges) -> String {
    let title = format!("{name} {} to {}", changes.from, changes.to);
    let mut text = format!("### {}\n\n", markdown::escape(&title));
    if let Some(computed) = &changes.computed {
        text.push_str(&format!("**{computed}** change\n\n"));
    }
    for reason in &changes.reasons {
        text.push_str(&format!("- {}\n", markdown::escape(reason)));
    }
    let moved = moved(&changes.messages);
    if !moved.is_empty() {
        let tokens = format!("tokens ({}): {}", changes.encoding, moved.join(", "));
        text.push_str(&format!("- {}\n", markdown::escape(&tokens)));
    }
    match (&changes.cost, &changes.no_cost_because) {
        (Some(cost), _) => text.push_str(&format!("- {}\n", markdown::escape(&money(cost)))),
        (None, Some(reason)) => {
            text.push_str(&format!("- cost not known: {}\n", markdown::escape(reason)));
        }
        (None, None) => {}
    }
    let lines = lines(changes, Style { colour: false });
    let fence = fence_around(&lines);
    text.push_str(&format!(
        "\n<details><summary>Lines</summary>\n\n{fence}diff\n{lines}\n{fence}\n\n</details>\n"
    ));
    text
}

/// More backticks than stand anywhere in the text, so that nothing in it ends the block.
fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_a_role_that_changed_alike_are_one_phrase() {
        use plumbline_model::Role;
        let message = |role, kind, before, after| MessageChange {
            role,
            kind,
            tokens_before: before,
            tokens_after: after,
        };
        let messages = [
            message(
                Role::System,
                MessageChangeKind::Changed,
                Some(29),
                Some(122),
            ),
            message(Role::User, MessageChangeKind::Same, Some(6), Some(6)),
            message(
                Role::Assistant,
                MessageChangeKind::Changed,
                Some(19),
                Some(27),
            ),
            message(
                Role::Assistant,
                MessageChangeKind::Changed,
                Some(20),
                Some(28),
            ),
            message(Role::Tool, MessageChangeKind::Added, None, Some(7)),
        ];
        assert_eq!(
            moved(&messages),
            [
                "system 29 to 122",
                "2 assistant messages 39 to 55",
                "tool added with 7"
            ]
        );
    }

    #[test]
    fn nothing_in_the_lines_ends_their_block() {
        assert_eq!(fence_around("a `b` c"), "```");
        assert_eq!(fence_around("````\n"), "`````");
    }
}

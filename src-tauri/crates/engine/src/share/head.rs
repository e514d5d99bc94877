//! What stands above the rows of a shared comparison.

use crate::api::{CompareView, Side, SideView};
use crate::{Engine, clock};
use plumbline_model::{NanosText, Problem, ReviewDecision, ReviewWord};
use plumbline_report::share::{
    SharedColumn, SharedCount, SharedGroup, SharedHead, SharedSignoff, SharedTest,
};

impl Engine {
    pub(super) fn shared_head(&self, sides: &[Side]) -> Result<SharedHead, Problem> {
        let view = self.compare_open(sides)?;
        let mut head = SharedHead {
            title: "Comparison".to_owned(),
            verdict: String::new(),
            columns: columns(&view),
            written_utc: when(NanosText(clock::now())),
            ..SharedHead::default()
        };
        let names: Vec<String> = head
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let several = view.pairs.len() > 1;
        let verdicts: Vec<String> = view
            .pairs
            .iter()
            .zip(names.iter().skip(1))
            .map(|(pair, name)| match several {
                true => format!("{name}: {}", pair.verdict),
                false => pair.verdict.clone(),
            })
            .collect();
        head.verdict = verdicts.join(" ");
        for ((pair, name), side) in view
            .pairs
            .iter()
            .zip(names.iter().skip(1))
            .zip(sides.iter().skip(1))
        {
            let column = several.then(|| name.clone());
            head.counts.extend(
                [
                    ("matched", pair.matched),
                    ("same", pair.same),
                    ("changed", pair.changed),
                    ("fixed", pair.fixed),
                    ("broken", pair.broken),
                    ("only_a", pair.only_a),
                    ("only_b", pair.only_b),
                    ("not_comparable", pair.not_comparable),
                ]
                .map(|(what, count)| SharedCount {
                    column: column.clone(),
                    what: what.to_owned(),
                    count,
                }),
            );
            head.tests.extend(pair.tests.iter().map(|test| SharedTest {
                column: column.clone(),
                metric: test.metric.clone(),
                method: test.method.clone(),
                estimate: Some(test.estimate),
                ci_low: test.ci_low,
                ci_high: test.ci_high,
                p_value: test.p_value,
                p_adjusted: test.p_adjusted,
                n: test.n,
                smallest_shown: test.smallest_shown,
                more_needed: test.more_needed,
            }));
            let Some(base) = sides.first() else { continue };
            let said = self.review_summary(base, side)?;
            head.groups.extend(pair.groups.iter().map(|group| {
                SharedGroup {
                    column: column.clone(),
                    kind: group.kind.clone(),
                    count: group.count,
                    fixed: group.fixed,
                    broken: group.broken,
                    examples: group.examples.clone(),
                    accepted: said
                        .groups
                        .iter()
                        .find(|decided| {
                            decided.kind == group.kind && decided.decision == ReviewDecision::Accept
                        })
                        .map(|decided| format!("{}, {}", decided.reviewer, when(decided.at))),
                }
            }));
            for sign_off in said.sign_offs {
                if let ReviewWord::SignOff { approved, text, .. } = sign_off.line.word {
                    let word = if approved { "approved" } else { "refused" };
                    head.signoffs.push(SharedSignoff {
                        by: sign_off.line.reviewer,
                        when_utc: when(sign_off.line.at),
                        decision: match sign_off.is_current {
                            true => word.to_owned(),
                            false => format!("{word}, before the runs changed"),
                        },
                        note: (!text.is_empty()).then_some(text),
                    });
                }
            }
        }
        Ok(head)
    }
}

fn when(at: NanosText) -> String {
    plumbline_prompts::rfc3339(at.0).unwrap_or_default()
}

/// The columns under different names.
fn columns(view: &CompareView) -> Vec<SharedColumn> {
    let mut columns: Vec<SharedColumn> = Vec::new();
    for side in &view.sides {
        let plain = side_name(side);
        let mut name = plain.clone();
        let mut number = 2;
        while columns.iter().any(|column| column.name == name) {
            name = format!("{plain} ({number})");
            number += 1;
        }
        columns.push(SharedColumn {
            name,
            prompt: Some(side.prompt_name.clone()),
            version: Some(side.prompt_version.clone()),
            model: Some(side.target.to_string()),
            template_hash: Some(side.template_hash.clone()),
            run_id: Some(side.side.run_id.to_string()),
            run_hash: Some(side.run_hash.clone()),
            answered: Some(side.answered),
            passed: Some(side.passed),
            graded: Some(side.graded),
            tokens_in: side.tokens_in,
            tokens_out: side.tokens_out,
            cost_usd: side.cost_usd,
            p50_ms: side.p50_ms,
            p95_ms: side.p95_ms,
        });
    }
    columns
}

pub(super) fn side_name(side: &SideView) -> String {
    format!(
        "{}@{} on {}",
        side.prompt_name, side.prompt_version, side.target
    )
}

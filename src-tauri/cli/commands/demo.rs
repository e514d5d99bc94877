//! `plumbline demo`

use super::follow;
use crate::args::Demo;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{DemoMaterial, Engine};
use plumbline_model::Problem;
use plumbline_report::{Paint, summary};

pub(super) fn demo(engine: &Engine, args: &Demo, printer: &Printer) -> Result<ExitStatus, Problem> {
    let material = DemoMaterial::find(args.material.as_deref())?;
    follow(engine, printer);
    let demo = engine.demo(&material)?;
    printer.answer(&demo, || {
        let style = printer.style();
        let figures = summary::demo(
            &summary::DemoFigures {
                cases: demo.cases,
                answers_moved: demo.answers_moved,
                tokens_in: demo.tokens_in,
                tokens_out: demo.tokens_out,
                cost_usd: demo.cost_usd,
                p50_ms: demo.p50_ms,
                p95_ms: demo.p95_ms,
            },
            style,
        );
        format!(
            "{}\n{}\n\n{figures}\nworkspace: {}\nlook closer: plumbline --workspace {} compare {}.0 {}.1 --show 3\n",
            style.paint(
                Paint::Strong,
                &format!("{} {} against {} on {}", demo.prompt, demo.version_a, demo.version_b, demo.model)
            ),
            demo.verdict,
            engine.workspace_path().display(),
            engine.workspace_path().display(),
            demo.run_id,
            demo.run_id,
        )
    })?;
    Ok(ExitStatus::Pass)
}

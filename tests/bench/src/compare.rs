//! Comparing two columns of a large run: computing it, and a page of what was computed.

use crate::Size;
use crate::pairs::{Outcome, Row, Title, in_turn, timed};
use crate::texts::{Corpus, Dice};
use plumbline_engine::api::{CompareFilter, Side};
use plumbline_engine::{Engine, EngineOptions};
use plumbline_model::{
    Cell, CellId, CellKey, CellStatus, Completion, Cost, Origin, ResponseStatus, Run, RunId,
    RunPlan, RunStatus, Target, UnixNanos,
};
use plumbline_workspace::{NewRun, Owner, RunPrompt, Workspace};
use rusqlite::{Connection, OpenFlags};
use std::ops::ControlFlow;
use tempfile::TempDir;

const PROMPT: &str = "compared";

/// A workspace with one run of two columns, in which all answers of the second are other ones.
struct Stage {
    engine: Engine,
    workspace: Workspace,
    run: RunId,
    sides: [Side; 2],
    _folder: TempDir,
}

pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let cases = size.choose(1_000, 10_000);
    let stage = Stage::new(&corpus, cases, 1)?;
    let computed = in_turn(
        Title {
            name: format!("compare 2 x {cases} answers, all of them changed"),
            unit: "ms",
            more_is_better: false,
            reference: "reading the same cells alone".to_owned(),
            counted: "read, aligned, told apart, grouped, tested and kept; answers of about 0.6 KB"
                .to_owned(),
        },
        size.pairs(),
        |_| stage.touch(),
        |()| {
            let (view, seconds) = timed(|| stage.engine.compare_open(&stage.sides));
            let moved = view?
                .pairs
                .first()
                .map_or(0, |pair| pair.changed + pair.fixed + pair.broken);
            if moved < cases as u64 * 9 / 10 {
                return Err(format!("only {moved} answers changed").into());
            }
            Ok(seconds * 1e3)
        },
        |()| stage.read_all(),
    )?;
    let many = size.choose(5_000, 100_000);
    let stage = Stage::new(&corpus, many, size.choose(1, 8))?;
    stage.engine.compare_open(&stage.sides)?;
    let mut bytes = 0;
    let page = in_turn(
        Title {
            name: format!("first page of a comparison of 2 x {many} answers"),
            unit: "ms",
            more_is_better: false,
            reference: "bare SQL for as many rows of the same tables".to_owned(),
            counted: "100 rows with their count, in the form that the window gets".to_owned(),
        },
        size.pairs(),
        |_| Ok(()),
        |()| {
            let filter = CompareFilter::default();
            let (page, seconds) =
                timed(|| stage.engine.compare_rows(&stage.sides, &filter, 0, 100));
            bytes = serde_json::to_vec(&page?)?.len();
            if bytes > 100_000 {
                return Err(format!("a page has {bytes} bytes").into());
            }
            Ok(seconds * 1e3)
        },
        |()| stage.bare_page(),
    )?;
    let page = Row {
        counted: format!("{}: {bytes} bytes", page.counted),
        ..page
    };
    Ok(vec![computed, page])
}

impl Stage {
    /// `shorter` makes the answers so many times shorter: a large run is to be large in rows.
    fn new(corpus: &Corpus, cases: usize, shorter: usize) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("bench.plumbline");
        let workspace = Workspace::open(&path)?;
        let run: RunId = "01900000-0000-7000-8000-000000000001".parse()?;
        let target = Target {
            provider: "recorded".to_owned(),
            model: "bench-model".to_owned(),
        };
        let versions = ["1.0.0", "1.1.0"];
        let text = |version: &str| {
            format!(
                "---\nname: {PROMPT}\nversion: {version}\nowner: bench\ndescription: Nothing.\nchangelog: First.\n\
                 model: recorded:bench-model\n---\nuser:\nSay something of {version}.\n"
            )
        };
        let plan: RunPlan = serde_json::from_value(serde_json::json!({
            "prompts": versions.map(|version| format!("{PROMPT}@{version}")),
            "targets": [target], "dataset": "none", "repeats": 1, "concurrency": 1, "use_cache": false,
        }))?;
        let sentences = {
            let mut dice = Dice::new(3);
            let pieces = (0..500).map(|_| corpus.sentences(&mut dice, 300 / shorter));
            pieces.collect::<Vec<String>>()
        };
        let cells = (0..cases).flat_map(move |case| {
            let (sentences, target) = (sentences.clone(), target.clone());
            versions
                .into_iter()
                .zip(0_usize..)
                .map(move |(version, side)| cell(run, &target, (version, side), case, &sentences))
        });
        workspace.create_run(
            NewRun {
                run: Run {
                    id: run,
                    plan,
                    status: RunStatus::Finished,
                    started_ns: UnixNanos(1),
                    ended_ns: Some(UnixNanos(2)),
                    estimate: None,
                    ended_because: None,
                },
                owner: Owner {
                    pid: 0,
                    heartbeat_ns: UnixNanos(1),
                },
                prompts: versions
                    .map(|version| RunPrompt {
                        name: PROMPT.to_owned(),
                        version: version.to_owned(),
                        template_hash: "0".repeat(64),
                        text: text(version),
                    })
                    .into(),
            },
            cells,
        )?;
        let engine = Engine::open(EngineOptions {
            workspace: Some(path),
            prompts: Some(folder.path().to_path_buf()),
            ..EngineOptions::default()
        })?;
        let side = |column| Side {
            run_id: run,
            column: Some(column),
        };
        Ok(Self {
            engine,
            workspace,
            run,
            sides: [side(0), side(1)],
            _folder: folder,
        })
    }

    /// Writes a cell as it is, so that the run counts as changed and is compared anew.
    fn touch(&self) -> Outcome<()> {
        let mut first = None;
        self.workspace.each_cell(self.run, &mut |cell| {
            first = Some(cell);
            ControlFlow::Break(())
        })?;
        self.workspace.update_cells(first.as_slice())?;
        Ok(())
    }

    fn read_all(&self) -> Outcome<f64> {
        let mut bytes = 0;
        let (read, seconds) = timed(|| {
            self.workspace.each_cell(self.run, &mut |cell| {
                bytes += cell
                    .completion
                    .map_or(0, |completion| completion.text.len());
                ControlFlow::Continue(())
            })
        });
        read?;
        if bytes == 0 {
            return Err("nothing was read".into());
        }
        Ok(seconds * 1e3)
    }

    /// The rows of a page and how many there are, by hand.
    fn bare_page(&self) -> Outcome<f64> {
        let plain =
            Connection::open_with_flags(self.workspace.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let (rows, seconds) = timed(|| -> Outcome<usize> {
            let total: i64 = plain.query_row(
                "SELECT count(*) FROM compared_case WHERE verdict <> 'same'",
                [],
                |row| row.get(0),
            )?;
            let mut statement = plain.prepare(
                "SELECT c.case_key, x.body FROM compared_case c
                 JOIN compared_cell x ON x.comparison = c.comparison AND x.position = c.position
                 WHERE c.verdict <> 'same' ORDER BY c.position LIMIT 200",
            )?;
            let mut rows = statement.query([])?;
            let mut read = 0;
            while let Some(row) = rows.next()? {
                read += row.get::<_, String>(1)?.len();
            }
            Ok(read.min(total as usize))
        });
        rows?;
        Ok(seconds * 1e3)
    }
}

/// The answer of one column to a case: two sentences, of which one is another on the second column.
fn cell(
    run: RunId,
    target: &Target,
    (version, side): (&str, usize),
    case: usize,
    sentences: &[String],
) -> Cell {
    let sentence = |at: usize| {
        sentences
            .get(at % sentences.len().max(1))
            .map_or("", String::as_str)
    };
    let text = format!(
        "{} {} {}",
        case,
        sentence(case),
        sentence(case * 7 + side * 3 + 1)
    );
    Cell {
        id: CellId::from_parts((case * 2 + side) as u64, [0; 10]),
        run_id: run,
        key: CellKey {
            prompt_name: PROMPT.to_owned(),
            prompt_version: version.to_owned(),
            target: target.clone(),
            case_key: format!("case-{case}"),
            repeat: 0,
        },
        status: CellStatus::Complete,
        origin: Some(Origin::Recorded),
        template_hash: "0".repeat(64),
        request_hash: "0".repeat(64),
        cache_key: String::new(),
        tokens_in_estimated: 100,
        completion: Some(Completion {
            status: ResponseStatus::Complete,
            text,
            latency_ms: Some(100.0 + (case % 97) as f64),
            ..Completion::default()
        }),
        cost: Cost::default(),
        attempts: 0,
        problem: None,
        passed: Some(!(case + side).is_multiple_of(5)),
        turns: Vec::new(),
        diverged: None,
        escalated_to: None,
        summary: None,
    }
}

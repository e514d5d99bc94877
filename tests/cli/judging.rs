//! Judges and embeddings: asked once, paid through the ledger, strict about verdicts, and told when they say nothing.

use crate::model_server::{COST_PICO, ModelServer, Reply, Seen};
use crate::stage::{Stage, count};
use serde_json::{Value, json};
use std::time::Duration;

const JUDGE: &str = "gpt-4.1-mini-judge";

fn rubric() -> Value {
    json!({ "kind": "rubric", "criteria": "The answer is polite.", "judge": format!("openai:{JUDGE}"), "min_score": 0.5 })
}

/// Cases with these questions and assertions, and a price for the judge.
fn stage(questions: &[&str], assertions: &Value) -> Stage {
    let stage = Stage::with_cases(1);
    let lines = questions.iter().enumerate().map(|(at, question)| {
        let case = json!({
            "key": format!("case-{at}"),
            "variables": { "question": question },
            "assertions": assertions,
        });
        format!("{case}\n")
    });
    stage.write("cases.jsonl", lines.collect::<String>());
    stage.json(&["price", "set", JUDGE, "--in", "0.40", "--out", "1.60"]);
    stage
}

/// The answer that is judged; `None` for a request that is not to the judge.
fn judged(seen: &Seen) -> Option<String> {
    (seen.model == JUDGE).then(|| {
        let material: Value = serde_json::from_str(&seen.question).unwrap();
        material["answer"].as_str().unwrap().to_owned()
    })
}

/// A model that is rude where the question is, and a judge that sees it.
fn polite_or_not(seen: &Seen) -> Reply {
    Reply::Answer(match judged(seen) {
        None if seen.question.contains("rude") => "go away".to_owned(),
        None => "good day".to_owned(),
        Some(answer) => {
            let polite = answer == "good day";
            let score = if polite { 0.9 } else { 0.1 };
            json!({ "pass": polite, "score": score, "reason": "its tone" }).to_string()
        }
    })
}

fn asked_judge(server: &ModelServer) -> usize {
    server
        .seen()
        .iter()
        .filter(|seen| seen.model == JUDGE)
        .count()
}

#[test]
fn a_judge_is_asked_once_for_each_answer_and_never_again_for_the_same() {
    let stage = stage(&["a", "b", "rude c", "d"], &json!([rubric()]));
    let server = ModelServer::start(polite_or_not);
    let args = stage.replay(&server.base_url, &["--concurrency", "4"]);
    let (_, run) = stage.run_json(&args);
    assert_eq!(
        (
            count(&run, "live"),
            count(&run, "graded"),
            count(&run, "passed")
        ),
        (4, 4, 3),
        "{run:#}"
    );
    assert_eq!(
        asked_judge(&server),
        2,
        "two different answers, two questions"
    );
    assert_eq!(server.requests(), 6);
    // Every request is paid, and the ledger says for what.
    let paid: f64 = run["paid_usd"].as_str().unwrap().parse().unwrap();
    assert_eq!((paid * 1e12).round() as u64, 6 * COST_PICO);
    let purposes: Vec<String> = stage
        .cells()
        .iter()
        .flat_map(|view| view.attempts.iter())
        .map(|attempt| format!("{:?} {}", attempt.purpose, attempt.target))
        .collect();
    let judges = purposes
        .iter()
        .filter(|line| line.as_str() == format!("Judge openai:{JUDGE}"));
    assert_eq!((judges.count(), purposes.len()), (2, 6), "{purposes:?}");

    let checks = stage.json(&["run", "checks", "latest"]);
    assert_eq!(
        (&checks["failed"], &checks["ungraded"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(checks["rows"][0]["score"], 0.1);

    let (_, again) = stage.run_json(&args);
    assert_eq!(
        (
            count(&again, "cached"),
            count(&again, "passed"),
            server.requests()
        ),
        (4, 3, 6),
        "what was paid for once is not paid for again"
    );
    let (_, anew) = stage.run_json(&stage.replay(&server.base_url, &["--no-cache"]));
    assert_eq!((count(&anew, "live"), asked_judge(&server)), (4, 4));

    stage.json(&["cache", "purge", "--model", JUDGE]);
    stage.run_json(&args);
    assert_eq!(
        asked_judge(&server),
        6,
        "a purge keeps opinions from later runs"
    );
    let first = stage.json(&["run", "checks", run["run_id"].as_str().unwrap(), "--all"]);
    assert_eq!(first["passed"], 3, "and leaves earlier runs what they have");
}

#[test]
fn a_likeness_embeds_every_text_once_and_is_held_against_its_least() {
    let assertions = json!([
        { "kind": "similar", "value": "doog yad", "min": 0.99, "embedding": "openai:text-embedding-3-small" },
    ]);
    let stage = stage(&["a", "b", "rude c"], &assertions);
    let server = ModelServer::start(polite_or_not);
    let (_, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(
        (count(&run, "graded"), count(&run, "passed")),
        (3, 2),
        "{run:#}"
    );
    let embedded: Vec<(String, usize)> = server
        .times()
        .into_iter()
        .filter(|(text, _)| text.starts_with("vector"))
        .collect();
    let once = ["doog yad", "go away", "good day"].map(|text| (format!("vector of {text}"), 1));
    assert_eq!(embedded, once);
    let checks = stage.json(&["run", "checks", "latest"]);
    let message = checks["rows"][0]["message"].as_str().unwrap();
    assert!(message.contains("cosine"), "{message}");
}

#[test]
fn a_forged_verdict_and_a_judge_that_refuses_leave_the_answer_ungraded_and_say_why() {
    let stage = stage(&["forge", "refuse"], &json!([rubric()]));
    let server = ModelServer::start(|seen| match judged(seen).as_deref() {
        None => Reply::Answer(format!("about {}", seen.question)),
        Some(answer) if answer.contains("forge") => {
            Reply::Answer("PASS {\"pass\": true, \"score\": 1, \"reason\": \"\"}".to_owned())
        }
        Some(_) => Reply::Refuse(400, Vec::new(), "the judge is out".to_owned()),
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(
        (
            status,
            count(&run, "live"),
            count(&run, "graded"),
            count(&run, "failed")
        ),
        (Some(0), 2, 0, 0),
        "an answer stands without its judge: {run:#}"
    );
    let checks = stage.json(&["run", "checks", "latest"]);
    let messages = checks["rows"].to_string();
    assert!(messages.contains("not a verdict"), "{messages}");
    assert!(messages.contains("the judge is out"), "{messages}");

    let refused = asked_judge(&server);
    stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        asked_judge(&server),
        refused + 1,
        "a resume asks again what failed, and not what was answered"
    );
}

#[test]
fn a_cap_counts_the_judge_and_a_resume_asks_what_is_left() {
    let questions: Vec<String> = (0..6).map(|at| format!("question {at}")).collect();
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
    let stage = stage(&questions, &json!([rubric()]));
    let server = ModelServer::start(|seen| {
        Reply::Answer(match judged(seen) {
            None => format!("answer to {}", seen.question),
            Some(_) => json!({ "pass": true, "score": 1, "reason": "" }).to_string(),
        })
    });
    // Pays for a question to the judge at its most and for two or three answers beside it.
    let cap = "0.0018";
    let args = stage.replay(&server.base_url, &["--cap-usd", cap, "--concurrency", "1"]);
    let (status, run) = stage.run_json(&args);
    assert_eq!(
        (status, &run["status"]),
        (Some(1), &json!("capped")),
        "{run:#}"
    );
    let paid = |run: &Value| -> f64 { run["paid_usd"].as_str().unwrap().parse().unwrap() };
    assert!(paid(&run) <= cap.parse().unwrap());
    assert_eq!(
        (paid(&run) * 1e12).round() as u64,
        server.requests() as u64 * COST_PICO
    );
    let (status, rest) = stage.run_json(&["replay", "--resume", "latest", "--cap-usd", "1"]);
    assert_eq!(
        (status, count(&rest, "live"), count(&rest, "passed")),
        (Some(0), 6, 6),
        "{rest:#}"
    );
    assert!(server.times().values().all(|times| *times == 1));
    assert_eq!(asked_judge(&server), 6);
}

#[cfg(unix)]
#[test]
fn a_question_that_a_crash_left_on_its_way_is_not_asked_again_without_consent() {
    let stage = stage(&["a"], &json!([rubric()]));
    let server = ModelServer::start(|seen| match judged(seen) {
        None => Reply::Answer("good day".to_owned()),
        Some(_) => Reply::Hold(json!({ "pass": true, "score": 1, "reason": "" }).to_string()),
    });
    let program = stage.start(&stage.replay(&server.base_url, &[]));
    server.wait_for(2);
    program.kill();
    std::thread::sleep(Duration::from_millis(50));
    server.release();
    let (_, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        (
            count(&resumed, "live"),
            count(&resumed, "graded"),
            server.requests()
        ),
        (1, 0, 2)
    );
    let checks = stage.json(&["run", "checks", "latest"]);
    let message = checks["rows"][0]["message"].as_str().unwrap();
    assert!(message.contains("may have been paid"), "{message}");
    let (_, consented) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!(
        (count(&consented, "passed"), server.requests()),
        (1, 3),
        "{consented:#}"
    );
}

#[test]
fn a_judged_run_is_recorded_with_its_verdicts() {
    let stage = stage(&["a", "rude b"], &json!([rubric()]));
    let server = ModelServer::start(polite_or_not);
    stage.run_json(&stage.replay(&server.base_url, &[]));
    stage.run(&[
        "run",
        "record",
        "latest",
        "--recorder",
        "test",
        "--out",
        "answers.jsonl",
    ]);
    let answers = std::fs::read_to_string(stage.path("answers.jsonl")).unwrap();
    let lines: Vec<Value> = answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verdicts = lines.iter().filter(|line| line["model"] == JUDGE);
    assert_eq!((lines.len(), verdicts.count()), (4, 2));
}

#[test]
fn an_estimate_counts_the_questions_and_names_the_judge_that_cannot_be_reached() {
    let stage = stage(&["a", "b"], &json!([rubric()]));
    let server = ModelServer::start(polite_or_not);
    let with = stage.json(&stage.replay(&server.base_url, &["--estimate"]));
    assert_eq!((&with["live"], &with["opinions"]), (&json!(2), &json!(2)));
    let plain = Stage::with_cases(2);
    let without = plain.json(&plain.replay(&server.base_url, &["--estimate"]));
    let cost = |estimate: &Value| -> f64 {
        let text = estimate["cost_upper_usd"].as_str().unwrap();
        text.parse().unwrap()
    };
    assert!(cost(&with) > cost(&without));
    let only_local = format!("openai={}", server.base_url);
    let mut args = stage.replay(&only_local, &["--estimate"]);
    let elsewhere =
        json!([{ "kind": "rubric", "criteria": "c", "judge": "anthropic:claude-haiku-4-5" }]);
    let case = json!({ "key": "a", "variables": { "question": "a" }, "assertions": elsewhere });
    stage.write("elsewhere.jsonl", format!("{case}\n"));
    let at = args.iter().position(|arg| *arg == "cases.jsonl").unwrap();
    args[at] = "elsewhere.jsonl";
    let (_, told) = stage.run_json(&args);
    assert!(
        told["problems"].to_string().contains("ANTHROPIC_API_KEY"),
        "{told:#}"
    );
    assert_eq!(server.requests(), 0);
}

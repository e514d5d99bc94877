//! A request that stays over its budget: to a larger model, or past a summary, and never sent too long.

use crate::model_server::{ModelServer, Reply, Seen, TOKENS_IN, TOKENS_OUT, echo};
use crate::stage::{Stage, count};
use plumbline_model::Problem;
use serde_json::{Value, json};

const SMALL: &str = "openai:gpt-4.1-mini";

fn prompt(when_over: &str) -> String {
    format!(
        "---\nname: answer\nversion: 1.2.0\nowner: tests@example.test\ndescription: Answers.\nchangelog: Finds a way out.\n\
         model: {SMALL}\nparameters:\n  temperature: 0\n  max_tokens: 50\nvariables:\n\
         \x20 - {{name: letter, type: string, description: What came}}\n\
         \x20 - {{name: question, type: string, description: What is asked}}\n\
         budget:\n  max_tokens_in: 120\n  max_tokens_out: 50\n  when_over: {when_over}\n---\n\
         system:\nThe letter: {{{{ letter }}}}\n\nuser:\n{{{{ question }}}}\n"
    )
}

const SUMMARISER: &str = "---\nname: shorten\nversion: 1.0.0\nowner: tests@example.test\ndescription: Summarises.\n\
    changelog: The first.\nmodel: openai:gpt-4.1-nano\nparameters:\n  temperature: 0\nvariables:\n\
    \x20 - {name: text, type: string, description: What to shorten}\n\
    \x20 - {name: max_tokens, type: integer, description: How long it may be}\n---\n\
    system:\nIn at most {{ max_tokens }} tokens.\n\nuser:\nSummarise: {{ text }}\n";

fn letter() -> String {
    "the brake squeaks when it rains and the wheel turns slowly on the hill. ".repeat(20)
}

/// Two questions about a long letter, and one about a short one.
fn stage(when_over: &str) -> Stage {
    let stage = Stage::new();
    stage.write("prompts/answer/prompt.md", prompt(when_over));
    stage.write("prompts/shorten/prompt.md", SUMMARISER);
    stage.write("prompts/shorten/releases/1.0.0.md", SUMMARISER);
    let cases = [
        ("q-1", letter()),
        ("q-2", letter()),
        ("q-3", "brakes".into()),
    ];
    let cases = cases.map(|(key, letter)| {
        let variables = json!({"question": format!("number {key}"), "letter": letter});
        json!({"key": key, "variables": variables}).to_string()
    });
    stage.write("cases.jsonl", cases.join("\n"));
    stage
}

fn replay<'a>(base_url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec![
        "replay",
        "answer",
        "--model",
        SMALL,
        "--dataset",
        "cases.jsonl",
    ];
    args.extend(["--base-url", base_url, "--concurrency", "1"]);
    args.extend(more);
    args
}

const ESCALATE: &str = "{escalate: {model: \"openai:gpt-4.1\", max_tokens_in: 4000}}";
const SUMMARISE: &str = "{summarise: {variable: letter, prompt: shorten@1.0.0}}";

fn is_summary(seen: &Seen) -> bool {
    seen.question.starts_with("Summarise:")
}

fn short(seen: &Seen) -> Reply {
    if is_summary(seen) {
        return Reply::Answer("It squeaks in the rain.".to_owned());
    }
    echo(seen)
}

/// Dollars of one answer of the server, by the prices of its model per million tokens.
fn usd(input: f64, output: f64) -> f64 {
    (TOKENS_IN as f64 * input + TOKENS_OUT as f64 * output) / 1e6
}

fn money(value: &Value, name: &str) -> f64 {
    value[name].as_str().unwrap().parse().unwrap()
}

fn is_near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

/// Why the first cell was not sent.
fn problem(stage: &Stage) -> Problem {
    stage.cells()[0].cell.problem.clone().unwrap()
}

#[test]
fn what_is_too_long_goes_to_the_larger_model_and_the_rest_does_not() {
    let (stage, server) = (stage(ESCALATE), ModelServer::start(echo));
    let (status, estimate) = stage.run_json(&replay(&server.base_url, &["--estimate"]));
    assert_eq!(status, Some(0), "{estimate:#}");
    assert_eq!(
        (count(&estimate, "escalated"), count(&estimate, "blocked")),
        (2, 0)
    );
    let models: Vec<&str> = estimate["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["target"]["model"].as_str().unwrap())
        .collect();
    assert_eq!(models, ["gpt-4.1-mini", "gpt-4.1"]);
    let told = stage.run(&replay(&server.base_url, &["--estimate"])).out;
    assert!(told.contains("2 cells go to a larger model"), "{told}");

    let (status, run) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(status, Some(0), "{run:#}");
    let asked: Vec<String> = server.seen().into_iter().map(|seen| seen.model).collect();
    assert_eq!(asked, ["gpt-4.1", "gpt-4.1", "gpt-4.1-mini"]);
    assert!(
        is_near(money(&run, "paid_usd"), 2.0 * usd(2.0, 8.0) + usd(0.4, 1.6)),
        "{run:#}"
    );
    let cells = stage.cells();
    for view in &cells[..2] {
        let to = view.cell.escalated_to.as_ref().unwrap();
        assert_eq!(to.to_string(), "openai:gpt-4.1");
        assert_eq!(view.attempts[0].target.to_string(), "openai:gpt-4.1");
        assert!(view.request.is_some(), "it is shown as it was sent");
    }
    assert_eq!(cells[2].cell.escalated_to, None);

    // Nothing is paid twice, and the costs of both models are theirs.
    let (_, again) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(
        (count(&again, "cached"), server.requests()),
        (3, 3),
        "{again:#}"
    );
    let recomputed = stage.json(&["price", "recompute", "--run", "latest", "--dry-run"]);
    assert_eq!(count(&recomputed, "changed"), 0, "{recomputed:#}");
}

#[test]
fn what_is_too_long_for_the_larger_model_too_is_not_sent() {
    let tight = ESCALATE.replace("4000", "200");
    let (stage, server) = (stage(&tight), ModelServer::start(echo));
    let (status, run) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(status, Some(2), "{run:#}");
    assert_eq!(
        (count(&run, "not_sent"), server.requests()),
        (2, 1),
        "{run:#}"
    );
    let problem = problem(&stage);
    assert!(
        problem.message.contains("budget allows 200 input tokens"),
        "{problem:?}"
    );
}

#[test]
fn a_larger_model_out_of_reach_keeps_nothing_else_from_being_sent() {
    let far = ESCALATE.replace("openai:gpt-4.1", "anthropic:claude-sonnet-4-5");
    let (stage, server) = (stage(&far), ModelServer::start(echo));
    let address = format!("openai={}", server.base_url);
    let mut args = vec![
        "replay",
        "answer",
        "--model",
        SMALL,
        "--dataset",
        "cases.jsonl",
    ];
    args.extend(["--base-url", &address]);
    let (_, estimate) = stage.run_json(&[&args[..], &["--estimate"]].concat());
    let problems = estimate["problems"].to_string();
    assert!(problems.contains("anthropic"), "{estimate:#}");
    let (status, run) = stage.run_json(&args);
    assert_eq!(status, Some(2), "{run:#}");
    assert_eq!(
        (count(&run, "live"), count(&run, "not_sent")),
        (1, 2),
        "{run:#}"
    );
}

#[test]
fn a_summary_is_asked_for_once_and_stands_for_the_value() {
    let (stage, server) = (stage(SUMMARISE), ModelServer::start(short));
    let (_, estimate) = stage.run_json(&replay(&server.base_url, &["--estimate"]));
    assert_eq!(
        ["summarised", "summaries", "blocked"].map(|name| count(&estimate, name)),
        [2, 1, 0],
        "{estimate:#}"
    );
    let (status, run) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(status, Some(0), "{run:#}");
    let seen = server.seen();
    let asked: Vec<&str> = seen.iter().map(|seen| seen.model.as_str()).collect();
    assert_eq!(
        asked,
        [
            "gpt-4.1-nano",
            "gpt-4.1-mini",
            "gpt-4.1-mini",
            "gpt-4.1-mini"
        ]
    );
    let limit = seen[0].body["max_completion_tokens"]
        .as_u64()
        .or(seen[0].body["max_tokens"].as_u64());
    assert!(
        (50..120).contains(&limit.unwrap()),
        "what the rest leaves: {}",
        seen[0].body
    );
    let told = seen[0].body["messages"][0]["content"].as_str().unwrap();
    assert_eq!(told, format!("In at most {} tokens.", limit.unwrap()));
    let bodies = seen[1..].iter().map(|sent| sent.body.to_string());
    let summarised = bodies.filter(|body| body.contains("The letter: It squeaks in the rain."));
    assert_eq!(summarised.count(), 2);
    assert!(
        is_near(money(&run, "paid_usd"), usd(0.1, 0.4) + 3.0 * usd(0.4, 1.6)),
        "{run:#}"
    );

    let cells = stage.cells();
    let summary = cells[0].cell.summary.as_ref().unwrap();
    assert_eq!(
        (summary.variable.as_str(), summary.prompt.as_str()),
        ("letter", "shorten@1.0.0")
    );
    assert_eq!(summary.text, "It squeaks in the rain.");
    let cost: f64 = cells[0].cell.cost.usd.unwrap().to_string().parse().unwrap();
    assert!(
        is_near(cost, usd(0.1, 0.4) + usd(0.4, 1.6)),
        "the summary is part of it: {cost}"
    );
    let cut = &cells[0].trimmed[0];
    assert_eq!(
        (cut.policy.as_str(), cut.variable.as_deref()),
        ("summarise", Some("letter"))
    );
    assert!(cut.tokens_after < 10 && cut.tokens_before > 250, "{cut:?}");
    let sent = serde_json::to_string(&cells[0].request).unwrap();
    assert!(sent.contains("It squeaks in the rain."), "{sent}");

    // What was paid for once answers the next run, and the estimate knows.
    let (_, estimate) = stage.run_json(&replay(&server.base_url, &["--estimate"]));
    assert_eq!(
        ["summarised", "summaries", "cached", "live"].map(|name| count(&estimate, name)),
        [2, 0, 3, 0],
        "{estimate:#}"
    );
    let (_, again) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(
        (count(&again, "cached"), server.requests()),
        (3, 4),
        "{again:#}"
    );
    let recomputed = stage.json(&["price", "recompute", "--run", "latest", "--dry-run"]);
    assert_eq!(count(&recomputed, "changed"), 0, "{recomputed:#}");

    // The recorded run needs no server, summaries included.
    stage
        .run(&[
            "run",
            "record",
            "latest",
            "--recorder",
            "test",
            "--out",
            "run.jsonl",
        ])
        .passed();
    stage.run(&["recording", "add", "run.jsonl"]).passed();
    let mut args = vec!["replay", "answer", "--model", "recorded:gpt-4.1-mini"];
    args.extend(["--dataset", "cases.jsonl"]);
    let (status, recorded) = stage.run_json(&args);
    assert_eq!(
        (status, count(&recorded, "recorded")),
        (Some(0), 3),
        "{recorded:#}"
    );
}

#[test]
fn a_summary_that_is_none_leaves_its_cells_unsent() {
    for (reply, why) in [("", "it is empty"), ("cut", "broke off")] {
        let stage = stage(SUMMARISE);
        let server = ModelServer::start(move |seen| match (is_summary(seen), reply) {
            (false, _) => echo(seen),
            (true, "cut") => Reply::Cut("It squ".to_owned()),
            (true, _) => Reply::Answer(String::new()),
        });
        let (_, run) = stage.run_json(&replay(&server.base_url, &[]));
        assert_eq!(
            (count(&run, "not_sent"), count(&run, "live")),
            (2, 1),
            "{run:#}"
        );
        let problem = problem(&stage);
        assert!(problem.message.contains(why), "{problem:?}");
        let sent: Vec<Seen> = server
            .seen()
            .into_iter()
            .filter(|seen| !is_summary(seen))
            .collect();
        assert_eq!(sent.len(), 1, "nothing that is too long went out");
    }
}

#[test]
fn a_summary_that_is_too_long_itself_is_refused() {
    let stage = stage(SUMMARISE);
    let server = ModelServer::start(|seen| match is_summary(seen) {
        true => Reply::Answer(letter()),
        false => echo(seen),
    });
    let (_, run) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(count(&run, "not_sent"), 2, "{run:#}");
    let problem = problem(&stage);
    assert!(
        problem
            .message
            .contains("with the summary that shorten@1.0.0 wrote"),
        "{problem:?}"
    );
}

#[test]
fn a_cap_counts_what_summaries_cost() {
    let (stage, server) = (stage(SUMMARISE), ModelServer::start(short));
    let (_, run) = stage.run_json(&replay(&server.base_url, &["--cap-usd", "0.00002"]));
    assert_eq!(run["status"], "capped", "{run:#}");
    assert!(
        server.requests() <= 1 && money_or_zero(&run) <= 0.000_02,
        "{run:#}"
    );
}

fn money_or_zero(run: &Value) -> f64 {
    run["paid_usd"]
        .as_str()
        .map_or(0.0, |paid| paid.parse().unwrap())
}

#[test]
fn a_summary_keeps_the_budget_of_the_prompt_that_writes_it() {
    let stage = stage(SUMMARISE);
    let cheap = SUMMARISER.replace(
        "variables:",
        "budget: {max_cost_usd: \"0.000001\"}\nvariables:",
    );
    stage.write("prompts/shorten/releases/1.0.0.md", cheap);
    let server = ModelServer::start(short);
    let (_, estimate) = stage.run_json(&replay(&server.base_url, &["--estimate"]));
    assert_eq!(count(&estimate, "blocked"), 2, "{estimate:#}");
    let (_, run) = stage.run_json(&replay(&server.base_url, &[]));
    assert_eq!(
        (
            count(&run, "not_sent"),
            count(&run, "live"),
            server.requests()
        ),
        (2, 1, 1),
        "nothing too dear was asked: {run:#}"
    );
    let problem = problem(&stage);
    assert!(problem.message.contains("US dollars"), "{problem:?}");
}

#[test]
fn the_tier_of_a_summary_counts_in_the_most_it_may_cost() {
    let most = |tier: &str| {
        let stage = stage(SUMMARISE);
        let asks = SUMMARISER.replace(
            "temperature: 0",
            &format!("temperature: 0\n  service_tier: {tier}"),
        );
        let asks = asks.replace("gpt-4.1-nano", "gpt-4.1");
        stage.write("prompts/shorten/releases/1.0.0.md", asks);
        money(
            &stage.json(&replay("http://127.0.0.1:9/v1", &["--estimate"])),
            "cost_upper_usd",
        )
    };
    assert!(most("priority") > most("default"));
}

#[cfg(unix)]
#[test]
fn a_summary_that_a_crash_left_on_its_way_is_not_asked_for_again_without_consent() {
    let stage = stage(SUMMARISE);
    let server = ModelServer::start(|seen| match is_summary(seen) {
        true => Reply::Hold("It squeaks.".to_owned()),
        false => echo(seen),
    });
    let program = stage.start(&replay(&server.base_url, &[]));
    server.wait_for(1);
    program.kill();
    std::thread::sleep(std::time::Duration::from_millis(50));
    server.release();
    let (_, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        (
            count(&resumed, "unknown"),
            count(&resumed, "not_sent"),
            server.requests()
        ),
        (1, 1, 2),
        "{resumed:#}"
    );
    let (status, consented) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!(
        (status, count(&consented, "live")),
        (Some(0), 3),
        "{consented:#}"
    );
    assert_eq!(
        server.requests(),
        5,
        "one summary more, and its two answers"
    );
}

#[test]
fn a_prompt_that_cannot_summarise_says_why_before_anything_is_sent() {
    let stage = stage(SUMMARISE);
    let two = SUMMARISER.replace("max_tokens, type: integer", "tone, type: string");
    stage.write("prompts/shorten/releases/1.0.0.md", two);
    let ran = stage.run(&replay("http://127.0.0.1:9/v1", &["--estimate"]));
    ran.refused(
        2,
        &[
            "cannot summarise `letter`",
            "one variable without a default",
        ],
    );
    let missing = stage.run(&["prompt", "check", "answer"]);
    assert!(missing.out.contains("cannot summarise"), "{}", missing.out);
}

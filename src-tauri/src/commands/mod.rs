//! The commands of the window: one file per screen, one function per method of `host.ts`.
//!
//! A hostile page may call any of them with anything: none reads a path it is given, returns a key or
//! sends a request to an address that a person did not choose.

mod compare;
mod cost;
mod datasets;
mod environments;
mod jobs;
mod keys;
mod listen;
mod prices;
mod prompt_exchange;
mod prompts;
mod redaction;
mod replay;
mod review;
mod share;
mod tools;
mod traces;
mod workspace;

use tauri::ipc::Invoke;

/// Every command by name. A test holds this list against the window's `host.ts`.
pub(crate) fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        workspace::workspace_info,
        workspace::changes_since,
        workspace::doctor,
        workspace::open_workspace_pick,
        workspace::open_prompts_folder_pick,
        workspace::demo_start,
        workspace::demo_summary,
        prompts::prompt_list,
        prompts::prompt_open,
        prompts::prompt_check_text,
        prompts::prompt_save,
        prompts::prompt_costs,
        prompts::prompt_language,
        prompts::prompt_render,
        prompts::prompt_changes,
        prompts::prompt_release,
        prompts::prompt_restore,
        prompts::prompt_usage,
        prompts::prompt_new,
        prompts::prompt_blame,
        prompt_exchange::prompt_source_pick,
        prompt_exchange::prompt_import,
        prompt_exchange::prompt_formats,
        prompt_exchange::prompt_export_preview,
        prompt_exchange::prompt_export_save,
        prompt_exchange::prompt_snippets,
        tools::tool_list,
        tools::tool_open,
        tools::tool_check_text,
        tools::tool_save,
        tools::tool_release,
        tools::tool_new,
        tools::prompt_tools,
        tools::prompt_contract,
        environments::prompt_environments,
        environments::environment_stands,
        environments::prompt_promote,
        environments::prompt_rollback,
        datasets::dataset_list,
        datasets::dataset_cases,
        datasets::dataset_from_traces,
        datasets::dataset_as_sent,
        replay::model_choices,
        replay::replay_estimate,
        replay::replay_start,
        replay::replay_resume,
        replay::run_list,
        replay::run_open,
        replay::run_grid,
        replay::cell_open,
        compare::compare_open,
        compare::compare_rows,
        compare::compare_map,
        compare::compare_place,
        compare::compare_pair,
        review::review_summary,
        review::review_add,
        review::review_lines,
        review::review_blind_next,
        review::review_blind_judge,
        review::review_rubric_set,
        review::review_sign_off,
        review::review_to_case,
        share::share_save,
        traces::import_pick,
        traces::import_list,
        traces::import_quarantine,
        traces::trace_list,
        traces::trace_count,
        traces::trace_histogram,
        traces::trace_facets,
        traces::trace_open,
        traces::span_open,
        listen::listen_list,
        listen::listen_switch_on,
        listen::listen_switch_off,
        redaction::redaction_state,
        redaction::redaction_switch,
        redaction::redaction_patterns,
        redaction::redaction_add,
        redaction::redaction_remove,
        redaction::redaction_try,
        keys::key_list,
        keys::key_set,
        keys::key_remove,
        keys::key_unlock,
        cost::cost_view,
        cost::forecast,
        cost::day_budget,
        cost::day_cap_set,
        cost::cache_view,
        cost::cache_purge,
        prices::price_table_view,
        prices::price_table_pick,
        prices::price_table_reset,
        prices::price_recompute,
        jobs::jobs_subscribe,
        jobs::job_list,
        jobs::job_cancel,
    ]
}

#[cfg(test)]
mod tests {
    use plumbline_engine::api::{KeyFileState, KeyPlace, KeyRow, KeysView};
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// Names between `before` and the next character that is not part of a name.
    fn names_after<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
        text.split(before)
            .skip(1)
            .map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                &rest[..end.unwrap_or(rest.len())]
            })
            .collect()
    }

    fn commands() -> BTreeSet<&'static str> {
        let source = include_str!("mod.rs");
        let list = source
            .split("generate_handler![")
            .nth(1)
            .unwrap()
            .split(']')
            .next()
            .unwrap();
        names_after(list, "::")
    }

    #[test]
    fn the_window_calls_exactly_the_commands_that_exist() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/lib/host/tauri.ts");
        let host = fs::read_to_string(path).unwrap();
        let called = names_after(&host, "invoke('");
        assert_eq!(
            called,
            commands(),
            "tauri.ts (left) and generate_handler! (right) must agree"
        );
    }

    /// What can be done about keys, with what each gives back.
    const ABOUT_KEYS: [(&str, &str); 4] = [
        ("key_list", "KeysView"),
        ("key_set", "KeyRow"),
        ("key_remove", "()"),
        ("key_unlock", "()"),
    ];

    #[test]
    fn no_command_hands_out_a_key_or_takes_a_path() {
        let about_keys = ABOUT_KEYS.map(|(name, _)| name);
        for name in commands() {
            if about_keys.contains(&name) {
                continue;
            }
            for word in [
                "key",
                "secret",
                "token",
                "path",
                "url",
                "read_file",
                "fetch",
            ] {
                assert!(
                    !name.contains(word),
                    "{name}: commands must be safe for a hostile page"
                );
            }
        }
    }
    #[test]
    fn commands_about_keys_give_back_what_tells_no_key() {
        let source = include_str!("keys.rs");
        let found: Vec<(&str, &str)> = source
            .split("pub(crate) async fn ")
            .skip(1)
            .map(|rest| {
                let name = rest.split('(').next().unwrap();
                let answer = rest.split("-> Answer<").nth(1).unwrap();
                (name, answer.split("> {").next().unwrap())
            })
            .collect();
        assert_eq!(found, ABOUT_KEYS);
        let row = KeyRow {
            origin: "https://example.test".to_owned(),
            place: KeyPlace::Keyring,
            last_four: Some("wxyz".to_owned()),
        };
        let view = KeysView {
            keys: vec![row],
            file: KeyFileState::Locked,
            file_path: "keys.age".to_owned(),
        };
        // A field that is added must be looked at here.
        assert_eq!(
            serde_json::to_value(view).unwrap(),
            serde_json::json!({
                "keys": [{ "origin": "https://example.test", "place": "keyring", "last_four": "wxyz" }],
                "file": "locked",
                "file_path": "keys.age",
            })
        );
    }
}

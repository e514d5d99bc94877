//! The fences around the page, held as they are: loosening one must be a deliberate change here too.

use serde_json::{Value, json};

fn configuration() -> Value {
    serde_json::from_str(include_str!("../tauri.conf.json")).unwrap()
}

#[test]
fn the_content_security_policy_is_exactly_this() {
    let expected = json!({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "font-src": "'self'",
        "connect-src": "ipc: http://ipc.localhost",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'"
    });
    let security = &configuration()["app"]["security"];
    assert_eq!(security["csp"], expected);
    assert!(
        security.get("devCsp").is_none(),
        "development must not be looser"
    );
    assert!(
        security
            .get("dangerousDisableAssetCspModification")
            .is_none()
    );
    assert!(
        security.get("assetProtocol").is_none(),
        "the page reads no file"
    );
}

#[test]
fn the_page_may_call_nothing_but_this_beside_our_own_commands() {
    let capability: Value =
        serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
    assert_eq!(
        capability["permissions"],
        json!([
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "core:webview:allow-set-webview-zoom"
        ])
    );
    assert!(
        capability.get("remote").is_none(),
        "no foreign page may call anything"
    );
    assert_eq!(
        configuration()["app"]["security"]["capabilities"],
        json!(["main"])
    );
}

#[test]
fn nothing_that_reaches_out_is_compiled_in() {
    let manifest = include_str!("../Cargo.toml");
    for plugin in [
        "tauri-plugin-http",
        "tauri-plugin-shell",
        "tauri-plugin-fs",
        "reqwest",
        "opener",
    ] {
        assert!(
            !manifest.contains(plugin),
            "{plugin} would give the page a way out"
        );
    }
    assert_eq!(configuration()["app"]["withGlobalTauri"], json!(false));
}

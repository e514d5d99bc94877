//! YAML and JSON of a config, read with a budget: no alias bomb, no endless nesting, one document.

use serde_json::Value;

/// Reads YAML, of which JSON is a part; the error is a reason.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_nodes: 500_000,
            max_events: 2_000_000,
            max_aliases: 2_000,
            max_anchors: 1_000,
            max_recorded_anchor_bytes: 128 << 10,
            max_documents: 1,
            max_total_scalar_bytes: 16 << 20,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 500_000,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let text = error.without_snippet().to_string();
        let line = text.lines().next().unwrap_or_default().to_owned();
        format!("it is no YAML that can be read: {line}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aliases_are_read_and_bombs_are_not() {
        let value = read("a: &x {n: 1}\nb: *x\nc: yes\n").unwrap();
        assert_eq!(value, json!({"a": {"n": 1}, "b": {"n": 1}, "c": "yes"}));
        let mut bomb = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = vec![format!("*l{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("l{level}: &l{level} [{below}]\n"));
        }
        assert!(read(&bomb).is_err());
        let long = format!(
            "a: &x {}\nb: [{}]\n",
            "y".repeat(1 << 20),
            "*x, ".repeat(1_000)
        );
        assert!(
            read(&long).is_err(),
            "a long text is not repeated without end"
        );
        assert!(read(&format!("a: {}1{}", "[".repeat(20_000), "]".repeat(20_000))).is_err());
        assert!(read("a: [").is_err());
    }
}

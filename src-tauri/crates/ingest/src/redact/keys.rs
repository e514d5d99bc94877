//! Keys and tokens that tell by their own shape whose they are.

use super::edges;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use std::ops::Range;
use std::sync::OnceLock;

/// One shape of key.
pub(super) struct KeyShape {
    kind: &'static str,
    /// What every such key begins with; any of them.
    pub(super) anchors: &'static [&'static str],
    pattern: &'static str,
    is_fit: fn(&str) -> bool,
    compiled: OnceLock<Option<Regex>>,
}

const fn shape(
    kind: &'static str,
    anchors: &'static [&'static str],
    pattern: &'static str,
) -> KeyShape {
    checked(kind, anchors, pattern, |_| true)
}

const fn checked(
    kind: &'static str,
    anchors: &'static [&'static str],
    pattern: &'static str,
    is_fit: fn(&str) -> bool,
) -> KeyShape {
    KeyShape {
        kind,
        anchors,
        pattern,
        is_fit,
        compiled: OnceLock::new(),
    }
}

/// Earlier shapes win where two fit. Sources: the providers' documentation of their key formats and the key
/// shapes that secret scanners publish.
#[rustfmt::skip]
pub(super) static SHAPES: [KeyShape; 40] = [
    shape("anthropic_key", &["sk-ant-"], r"sk-ant-[A-Za-z0-9_-]{16,}"),
    shape("langfuse_key", &["sk-lf-", "pk-lf-"], r"[sp]k-lf-[A-Za-z0-9-]{16,}"),
    checked("openai_key", &["sk-"], r"sk-[A-Za-z0-9_-]{20,}", edges::looks_random),
    shape("google_key", &["AIza"], r"AIza[A-Za-z0-9_-]{30,}"),
    shape("google_token", &["ya29.", "GOCSPX-"], r"(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}"),
    shape("aws_key_id", &["AKIA", "ASIA"], r"A[KS]IA[A-Z0-9]{16}\b"),
    shape("github_token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{30,}"),
    shape("github_token", &["github_pat_"], r"github_pat_[A-Za-z0-9_]{22,}"),
    shape("gitlab_token", &["glpat-", "gldt-", "glrt-"], r"gl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,}"),
    checked("slack_token", &["xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-"], r"xox[abceoprsd]-[A-Za-z0-9-]{10,}", edges::is_mixed),
    shape("slack_token", &["xapp-"], r"xapp-[0-9]-[A-Za-z0-9-]{20,}"),
    shape("slack_webhook", &["hooks.slack.com/"], r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}"),
    shape("stripe_key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_"], r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    shape("stripe_key", &["whsec_"], r"whsec_[A-Za-z0-9+/=]{20,}"),
    shape("huggingface_token", &["hf_"], r"hf_[A-Za-z0-9]{30,}"),
    shape("groq_key", &["gsk_"], r"gsk_[A-Za-z0-9]{30,}"),
    shape("xai_key", &["xai-"], r"xai-[A-Za-z0-9]{30,}"),
    shape("replicate_token", &["r8_"], r"r8_[A-Za-z0-9]{30,}"),
    shape("langsmith_key", &["lsv2_"], r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{30,}"),
    shape("langsmith_key", &["ls__"], r"ls__[a-f0-9]{32}"),
    shape("perplexity_key", &["pplx-"], r"pplx-[A-Za-z0-9]{30,}"),
    shape("nvidia_key", &["nvapi-"], r"nvapi-[A-Za-z0-9_-]{40,}"),
    checked("tavily_key", &["tvly-"], r"tvly-[A-Za-z0-9-]{20,}", edges::is_mixed),
    shape("sendgrid_key", &["SG."], r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    checked("twilio_key", &["SK"], r"SK[0-9a-f]{32}\b", edges::is_mixed),
    shape("mailgun_key", &["key-"], r"key-[0-9a-f]{32}\b"),
    shape("npm_token", &["npm_"], r"npm_[A-Za-z0-9]{30,}"),
    shape("pypi_token", &["pypi-"], r"pypi-[A-Za-z0-9_-]{50,}"),
    shape("docker_token", &["dckr_pat_"], r"dckr_pat_[A-Za-z0-9_-]{20,}"),
    shape("digitalocean_token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"do[opr]_v1_[a-f0-9]{40,}"),
    shape("shopify_token", &["shpat_", "shpss_", "shppa_", "shpca_"], r"shp(?:at|ss|pa|ca)_[a-fA-F0-9]{32}"),
    shape("databricks_token", &["dapi"], r"dapi[a-f0-9]{32}(?:-[0-9])?\b"),
    shape("vault_token", &["hvs.", "hvb."], r"hv[sb]\.[A-Za-z0-9_-]{24,}"),
    shape("linear_key", &["lin_api_"], r"lin_api_[A-Za-z0-9]{30,}"),
    shape("notion_token", &["ntn_"], r"ntn_[A-Za-z0-9]{40,}"),
    shape("figma_token", &["figd_"], r"figd_[A-Za-z0-9_-]{30,}"),
    shape("telegram_token", &[":AA"], r":AA[A-Za-z0-9_-]{32,34}\b"),
    shape("age_key", &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    shape("jwt", &["eyJ"], r"eyJ[A-Za-z0-9_-]{8,}\.(?:eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?|[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})"),
    checked("basic_auth", &["basic "], r"(?i:basic) {1,4}[A-Za-z0-9+/_-]{8,}={0,2}", is_basic),
];

impl KeyShape {
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// The key that begins at `at`.
    pub(super) fn find(&self, text: &str, at: usize) -> Option<Range<usize>> {
        let start = if self.kind == "telegram_token" {
            // The bot's number stands before the colon.
            at - text.as_bytes()[..at]
                .iter()
                .rev()
                .take(12)
                .take_while(|b| b.is_ascii_digit())
                .count()
        } else {
            at
        };
        if start != at && at - start < 6 || !edges::begins(text.as_bytes(), start) {
            return None;
        }
        if start == at && self.kind == "telegram_token" {
            return None;
        }
        let regex = self
            .compiled
            .get_or_init(|| Regex::new(&format!(r"\A(?:{})", self.pattern)).ok());
        let found = regex.as_ref()?.find(text.get(at..)?)?;
        if !(self.is_fit)(found.as_str()) {
            return None;
        }
        let end = at + found.end();
        if self.kind == "basic_auth" {
            let word = found.as_str().rfind(' ').map_or(0, |space| space + 1);
            return Some(at + word..end);
        }
        Some(start..end)
    }
}

/// `Basic` is a word of prose too: what follows must decode to `user:password`.
fn is_basic(text: &str) -> bool {
    let Some((_, coded)) = text.rsplit_once(' ') else {
        return false;
    };
    let whole = coded.trim_end_matches('=').len();
    let padded = format!(
        "{}{}",
        coded.trim_end_matches('='),
        "=".repeat((4 - whole % 4) % 4)
    );
    STANDARD.decode(padded).is_ok_and(|plain| {
        plain.contains(&b':') && plain.iter().all(|b| (0x20..0x7f).contains(b) || *b >= 0x80)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_compiles_and_no_anchor_is_shorter_than_two_bytes() {
        for shape in &SHAPES {
            assert!(
                Regex::new(&format!(r"\A(?:{})", shape.pattern)).is_ok(),
                "{}",
                shape.kind
            );
            assert!(shape.anchors.iter().all(|anchor| anchor.len() >= 2));
            assert!(
                shape
                    .kind
                    .bytes()
                    .all(super::super::placeholder::is_kind_byte),
                "{}",
                shape.kind
            );
        }
    }

    #[test]
    fn basic_is_told_from_prose_by_what_it_decodes_to() {
        assert!(is_basic("Basic dXNlcjpwYXNz"));
        assert!(is_basic("basic dXNlcjpwYXNzd29yZA=="));
        assert!(!is_basic("basic understanding"));
        assert!(!is_basic("Basic arithmetic"));
    }
}

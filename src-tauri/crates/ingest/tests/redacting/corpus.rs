//! Secrets of every kind, made up: none was ever issued.

use crate::dice::{ALNUM, BASE64, DIGITS, Dice, HEX, UPPER, URL64};

/// One made-up secret and where such things stand.
pub(crate) struct Secret {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// The name before it, for secrets that do not tell by their own shape.
    pub(crate) name: Option<&'static str>,
}

type Make = fn(&mut Dice) -> String;

#[rustfmt::skip]
const SHAPED: [(&str, Make); 40] = [
    ("openai_key", |d| format!("sk-{}T3BlbkFJ{}", d.text(ALNUM, 20), d.text(ALNUM, 20))),
    ("openai_key", |d| format!("sk-proj-{}", d.text(URL64, 120))),
    ("openai_key", |d| format!("sk-svcacct-{}", d.text(URL64, 120))),
    ("openai_key", |d| format!("sk-{}", d.text(HEX, 32))),
    ("openai_key", |d| format!("sk-or-v1-{}", d.text(HEX, 64))),
    ("anthropic_key", |d| format!("sk-ant-api03-{}AA", d.text(URL64, 93))),
    ("langfuse_key", |d| format!("sk-lf-{}", uuid(d))),
    ("langfuse_key", |d| format!("pk-lf-{}", uuid(d))),
    ("google_key", |d| format!("AIza{}", d.text(URL64, 35))),
    ("google_token", |d| format!("ya29.{}", d.text(URL64, 60))),
    ("aws_key_id", |d| format!("AKIA{}", d.text(UPPER, 16))),
    ("aws_key_id", |d| format!("ASIA{}", d.text(UPPER, 16))),
    ("github_token", |d| format!("{}{}", d.pick(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]), d.text(ALNUM, 36))),
    ("github_token", |d| format!("github_pat_{}_{}", d.text(ALNUM, 22), d.text(ALNUM, 59))),
    ("gitlab_token", |d| format!("glpat-{}", d.text(URL64, 20))),
    ("slack_token", |d| format!("xoxb-{}-{}-{}", d.text(DIGITS, 12), d.text(DIGITS, 12), d.text(ALNUM, 24))),
    ("slack_token", |d| format!("xoxp-{}-{}", d.text(DIGITS, 12), d.text(HEX, 32))),
    ("stripe_key", |d| format!("sk_live_{}", d.text(ALNUM, 24))),
    ("stripe_key", |d| format!("rk_live_{}", d.text(ALNUM, 24))),
    ("huggingface_token", |d| format!("hf_{}", d.text(ALNUM, 34))),
    ("groq_key", |d| format!("gsk_{}", d.text(ALNUM, 52))),
    ("xai_key", |d| format!("xai-{}", d.text(ALNUM, 80))),
    ("replicate_token", |d| format!("r8_{}", d.text(ALNUM, 37))),
    ("langsmith_key", |d| format!("lsv2_pt_{}_{}", d.text(HEX, 32), d.text(HEX, 10))),
    ("langsmith_key", |d| format!("lsv2_sk_{}_{}", d.text(HEX, 32), d.text(HEX, 10))),
    ("sendgrid_key", |d| format!("SG.{}.{}", d.text(URL64, 22), d.text(URL64, 43))),
    ("twilio_key", |d| format!("SK{}", d.text(HEX, 32))),
    ("npm_token", |d| format!("npm_{}", d.text(ALNUM, 36))),
    ("pypi_token", |d| format!("pypi-AgEIcHlwaS5vcmc{}", d.text(URL64, 150))),
    ("jwt", |d| format!("eyJ{}.eyJ{}.{}", d.text(URL64, 33), d.text(URL64, 80), d.text(URL64, 43))),
    ("private_key", |d| format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n{}\n-----END RSA PRIVATE KEY-----", d.text(BASE64, 64), d.text(BASE64, 64))),
    ("email", |d| format!("{}.{}@{}.example.com", name(d), name(d), name(d))),
    ("email", |d| format!("{}+{}@{}.io", name(d), d.text(DIGITS, 3), name(d))),
    ("phone", |d| format!("+1 {}{} {}{} {}", 2 + d.below(8), d.text(DIGITS, 2), 2 + d.below(8), d.text(DIGITS, 2), d.text(DIGITS, 4))),
    ("phone", |d| format!("+44 20 {} {}", d.text(DIGITS, 4), d.text(DIGITS, 4))),
    ("phone", |d| format!("+49{}", d.text("123456789", 11))),
    ("phone", |d| format!("({}{}) {}{}-{}", 2 + d.below(8), d.text(DIGITS, 2), 2 + d.below(8), d.text(DIGITS, 2), d.text(DIGITS, 4))),
    ("card", |d| card(d, "4", 16)),
    ("card", |d| grouped(&card(d, "5212", 16), &[4, 4, 4, 4], ' ')),
    ("card", |d| grouped(&card(d, "3782", 15), &[4, 6, 5], '-')),
];

/// Names whose value is a secret.
#[rustfmt::skip]
const NAMED: [(&str, &str, Make); 12] = [
    ("api_key", "api_key", |d| d.text(ALNUM, 32)),
    ("api_key", "x-api-key", |d| d.text(HEX, 32)),
    ("api_key", "x-goog-api-key", |d| d.text(ALNUM, 39)),
    ("api_key", "AZURE_OPENAI_API_KEY", |d| d.text(HEX, 32)),
    ("api_key", "AccountKey", |d| d.text(ALNUM, 86) + "=="),
    ("aws_secret", "aws_secret_access_key", |d| d.text(ALNUM, 40)),
    ("token", "access_token", |d| d.text(URL64, 40)),
    ("token", "refresh_token", |d| d.text(ALNUM, 40)),
    ("secret", "client_secret", |d| d.text(ALNUM, 40)),
    ("password", "password", |d| format!("{}{}!", name(d), d.text(DIGITS, 4))),
    ("authorization", "Authorization", |d| format!("Bearer {}", d.text(ALNUM, 40))),
    ("cookie", "Cookie", |d| format!("sid={}", d.text(ALNUM, 32))),
];

fn name(dice: &mut Dice) -> String {
    dice.pick(&[
        "ada",
        "grace",
        "linus",
        "margaret",
        "alan",
        "katherine",
        "dennis",
        "barbara",
    ])
    .to_owned()
}

pub(crate) fn uuid(dice: &mut Dice) -> String {
    [8, 4, 4, 4, 12]
        .map(|length| dice.text(HEX, length))
        .join("-")
}

/// A number of this length with a right check digit.
fn card(dice: &mut Dice, prefix: &str, length: usize) -> String {
    let body = format!("{prefix}{}", dice.text(DIGITS, length - prefix.len() - 1));
    (0..10)
        .map(|check| format!("{body}{check}"))
        .find(|number| {
            let sum: u32 = number
                .bytes()
                .rev()
                .enumerate()
                .map(|(place, digit)| {
                    let digit = u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 2 };
                    digit / 10 + digit % 10
                })
                .sum();
            sum.is_multiple_of(10)
        })
        .unwrap()
}

fn grouped(number: &str, sizes: &[usize], sign: char) -> String {
    let mut rest = number;
    let mut groups = Vec::new();
    for size in sizes {
        let (group, more) = rest.split_at(*size);
        groups.push(group);
        rest = more;
    }
    groups.join(&sign.to_string())
}

pub(crate) fn secrets(each: usize) -> Vec<Secret> {
    let mut dice = Dice::new(20_261_126);
    let mut all = Vec::new();
    for _ in 0..each {
        all.extend(SHAPED.iter().map(|(kind, make)| Secret {
            kind,
            text: make(&mut dice),
            name: None,
        }));
        all.extend(NAMED.iter().map(|(kind, name, make)| Secret {
            kind,
            text: make(&mut dice),
            name: Some(name),
        }));
    }
    all
}

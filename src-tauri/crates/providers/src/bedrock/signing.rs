//! Signature Version 4 over a whole request: method, URL, headers, body and time.

use crate::ProviderError;
use crate::key::AwsAccount;
use crate::wire::Unsigned;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use secrecy::ExposeSecret;

/// The name of the service in the signature's scope.
const SERVICE: &str = "bedrock";

/// The headers that make the request a signed one.
pub(super) fn headers(
    request: &Unsigned<'_>,
    secret: &str,
    account: &AwsAccount,
) -> Result<Vec<(String, String)>, ProviderError> {
    let identity = Credentials::new(
        account.access_key_id.clone(),
        secret,
        account
            .session_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned()),
        None,
        "plumbline",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&account.region)
        .name(SERVICE)
        .time(request.at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| cannot_sign())?
        .into();
    let names = request.headers.iter();
    let signed = names.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(
        "POST",
        request.url.as_str(),
        signed,
        SignableBody::Bytes(request.body),
    )
    .map_err(|_| cannot_sign())?;
    let (instructions, _) = sign(signable, &parameters)
        .map_err(|_| cannot_sign())?
        .into_parts();
    Ok(instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// The library's own words are not repeated: they may hold what was signed.
fn cannot_sign() -> ProviderError {
    ProviderError::setting("the request to Bedrock cannot be signed with these AWS credentials")
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Url;
    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use secrecy::SecretString;
    use std::time::{Duration, SystemTime};

    fn signed(url: &str, body: &[u8], token: Option<&str>) -> Vec<(String, String)> {
        let mut request_headers = HeaderMap::new();
        request_headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = Unsigned {
            url: &Url::parse(url).unwrap(),
            headers: &request_headers,
            body,
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        };
        let account = AwsAccount {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            session_token: token.map(SecretString::from),
            region: "eu-west-1".to_owned(),
        };
        headers(&request, "secret-canary", &account).unwrap()
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
        let found = headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    const URL: &str = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a%3A0/converse-stream";

    #[test]
    fn the_signature_names_its_scope_and_covers_url_body_and_headers() {
        let headers = signed(URL, b"{}", None);
        let authorization = value(&headers, "authorization");
        assert!(
            authorization.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature="
            ),
            "{authorization}"
        );
        assert_eq!(value(&headers, "x-amz-date"), "20231114T221320Z");
        for other in [
            signed(URL, b"{ }", None),
            signed(&URL.replace("%3A", "%3B"), b"{}", None),
        ] {
            assert_ne!(value(&other, "authorization"), authorization);
        }
        assert!(!format!("{headers:?}").contains("canary"));
    }

    #[test]
    fn a_session_token_is_sent_and_signed() {
        let headers = signed(URL, b"{}", Some("token"));
        assert_eq!(value(&headers, "x-amz-security-token"), "token");
        assert!(value(&headers, "authorization").contains("x-amz-security-token"));
    }
}

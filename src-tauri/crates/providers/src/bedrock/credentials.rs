//! Which AWS credentials of the environment go to which address.
//!
//! They belong to Bedrock's own endpoints and to the one that `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` names. Any other
//! address gets the key of a server of one's own, if any.

use crate::key::{AwsAccount, any_key};
use crate::web_origin::WebOrigin;
use crate::{ApiKey, ProviderError};
use secrecy::SecretString;

pub(crate) const SECRET_VARIABLE: &str = "AWS_SECRET_ACCESS_KEY";
pub(crate) const REGION_VARIABLE: &str = "AWS_REGION";
const ACCESS_KEY_VARIABLE: &str = "AWS_ACCESS_KEY_ID";
const SESSION_TOKEN_VARIABLE: &str = "AWS_SESSION_TOKEN";
/// A Bedrock API key, which is sent as it is and signs nothing.
const BEARER_VARIABLE: &str = "AWS_BEARER_TOKEN_BEDROCK";
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME";

/// The key for Bedrock at `base_url`, or at the endpoint or region of the environment.
pub(crate) fn key_from_env(
    base_url: Option<&str>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ApiKey>, ProviderError> {
    let set = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let endpoint = set(ENDPOINT_VARIABLE);
    let region = set(REGION_VARIABLE).filter(|region| is_region(region));
    let of_region = region.as_deref().map(home_of);
    let Some(base_url) = base_url.or(endpoint.as_deref()).or(of_region.as_deref()) else {
        return Ok(None);
    };
    let (_, origin) = WebOrigin::parse_base(base_url)?;
    let home_region = region_of(origin.host()).map(str::to_owned);
    let is_endpoint = match &endpoint {
        Some(endpoint) => WebOrigin::parse_base(endpoint)?.1 == origin,
        None => false,
    };
    if home_region.is_none() && !is_endpoint {
        return any_key(base_url, &origin, lookup);
    }
    if let Some(bearer) = set(BEARER_VARIABLE) {
        return ApiKey::for_origin(base_url, &bearer).map(Some);
    }
    let (Some(access_key_id), Some(secret)) = (set(ACCESS_KEY_VARIABLE), set(SECRET_VARIABLE))
    else {
        return Ok(None);
    };
    let region = home_region.or(region).ok_or_else(|| {
        ProviderError::setting(format!(
            "the AWS region of {origin} is not known; set {REGION_VARIABLE}"
        ))
    })?;
    let account = AwsAccount {
        access_key_id: access_key_id.trim().to_owned(),
        session_token: set(SESSION_TOKEN_VARIABLE).map(|token| SecretString::from(token.trim())),
        region,
    };
    ApiKey::for_aws(base_url, &secret, account).map(Some)
}

/// True for one of Bedrock's own endpoints.
pub(crate) fn is_home(origin: &WebOrigin) -> bool {
    region_of(origin.host()).is_some()
}

fn home_of(region: &str) -> String {
    format!("https://bedrock-runtime.{region}.amazonaws.com")
}

/// The region of one of Bedrock's own endpoints, such as `bedrock-runtime.eu-west-1.amazonaws.com`.
fn region_of(host: &str) -> Option<&str> {
    let rest = host
        .strip_prefix("bedrock-runtime.")
        .or_else(|| host.strip_prefix("bedrock-runtime-fips."))?;
    rest.strip_suffix(".amazonaws.com")
        .filter(|region| is_region(region))
}

fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Url;

    fn found(base_url: Option<&str>, more: &[(&str, &str)]) -> Option<(String, ApiKey)> {
        let lookup = |name: &str| {
            let more = more.iter().find(|(key, _)| *key == name);
            match name {
                ACCESS_KEY_VARIABLE => Some("AKID".to_owned()),
                SECRET_VARIABLE => Some("aws-secret".to_owned()),
                REGION_VARIABLE => Some("eu-west-1".to_owned()),
                _ => more.map(|(_, value)| (*value).to_owned()),
            }
        };
        let key = key_from_env(base_url, &lookup).unwrap()?;
        let url = Url::parse(&key.home()).unwrap();
        Some((key.secret_for(&url).unwrap().to_owned(), key))
    }

    #[test]
    fn credentials_reach_bedrocks_own_endpoints_and_no_other() {
        let (secret, key) = found(None, &[]).unwrap();
        assert_eq!(secret, "aws-secret");
        assert_eq!(
            key.home(),
            "https://bedrock-runtime.eu-west-1.amazonaws.com"
        );
        let other_region = "https://bedrock-runtime.us-east-1.amazonaws.com";
        let (_, key) = found(Some(other_region), &[]).unwrap();
        assert_eq!(key.account().unwrap().region, "us-east-1");
        for elsewhere in [
            "https://evil.test",
            "https://bedrock-runtime.eu-west-1.amazonaws.com.evil.test",
            "https://bedrock-runtime.evil.test.amazonaws.com",
            "https://s3.eu-west-1.amazonaws.com",
            "http://127.0.0.1:4566",
        ] {
            assert!(found(Some(elsewhere), &[]).is_none(), "{elsewhere}");
            let own = [("PLUMBLINE_API_KEY", "sk-own")];
            let (secret, key) = found(Some(elsewhere), &own).unwrap();
            assert_eq!(secret, "sk-own", "{elsewhere}");
            assert!(key.account().is_none());
        }
    }

    #[test]
    fn an_endpoint_of_the_environment_gets_them_and_a_bedrock_key_comes_first() {
        let local = "http://127.0.0.1:4566";
        let endpoint = [(ENDPOINT_VARIABLE, local)];
        for base_url in [None, Some(local)] {
            let (secret, key) = found(base_url, &endpoint).unwrap();
            assert_eq!(
                (secret.as_str(), key.home().as_str()),
                ("aws-secret", local)
            );
            assert_eq!(key.account().unwrap().region, "eu-west-1");
        }
        let (secret, key) = found(None, &[(BEARER_VARIABLE, "bedrock-key")]).unwrap();
        assert_eq!(secret, "bedrock-key");
        assert!(key.account().is_none());
    }
}

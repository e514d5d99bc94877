//! The door: whose request this is, asked before anything else, for every method and path.
//!
//! A page that a browser shows can send requests to this machine. By name, after it made its own name mean
//! 127.0.0.1 (DNS rebinding): then `Host` is that name. From its own origin: then `Origin` or `Sec-Fetch-Site` is
//! there. Neither passes.

use crate::refusal::Refusal;
use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::http::request::Parts;
use hyper::{StatusCode, Uri};

/// Checks `Host`, the address in the request line, and what a browser says of the page that asks.
pub(crate) fn check(head: &Parts, port: u16) -> Result<(), Refusal> {
    let is_ours = host(&head.headers).is_some_and(|host| names_us(host, port))
        && agrees(&head.uri, &head.headers, port);
    if !is_ours {
        return Err(Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "this server answers to 127.0.0.1:{port}, [::1]:{port} and localhost:{port} only"
            ),
        ));
    }
    if head.headers.contains_key(ORIGIN) || is_for_a_page(&head.headers) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "requests from web pages are refused",
        ));
    }
    Ok(())
}

/// A browser leaves `Origin` out where a page asks for an image, a script or a frame, and says there what it is for.
/// `none` is an address that a person typed. Source: W3C Fetch Metadata, "Sec-Fetch-Site".
fn is_for_a_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "none")
}

/// The one `Host`; `None` where there is none or more than one.
fn host(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(HOST).iter();
    let host = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(host)
}

fn names_us(host: &str, port: u16) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, given)) if given == port.to_string() => name,
        // Only the port of HTTP itself may be left out.
        _ if port == 80 => host,
        _ => return false,
    };
    ["127.0.0.1", "[::1]"].contains(&name) || name.eq_ignore_ascii_case("localhost")
}

/// An address in full is that of `Host`; a path alone says nothing more.
fn agrees(uri: &Uri, headers: &HeaderMap, port: u16) -> bool {
    match (uri.scheme_str(), uri.authority()) {
        (None, None) => true,
        (Some("http"), Some(authority)) => {
            names_us(authority.as_str(), port) && host(headers) == Some(authority.as_str())
        }
        _ => false,
    }
}

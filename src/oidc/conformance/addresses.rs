//! The issuer and the other addresses of a document (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2).

use serde_json::Value;
use url::Url;

use super::{Breach, Leniency};
use crate::oidc::{is_loopback, short};

const ISSUER: &str = "OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2";
const ENDPOINT: &str = "OpenID Connect Discovery 1.0, section 3; RFC 6749, sections 3.1 and 3.2";

/// Their absence or wrong type is reported by the check `discovery_served`.
const ESSENTIAL: [&str; 5] = ["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"];

/// Pages for people: any web address will do.
const PAGES: [&str; 6] =
    ["service_documentation", "op_policy_uri", "op_tos_uri", "organization_uri", "logo_uri", "information_uri"];

pub(super) fn breaches(document: &Value, leniency: &Leniency) -> Vec<Breach> {
    let Some(members) = document.as_object() else { return Vec::new() };
    let issuer = document.get("issuer").and_then(Value::as_str);
    let mut found: Vec<Breach> = issuer.map(issuer_breaches).unwrap_or_default();
    // What is plain since the issuer is plain has been told with the issuer.
    let plain_base = issuer.and_then(|text| Url::parse(text).ok()).filter(|url| url.scheme() != "https");
    let is_told = |url: &Url| plain_base.as_ref().is_some_and(|base| base.origin() == url.origin());
    let aliases = document.get("mtls_endpoint_aliases").and_then(Value::as_object);
    let mut plain = Vec::new();
    let mut excused = Vec::new();
    for (name, value) in members.iter().chain(aliases.into_iter().flatten()) {
        match address(name, value) {
            None => {}
            Some(Err(breach)) => found.push(breach),
            Some(Ok(url)) if url.scheme() == "https" || PAGES.contains(&name.as_str()) || is_told(&url) => {}
            Some(Ok(url)) if is_loopback(&url) || leniency.internal.contains(&url.origin()) => {
                excused.push(short(name))
            }
            Some(Ok(_)) => plain.push(short(name)),
        }
    }
    // One breach for all: they have one cause, the base address.
    if !plain.is_empty() {
        found.push(Breach::fault("plain_http", ENDPOINT, format!("Not https: {}", plain.join(", "))));
    }
    if !excused.is_empty() {
        let message = format!("Not https, on loopback or the internal base: {}", excused.join(", "));
        found.push(Breach::remark("plain_http", ENDPOINT, message));
    }
    found
}

/// The issuer: https, a host, and neither query, fragment nor user.
fn issuer_breaches(text: &str) -> Vec<Breach> {
    let Ok(url) = Url::parse(text) else {
        let message = format!("`issuer` is not an absolute address: {}", short(text));
        return vec![Breach::fault("issuer_address", ISSUER, message)];
    };
    let mut found = Vec::new();
    if url.scheme() != "https" {
        let make = if is_loopback(&url) { Breach::remark } else { Breach::fault };
        found.push(make("issuer_https", ISSUER, format!("`issuer` is not https: {}", short(text))));
    }
    let extras = [
        (url.query().is_some(), "a query"),
        (url.fragment().is_some(), "a fragment"),
        (!url.username().is_empty() || url.password().is_some(), "a user name"),
    ];
    for (_, what) in extras.into_iter().filter(|(is_there, _)| *is_there) {
        found.push(Breach::fault("issuer_address", ISSUER, format!("`issuer` must not have {what}")));
    }
    found
}

/// The address in a member whose name says that it is one.
fn address(name: &str, value: &Value) -> Option<Result<Url, Breach>> {
    let is_address = name.ends_with("_endpoint")
        || name.ends_with("_uri")
        || name == "check_session_iframe"
        || PAGES.contains(&name);
    if !is_address || name == "issuer" {
        return None;
    }
    let breach = |message: String| Some(Err(Breach::fault("endpoint_address", ENDPOINT, message)));
    let Some(text) = value.as_str() else {
        let is_told = ESSENTIAL.contains(&name);
        return if is_told { None } else { breach(format!("`{}` must be a text", short(name))) };
    };
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            breach(format!("`{}` is not a web address: {}", short(name), short(text)))
        }
        Ok(url) if url.fragment().is_some() && !PAGES.contains(&name) => {
            breach(format!("`{}` must not have a fragment", short(name)))
        }
        Ok(url) => Some(Ok(url)),
        Err(_) => breach(format!("`{}` is not an absolute address: {}", short(name), short(text))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Leniency,
        tests::{check, codes, conforming},
    };

    #[test]
    fn an_issuer_is_https_without_query_fragment_or_user() {
        check(&[
            ("issuer", json!("id.example.test"), &["issuer_address"], &[]),
            ("issuer", json!("http://id.example.test"), &["issuer_https"], &[]),
            ("issuer", json!("http://localhost:1411"), &[], &["issuer_https"]),
            ("issuer", json!("https://id.example.test/tenant/"), &[], &[]),
            ("issuer", json!("https://id.example.test?x=1"), &["issuer_address"], &[]),
            ("issuer", json!("https://id.example.test#x"), &["issuer_address"], &[]),
            ("issuer", json!("https://me@id.example.test"), &["issuer_address"], &[]),
        ]);
    }

    #[test]
    fn endpoints_are_absolute_https_addresses_without_fragment() {
        check(&[
            ("token_endpoint", json!("/token"), &["endpoint_address"], &[]),
            ("token_endpoint", json!("http://id.example.test/token"), &["plain_http"], &[]),
            ("token_endpoint", json!("http://127.0.0.1/token"), &[], &["plain_http"]),
            ("authorization_endpoint", json!("https://id.example.test/a#b"), &["endpoint_address"], &[]),
            ("jwks_uri", json!("ftp://id.example.test/jwks"), &["endpoint_address"], &[]),
            ("end_session_endpoint", json!(5), &["endpoint_address"], &[]),
            ("end_session_endpoint", json!("https://other.example.test/logout"), &[], &[]),
            ("brand_new_endpoint", json!("nowhere"), &["endpoint_address"], &[]),
            ("registration_endpoint", json!("http://id.example.test/register"), &["plain_http"], &[]),
            ("check_session_iframe", json!("http://id.example.test/s"), &["plain_http"], &[]),
            ("mtls_endpoint_aliases", json!({"token_endpoint": "http://id.example.test/t"}), &["plain_http"], &[]),
        ]);
    }

    #[test]
    fn pages_for_people_may_be_plain_and_have_a_fragment() {
        check(&[
            ("service_documentation", json!("http://docs.example.test/#oidc"), &[], &[]),
            ("op_policy_uri", json!("not an address"), &["endpoint_address"], &[]),
        ]);
    }

    #[test]
    fn what_discovery_served_tells_is_not_told_twice() {
        check(&[
            ("issuer", json!(null), &[], &[]),
            ("jwks_uri", json!(null), &[], &[]),
            ("token_endpoint", json!(5), &[], &[]),
        ]);
    }

    #[test]
    fn a_plain_issuer_with_its_endpoints_is_one_breach() {
        let text = conforming().to_string().replace("https://id.example.test", "http://id.example.test");
        let (faults, _) = codes(&serde_json::from_str(&text).unwrap(), &Leniency::default());
        assert_eq!(faults, ["issuer_https"]);
        let (faults, remarks) =
            codes(&serde_json::from_str(&text.replace("id.example.test", "localhost")).unwrap(), &Leniency::default());
        assert_eq!((faults, remarks), (vec![], vec!["issuer_https"]));
    }

    #[test]
    fn many_plain_endpoints_are_one_breach() {
        let text = conforming().to_string().replace("https://id.example.test/", "http://id.example.test/");
        let (faults, _) = codes(&serde_json::from_str(&text).unwrap(), &Leniency::default());
        assert_eq!(faults, ["plain_http"]);
    }
}

//! How the document is served (OpenID Connect Discovery 1.0, section 4.2).

use super::{Breach, media_type};
use crate::oidc::{Discovery, short};

const SOURCE: &str = "OpenID Connect Discovery 1.0, section 4.2";

pub(super) fn breaches(discovery: &Discovery) -> Vec<Breach> {
    let mut found = Vec::new();
    if discovery.status != 200 {
        found.push(Breach::fault(
            "status",
            SOURCE,
            format!("The document is served with status {}, not 200", discovery.status),
        ));
    }
    match discovery.content_type.as_deref() {
        Some(content_type) if media_type(content_type) == "application/json" => {}
        Some(other) => {
            let message = format!("The document is served as `{}`, not as `application/json`", short(other));
            found.push(Breach::fault("content_type", SOURCE, message));
        }
        None => found.push(Breach::fault("content_type", SOURCE, "The document is served without a content type")),
    }
    for key in &discovery.duplicate_keys {
        let message = format!("`{}` stands twice: clients differ in which one they take", short(key));
        found.push(Breach::fault("duplicate_key", "RFC 8259, section 4", message));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::tests::conforming, *};

    fn codes(status: u16, content_type: Option<&str>, body: &str) -> Vec<&'static str> {
        let discovery = Discovery::parse(status, content_type, body.as_bytes()).unwrap();
        breaches(&discovery).iter().map(|breach| breach.code).collect()
    }

    #[test]
    fn status_and_content_type_must_be_those_of_the_specification() {
        let body = conforming().to_string();
        assert_eq!(codes(200, Some("Application/JSON ;charset=UTF-8"), &body), [""; 0]);
        assert_eq!(codes(203, Some("application/json"), &body), ["status"]);
        assert_eq!(codes(200, Some("text/plain"), &body), ["content_type"]);
        assert_eq!(codes(200, None, &body), ["content_type"]);
    }

    #[test]
    fn a_key_that_stands_twice_is_named() {
        let found = codes(200, Some("application/json"), r#"{"issuer":"https://a.test","issuer":"https://b.test"}"#);
        assert_eq!(found, ["duplicate_key"]);
    }
}

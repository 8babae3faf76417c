//! The Pocket ID key on its way, and the one place that sorts what the REST API answers to it.
//!
//! Measured on every release: a key that is wrong or has expired, and a good key while the database fails, get the same
//! 401; an admin's endpoint says 403 to the key of another user, and 403 in other words to one whose user is disabled.
//! Nothing of an answer's text goes into a detail: bodies of this API hold data of persons.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError},
        http::Request,
        side_client::{Counts, SideClient},
    },
    config::Secret,
    model::{Credential, Missing, Reason, SourceId},
    providers::pocket_id::parse_answer,
};

/// The header that carries the key.
const HEADER: &str = "x-api-key";

/// Asks Pocket ID's REST API with a key, on behalf of one source.
pub(in crate::collect) struct ProviderKey<'a> {
    /// The source that asks.
    pub source: SourceId,
    /// Whom.
    pub side: &'a SideClient,
    /// The key.
    pub key: &'a Secret,
    /// The requests of this collection.
    pub counts: &'a Counts,
}

impl ProviderKey<'_> {
    /// A GET of a path, one segment each, with a query. Any answer comes back that does not refuse the key.
    ///
    /// # Errors
    /// The key is refused, or there is no answer.
    pub(in crate::collect) async fn ask(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, Missing> {
        let request = Request::with_key(self.address(path, query), HEADER, self.key).map_err(|stop| self.stop(stop))?;
        let answer = self.side.ask(&request, self.counts).await.map_err(|stop| self.stop(stop))?;
        match refusal(&answer) {
            Some(Refusal::Key(detail)) => Err(self.failed(Reason::Unauthorized, detail)),
            Some(Refusal::NoAdmin) => Err(Missing::NotConfigured(Credential::ProviderAdminKey)),
            None => Ok(answer),
        }
    }

    /// The same, read; the answer must be a 200.
    ///
    /// # Errors
    /// As [`Self::ask`], or another status or shape.
    pub(in crate::collect) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Missing> {
        self.read(&self.ask(path, query).await?)
    }

    /// Reads an answer, which must be a 200.
    ///
    /// # Errors
    /// Another status or shape.
    pub(in crate::collect) fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Missing> {
        if answer.status != 200 {
            return Err(self.status(answer));
        }
        parse_answer(&answer.body).map_err(|problem| self.stop(fetch_error::of_body(&problem)))
    }

    /// A status that this source has no reading for.
    pub(in crate::collect) fn status(&self, answer: &Answer) -> Missing {
        let page = if answer.is_web_page() { " with a web page" } else { "" };
        self.stop(FetchError::status(answer.status, format!("HTTP {}{page}", answer.status)))
    }

    /// This source failed.
    pub(in crate::collect) fn failed(&self, reason: Reason, detail: impl AsRef<str>) -> Missing {
        self.stop(FetchError::failed(reason, detail))
    }

    /// This source gives no fact.
    pub(in crate::collect) fn stop(&self, stop: FetchError) -> Missing {
        stop.missing(self.source)
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.side.at("/api");
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// How a client's id stands in a path: an id that is a web address (2.13 and later) goes as `~` and base64url.
pub(in crate::collect) fn client_segment(id: &str) -> String {
    if id.contains("://") { format!("~{}", URL_SAFE_NO_PAD.encode(id)) } else { id.to_owned() }
}

/// The 404 of a path that this release does not have, not that of a thing which is not there.
pub(in crate::collect) fn is_no_endpoint(answer: &Answer) -> bool {
    answer.status == 404 && answer.said().is_some_and(|text| text.contains("API endpoint not found"))
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// The key itself is refused.
    Key(&'static str),
    /// The key is not an admin's.
    NoAdmin,
}

/// How an answer refuses the key, where it does.
fn refusal(answer: &Answer) -> Option<Refusal> {
    let said = answer.said().unwrap_or_default();
    match answer.status {
        401 => Some(Refusal::Key(
            "our own key is refused (HTTP 401): it is wrong or has expired, or Pocket ID's database cannot be written, \
             which looks the same",
        )),
        403 if said.contains("account is disabled") => {
            Some(Refusal::Key("our own key is refused (HTTP 403): the account of its user is disabled"))
        }
        403 if said.contains("have permission") => Some(Refusal::NoAdmin),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        clock::Clock,
        collect::{recorded::json, transport::side_client::Deps},
        config::HttpSettings,
    };

    #[test]
    fn what_real_releases_say_to_a_key_is_told_apart() {
        let key = |answer| matches!(refusal(&answer), Some(Refusal::Key(_)));
        assert!(key(json(401, r#"{"error":"You are not signed in"}"#)));
        assert!(key(json(401, r#"{"error":"You are not signed in","code":"not_signed_in","request_id":"r"}"#)));
        assert!(key(json(403, r#"{"error":"User account is disabled"}"#)));
        let no_admin = json(403, r#"{"error":"You don't have permission to perform this action","code":"forbidden"}"#);
        assert_eq!(refusal(&no_admin), Some(Refusal::NoAdmin));
        let not_allowed = json(403, r#"{"error":"You're not allowed to access this service"}"#);
        assert_eq!(refusal(&not_allowed), None, "said of the test user, not of the key");
        assert_eq!(refusal(&json(500, r#"{"error":"Something went wrong"}"#)), None);
    }

    #[test]
    fn a_client_id_that_is_an_address_is_encoded_in_the_path() {
        assert_eq!(client_segment("00000000-0000-4000-8000-0000000000c1"), "00000000-0000-4000-8000-0000000000c1");
        assert_eq!(client_segment("https://kasm.example.test/c"), "~aHR0cHM6Ly9rYXNtLmV4YW1wbGUudGVzdC9j");
    }

    #[test]
    fn a_path_that_a_release_does_not_have_is_not_a_thing_that_is_gone() {
        assert!(is_no_endpoint(&json(404, r#"{"error":"API endpoint not found"}"#)));
        assert!(!is_no_endpoint(&json(404, r#"{"error":"Record not found"}"#)));
        assert!(!is_no_endpoint(&json(200, r#"{"error":"API endpoint not found"}"#)));
    }

    #[test]
    fn what_an_answer_says_of_persons_is_not_repeated() {
        let deps = Deps { clock: Clock::System, tls: Arc::default(), budget: Arc::default() };
        let base = "http://127.0.0.1:9".parse().unwrap();
        let side = SideClient::new(crate::model::Side::Provider, &base, None, &HttpSettings::default(), &deps).unwrap();
        let (key, counts) = (Secret::new("k".repeat(32)), Counts::default());
        let key = ProviderKey { source: SourceId::ClaimsPreview, side: &side, key: &key, counts: &counts };
        let bad = json(500, r#"{"error":"alice@example.test has no name"}"#);
        let other = json(200, r#"{"data":"alice@example.test"}"#);
        for answer in [bad, other] {
            let missing = key.read::<crate::providers::pocket_id::ApiKeyEntry>(&answer).unwrap_err();
            assert!(!format!("{missing:?} {missing}").contains("alice"), "{missing:?}");
        }
    }
}

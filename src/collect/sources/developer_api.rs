//! Kasm's developer API: one call by the operator's key, and what a refusal deps.
//!
//! The key goes in one way only, the one that `kasm.api_auth` names, and no other is tried: in the body below
//! `/api/public/` (documented to 1.19), or by HTTP Basic below `/api/` (documented for the release after; that the calls
//! used here are found there is unconfirmed). A top-level `user_id` would mean impersonation and is never sent.

use serde_json::{Value, json};
use url::Url;

use crate::{
    apps::kasm::refusal,
    collect::{
        credentialed::Credentialed,
        transport::{
            answer::Answer,
            fetch_error::{self, FetchError, bounded},
            http::Request,
            side_client::{Counts, SideClient},
        },
    },
    config::{ApiAuth, Secret},
    model::{Credential, Missing, Reason, SourceId},
};

/// Kasm's developer API with a key, for the time of a collection.
pub(in crate::collect) struct DeveloperApi<'a> {
    side: &'a SideClient,
    counts: &'a Counts,
    auth: ApiAuth,
    key: Secret,
    secret: Secret,
}

/// What a call needs, and what its absence deps.
#[derive(Debug, Clone, Copy)]
pub(in crate::collect) struct Permission {
    /// Its name on the key's form.
    pub name: &'static str,
    /// Whether the key is of no use without it; else only this source is out of reach.
    pub is_required: bool,
}

impl<'a> DeveloperApi<'a> {
    /// The API with the key as it is now.
    ///
    /// # Errors
    /// No key is configured, it cannot be read, or Kasm cannot be asked.
    pub(in crate::collect) fn open(asked: &'a Credentialed<'_>) -> Result<Self, Missing> {
        let source = SourceId::KasmConfig;
        let kasm = &asked.target.app;
        let (Some(key), Some(secret)) = (&kasm.api_key, &kasm.api_key_secret) else {
            return Err(Missing::NotConfigured(Credential::AppKey));
        };
        let side = asked.kasm_side(source)?;
        let (key, secret) = (Credentialed::secret(source, key)?, Credentialed::secret(source, secret)?);
        Ok(Self { side, counts: asked.counts, auth: kasm.api_auth, key, secret })
    }

    /// One call; `parameters` is a JSON object. Gives the body of a good answer.
    ///
    /// # Errors
    /// IntoMissing there is none. Never holds the key, even where Kasm repeats it.
    pub(in crate::collect) async fn call(
        &self,
        name: &str,
        parameters: Value,
        needs: Permission,
    ) -> Result<Vec<u8>, FetchError> {
        let mut answer = self.side.ask(&self.request(name, parameters)?, self.counts).await?;
        answer.body = masked(answer.body, &[&self.key, &self.secret]);
        read(answer, needs)
    }

    fn request(&self, name: &str, mut parameters: Value) -> Result<Request, FetchError> {
        match self.auth {
            ApiAuth::Body => {
                parameters["api_key"] = json!(self.key.expose());
                parameters["api_key_secret"] = json!(self.secret.expose());
                Ok(Request::post_with_key(self.at("/api/public/", name), &parameters))
            }
            ApiAuth::Basic => {
                Request::post_with_basic(self.at("/api/", name), self.key.expose(), &self.secret, &parameters)
            }
        }
    }

    fn at(&self, base: &str, name: &str) -> Url {
        self.side.at(&format!("{base}{name}"))
    }
}

/// The body without the key, where Kasm repeats it: done before anything is read, so that no cut leaves a part of it.
/// What is too short to be a key of Kasm's stands in other words by chance.
fn masked(body: Vec<u8>, halves: &[&Secret]) -> Vec<u8> {
    const SHORTEST: usize = 8;
    let text = match String::from_utf8(body) {
        Ok(text) => text,
        // No JSON, so nothing of it is ever shown.
        Err(error) => return error.into_bytes(),
    };
    let halves = halves.iter().map(|half| half.expose()).filter(|half| half.len() >= SHORTEST);
    halves.fold(text, |text, half| text.replace(half, "<secret>")).into_bytes()
}

/// The body of a good answer. A refusal is known by its words, which may stand inside a 200 too.
fn read(answer: Answer, needs: Permission) -> Result<Vec<u8>, FetchError> {
    if let Some(wall) = fetch_error::login_wall(&answer) {
        return Err(wall);
    }
    if let Some(said) = refusal(&answer.body) {
        return Err(refused(answer.status, &said, needs));
    }
    if answer.status != 200 {
        return Err(fetch_error::of_status(&answer));
    }
    Ok(answer.body)
}

/// What Kasm's words mean (unconfirmed: known words are sorted, others are repeated).
fn refused(status: u16, said: &str, needs: Permission) -> FetchError {
    let words = said.to_lowercase();
    let has = |text: &str| words.contains(text);
    let told = format!("HTTP {status}: {said}");
    if has("not licensed") {
        return FetchError::failed(Reason::Unlicensed, format!("Kasm's licence lacks the Developer API ({told})"));
    }
    if has("expired") {
        return FetchError::failed(Reason::Unauthorized, format!("our Kasm key has expired ({told})"));
    }
    if status == 403 || has("access denied") {
        return FetchError::failed(Reason::Unauthorized, format!("Kasm refuses our key or its secret half ({told})"));
    }
    if status == 401 || has("unauthorized") {
        return lacks(needs, &told);
    }
    let detail = format!("Kasm answers with an error of its own: {told}");
    if status == 200 { FetchError::failed(Reason::Body, detail) } else { FetchError::status(status, detail) }
}

fn lacks(needs: Permission, told: &str) -> FetchError {
    let text = format!(
        "our Kasm key lacks the permission {} ({told}): grant it in Kasm: Settings > Developers > the key > Permissions",
        needs.name
    );
    if needs.is_required {
        FetchError::failed(Reason::Unauthorized, text)
    } else {
        FetchError::OutOfReach(bounded(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::recorded::{html, json};

    const AUTH_VIEW: Permission = Permission { name: "Auth View", is_required: true };
    const SYSTEM_VIEW: Permission = Permission { name: "System View", is_required: false };

    fn stop(answer: Answer, needs: Permission) -> FetchError {
        read(answer, needs).unwrap_err()
    }

    #[test]
    fn a_refusal_is_sorted_by_its_words_whatever_the_status() {
        for (status, said, reason, words) in [
            (403, "Access Denied. This feature is not licensed", Reason::Unlicensed, "licence lacks the Developer API"),
            (200, "Access Denied. This feature is not licensed", Reason::Unlicensed, "licence lacks the Developer API"),
            (403, "Access Denied", Reason::Unauthorized, "refuses our key or its secret half"),
            (200, "Access Denied", Reason::Unauthorized, "refuses our key or its secret half"),
            (401, "Access has expired", Reason::Unauthorized, "has expired"),
            (401, "Unauthorized", Reason::Unauthorized, "lacks the permission Auth View"),
            (200, "Unauthorized", Reason::Unauthorized, "lacks the permission Auth View"),
            (400, "Invalid Request", Reason::Status, "an error of its own: HTTP 400: Invalid Request"),
            (200, "Something else", Reason::Body, "an error of its own: HTTP 200: Something else"),
        ] {
            let body = json!({"error_message": said}).to_string();
            let FetchError::Failed { reason: found, detail, .. } = stop(json(status, &body), AUTH_VIEW) else {
                panic!("{status} {said}")
            };
            assert_eq!(found, reason, "{status} {said}");
            assert!(detail.contains(words), "{status} {said}: {detail}");
        }
    }

    #[test]
    fn a_key_that_kasm_repeats_is_masked_before_anything_is_cut() {
        let key = |text: &str| Secret::new(text.to_owned());
        let (key, secret, short) = (key("KasmKeyPlaceholder01"), key("KasmKeySecretPlaceholder"), key("no"));
        let said = format!("{} no key {} {}", "x".repeat(130), key.expose(), secret.expose());
        let body = masked(json!({"error_message": said}).to_string().into_bytes(), &[&key, &secret, &short]);
        let stopped = format!("{:?}", stop(json(400, std::str::from_utf8(&body).unwrap()), AUTH_VIEW));
        assert!(stopped.contains("no key <secret>") && !stopped.contains("AppKey"), "{stopped}");
        assert_eq!(masked(vec![0xff, 0xfe], &[&key]), [0xff, 0xfe]);
    }

    #[test]
    fn a_permission_that_is_optional_is_out_of_reach_and_named() {
        let lacking = stop(json(401, r#"{"error_message":"Unauthorized"}"#), SYSTEM_VIEW);
        assert!(matches!(&lacking, FetchError::OutOfReach(why) if why.contains("System View")), "{lacking:?}");
        let denied = stop(json(403, r#"{"error_message":"Access Denied"}"#), SYSTEM_VIEW);
        assert!(matches!(denied, FetchError::Failed { reason: Reason::Unauthorized, .. }), "{denied:?}");
    }

    #[test]
    fn what_is_no_answer_of_the_api_is_told_apart() {
        assert!(matches!(
            stop(html(500, "<H1>Internal Error</H1>"), AUTH_VIEW),
            FetchError::Failed { reason: Reason::Status, .. }
        ));
        assert!(matches!(
            stop(html(404, "<title>404</title>"), AUTH_VIEW),
            FetchError::Failed { reason: Reason::Status, .. }
        ));
        assert!(matches!(stop(html(200, "<title>Log in</title>"), AUTH_VIEW), FetchError::OutOfReach(_)));
        assert!(matches!(stop(html(401, "<title>Log in</title>"), AUTH_VIEW), FetchError::OutOfReach(_)));
        // A web page of Kasm's own is left to the reader of the body.
        assert!(read(html(200, "<title>Kasm</title>"), AUTH_VIEW).is_ok());
    }
}

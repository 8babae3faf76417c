//! A token of the client's own (RFC 6749, section 4.4): its signature verified against the key set of the same collection, its
//! facts kept, the token dropped. Only with `token.enabled`, and by `schedule.token`: from 2.10 each leaves a row.

use serde_json::Value;

use super::client_access::{Access, database_of};
use crate::{
    clock::span,
    collect::{
        CollectMode,
        credentialed::Credentialed,
        off_worker,
        transport::{
            answer::Answer,
            fetch_error::{self, FetchError},
            http::Request,
        },
    },
    config::Secret,
    model::{ClientToken, Credential, Missing, Observed, Reason, SourceId},
    oidc::{TokenFacts, parse_json},
    providers::{ProviderKind, pocket_id::Version},
};

const SOURCE: SourceId = SourceId::ClientToken;
const GRANT: &str = "client_credentials";
/// The first release with that grant.
const SINCE: Version = Version::new(1, 11);
/// How long a collection that gave no token is not asked again, where the settings say nothing: as they do by default.
const AGAIN_AFTER: std::time::Duration = std::time::Duration::from_mins(5);

/// Looks at a token.
pub(in crate::collect) async fn collect(asked: &Credentialed<'_>) -> Observed<ClientToken> {
    let Some(source) = &asked.target.provider.client_secret else { return asked.without(Credential::ClientSecret) };
    if !asked.target.token_enabled {
        return asked.missing(Missing::OutOfReach("token.enabled is off: no token is asked for".to_owned()));
    }
    let old = asked.before.map(|before| &before.client_token);
    if let Some(old) = old.filter(|old| !is_due(asked, old)) {
        return old.clone();
    }
    let prepared = Access::of(asked, SOURCE).and_then(|access| {
        grant_is_there(&access)?;
        let keys = asked.provider.key_set.as_deref().ok_or(Missing::Blocked { by: SourceId::Jwks })?;
        Credentialed::secret(SOURCE, source).map(|secret| (access, keys, secret))
    });
    match prepared {
        Ok((access, keys, secret)) => {
            let ask = access.token(asked, &secret, keys);
            asked.round.refresh(SOURCE, old, true, Ok(access.side), ask).await
        }
        Err(why) => asked.missing(why),
    }
}

/// By the schedule alone where a token was given, or none ever will be: a token leaves a row. What failed is tried again
/// with the settings; what was not even sent, at once.
fn is_due(asked: &Credentialed<'_>, old: &Observed<ClientToken>) -> bool {
    let now = asked.round.clock.now();
    match &old.value {
        Ok(_) | Err(Missing::OutOfReach(_) | Missing::NotApplicable(_)) => {
            asked.target.token_schedule.next(old.at, &asked.target.name) <= now
        }
        Err(Missing::Failed { reason: Reason::Blocked, .. } | Missing::Blocked { .. } | Missing::NotConfigured(_)) => {
            true
        }
        Err(Missing::Failed { .. }) => {
            let again_after = match asked.round.mode {
                CollectMode::Due { settings_every, .. } => settings_every,
                CollectMode::Full => AGAIN_AFTER,
            };
            now - old.at >= span(again_after)
        }
    }
}

/// Whether the provider has that grant at all, by its document.
fn grant_is_there(access: &Access<'_>) -> Result<(), Missing> {
    let lacks = |why: &str| Err(Missing::OutOfReach(why.to_owned()));
    match access.version {
        Some(version) if version.at_least < SINCE => lacks("Pocket ID gives a client a token of its own from 1.11 on"),
        Some(_) => Ok(()),
        None => {
            let grants = access.document.document.get("grant_types_supported").and_then(Value::as_array);
            // Left out, it means authorization_code and implicit (OpenID Connect Discovery 1.0, section 3).
            let is_there = grants.is_some_and(|list| list.iter().any(|grant| grant == GRANT));
            if is_there { Ok(()) } else { lacks("the provider does not announce the grant client_credentials") }
        }
    }
}

impl Access<'_> {
    async fn token(&self, asked: &Credentialed<'_>, secret: &Secret, keys: &[u8]) -> Result<ClientToken, FetchError> {
        let url = self.token_endpoint()?;
        let request = Request::form_of_client(url, &[("grant_type", GRANT)], &self.client_id, secret)?;
        let answer = self.side.ask(&request, asked.counts).await?;
        if answer.status != 200 {
            let refused = refusal(&answer, self.kind);
            if matches!(refused, FetchError::Failed { reason: Reason::Unauthorized, .. }) {
                database_of(asked)?;
            }
            return Err(refused);
        }
        let received_at = asked.round.clock.now();
        let (token, expires_in) = read(answer)?;
        let keys = keys.to_vec();
        let token = off_worker(move || TokenFacts::read(token.expose(), &keys)).await.map_err(|why| {
            FetchError::OutOfReach(format!("the token that the provider gives is for itself alone: {why}"))
        })?;
        Ok(ClientToken { token, expires_in, received_at })
    }
}

/// The token and its `expires_in`. What is read is wiped: the answer here, the token when it is dropped.
fn read(mut answer: Answer) -> Result<(Secret, Option<i64>), FetchError> {
    let json = parse_json(&answer.body);
    answer.body.wipe();
    let mut json = json.map_err(|problem| fetch_error::of_json(&problem))?.value;
    let expires_in = json.get("expires_in").and_then(Value::as_i64);
    match json.get_mut("access_token").map(Value::take) {
        Some(Value::String(token)) => Ok((Secret::new(token), expires_in)),
        _ => Err(fetch_error::of_body(&"JSON without an access_token")),
    }
}

/// Why there is no token: the client may not have one, or our copy of the secret is refused.
fn refusal(answer: &Answer, kind: ProviderKind) -> FetchError {
    let error = parse_json(&answer.body).ok().and_then(|json| json.value.get("error")?.as_str().map(str::to_owned));
    let is_pocket_id = kind == ProviderKind::PocketId;
    match (answer.status, error.as_deref()) {
        (400, Some("unsupported_grant_type" | "Grant type not supported")) => {
            FetchError::OutOfReach("the provider has no grant client_credentials".to_owned())
        }
        // A public client (measured: the first two), or one that may not use this grant.
        (400, Some("Client id or secret not provided" | "invalid_grant")) if is_pocket_id => {
            FetchError::OutOfReach("the client is public: it gets no token of its own".to_owned())
        }
        (400 | 403, Some("unauthorized_client" | "invalid_scope" | "invalid_target" | "access_denied")) => {
            FetchError::OutOfReach("this client may not use the grant client_credentials".to_owned())
        }
        (400 | 401, Some("Invalid client secret" | "invalid_client"))
        | (404, Some("Record not found" | "Client not found"))
        | (401, _) => {
            let (_, seen) = fetch_error::of_status(answer).into_failure();
            FetchError::failed(Reason::Unauthorized, format!("our copy of the client secret is refused: {seen}"))
        }
        _ => fetch_error::of_status(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::recorded::{json, recorded};

    fn refused(answer: &Answer, kind: ProviderKind) -> &'static str {
        match refusal(answer, kind) {
            FetchError::OutOfReach(_) => "out of reach",
            FetchError::Failed { reason, .. } => reason.id(),
            FetchError::Blocked(_) => "blocked",
        }
    }

    #[test]
    fn a_client_that_may_not_have_a_token_is_told_from_a_refused_secret() {
        macro_rules! recordings {
            ($($release:literal)+) => {
                [$((
                    include_str!(concat!("../../../tests/fixtures/pocket-id/", $release, "/client_credentials_public.json")),
                    include_str!(concat!("../../../tests/fixtures/pocket-id/", $release, "/client_credentials_wrong.json")),
                    include_str!(concat!("../../../tests/fixtures/pocket-id/", $release, "/client_credentials_unknown.json")),
                )),+]
            };
        }
        for (public, wrong, unknown) in recordings!["1.16.0" "2.3.0" "2.9.0" "2.10.0" "2.14.0"] {
            let read = |text| refused(&recorded(text), ProviderKind::PocketId);
            assert_eq!([read(public), read(wrong), read(unknown)], ["out of reach", "unauthorized", "unauthorized"]);
        }
        for (status, error, expected) in [
            (400, "unsupported_grant_type", "out of reach"),
            (400, "unauthorized_client", "out of reach"),
            (401, "unauthorized_client", "unauthorized"),
            (401, "invalid_client", "unauthorized"),
            (400, "invalid_grant", "status"),
            (500, "server_error", "status"),
        ] {
            let answer = json(status, &format!(r#"{{"error":"{error}"}}"#));
            assert_eq!(refused(&answer, ProviderKind::Openid), expected, "{status} {error}");
        }
    }

    #[test]
    fn an_answer_without_a_token_is_no_token_and_quotes_nothing() {
        for body in ["{}", r#"{"access_token": 7}"#, "<html>hush</html>"] {
            let error = read(json(200, body)).unwrap_err();
            assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        }
        let (token, expires_in) = read(json(200, r#"{"access_token":"t","expires_in":3599}"#)).unwrap();
        assert_eq!((token.expose(), expires_in), ("t", Some(3599)));
    }
}

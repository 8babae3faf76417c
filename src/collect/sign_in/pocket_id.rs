//! Signing in at Pocket ID: the passkey ceremony, and its two ways to a code. Up to 2.9 the script of its page asks for the
//! code, from 2.10 on its authorize endpoint gives it (measured on 2.3, 2.9, 2.10 and 2.14).

use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::{
    jar::Jar,
    request::AuthRequest,
    walk::{Stumble, Walk, request},
};
use crate::{
    canary::Refusal,
    collect::transport::{
        answer::Answer,
        fetch_error::{FetchError, bounded},
        http::{CANARY_AGENT, Request},
        side_client::{Counts, SideClient},
    },
    config::Secret,
    model::{Blame, SignInFault, SignInStep, StepTime},
    oidc::parse_json,
    providers::pocket_id::{Dialect, Version},
};

const JSON: &str = "application/json";
const PAGE: &str = "text/html";
/// An interaction has at most so many steps.
const MOST_STEPS: usize = 4;
/// The first release that says why a passkey is refused, and checks it with another status than a failure of its own.
const TELLS_REFUSALS: Version = Version::new(2, 13);

/// A sign-in at Pocket ID.
pub(super) struct PocketId<'a> {
    walk: &'a Walk<'a>,
    side: &'a SideClient,
    counts: &'a Counts,
    jar: Jar,
    seen: Vec<Secret>,
}

/// Who signed in, as the provider says.
struct User {
    name: Option<String>,
    is_admin: bool,
}

fn provider(fault: SignInFault, answer: &Answer) -> Stumble {
    Stumble::answered(Blame::Provider, fault, answer)
}

fn json_of(answer: &Answer) -> Option<Value> {
    parse_json(&answer.body).ok().map(|json| json.value)
}

fn text<'v>(json: &'v Value, name: &str) -> Option<&'v str> {
    json.get(name).and_then(Value::as_str)
}

/// The domain and the challenge of `login/start`.
pub(super) fn challenge(answer: &Answer) -> Result<(String, String), Stumble> {
    if answer.status != 200 {
        let fault = if answer.status >= 500 { SignInFault::ServerError } else { SignInFault::Unexpected };
        return Err(provider(fault, answer));
    }
    let json = json_of(answer);
    let part = |name: &str| json.as_ref().and_then(|json| text(json, name)).map(str::to_owned);
    part("rpId").zip(part("challenge")).ok_or_else(|| {
        Stumble::new(Blame::Provider, SignInFault::Unexpected, "the answer holds no domain and challenge")
    })
}

impl<'a> PocketId<'a> {
    pub(super) fn new(walk: &'a Walk<'a>) -> Self {
        Self { walk, side: walk.provider, counts: walk.counts, jar: Jar::default(), seen: Vec::new() }
    }

    /// The same with a session that is there already.
    pub(super) fn with_session(walk: &'a Walk<'a>, jar: Jar) -> Self {
        Self { jar, ..Self::new(walk) }
    }

    /// The session, given back.
    pub(super) fn into_jar(self) -> Jar {
        self.jar
    }

    /// What no text may repeat.
    pub(super) fn into_secrets(mut self) -> Vec<Secret> {
        self.seen.extend(self.jar.secrets().cloned());
        self.seen
    }

    async fn send(&mut self, url: Url, body: Option<&Value>, accept: &'static str) -> Result<Answer, Stumble> {
        let stopped = |stop: FetchError| Stumble::stopped(Blame::Provider, stop);
        let asked = request(url, &self.jar, body.map(Value::to_string), accept).map_err(stopped)?;
        let answer = self.side.ask(&asked, self.counts).await.map_err(stopped)?;
        self.seen.extend(self.jar.secrets().cloned());
        self.jar.take(&answer);
        Ok(answer)
    }

    async fn get(&mut self, path: &str) -> Result<Answer, Stumble> {
        self.send(self.side.at(path), None, JSON).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Stumble> {
        self.send(self.side.at(path), Some(body), JSON).await
    }

    /// The passkey ceremony. Its steps are noted with their times.
    pub(super) async fn sign_in(&mut self, step: &mut SignInStep, steps: &mut Vec<StepTime>) -> Result<(), Stumble> {
        *step = SignInStep::Challenge;
        let begun = Instant::now();
        let start = self.get("/api/webauthn/login/start").await;
        let signed = start.and_then(|answer| self.sign(&answer));
        steps.push(StepTime { step: *step, seconds: begun.elapsed().as_secs_f64() });
        let assertion = signed?;
        *step = SignInStep::Passkey;
        let begun = Instant::now();
        let finished = self.finish(&assertion).await;
        steps.push(StepTime { step: *step, seconds: begun.elapsed().as_secs_f64() });
        finished
    }

    /// Signs a challenge, unless it is for another domain than the passkey: the provider itself cannot see that.
    fn sign(&self, answer: &Answer) -> Result<Value, Stumble> {
        let (rp_id, challenge) = challenge(answer)?;
        let origin = self.walk.provider_url.origin().ascii_serialization();
        self.walk.passkey.assertion(&challenge, &rp_id, &origin).map_err(|refusal| refused(&refusal))
    }

    async fn finish(&mut self, assertion: &Value) -> Result<(), Stumble> {
        let answer = self.post("/api/webauthn/login/finish", assertion).await?;
        if answer.status != 200 {
            return Err(self.refused_passkey(&answer).await);
        }
        if !self.jar.has("access_token") {
            return Err(provider(SignInFault::SessionRefused, &answer));
        }
        let user = json_of(&answer).map(|json| User {
            name: text(&json, "username").map(str::to_owned),
            is_admin: json.get("isAdmin") == Some(&Value::Bool(true)),
        });
        let canary = |fault, detail: &str| Err(Stumble::new(Blame::Canary, fault, detail));
        match user {
            Some(User { is_admin: true, .. }) => {
                canary(SignInFault::Admin, "the canary's user is an admin: it signs in no further")
            }
            Some(User { name: Some(name), .. }) if name != self.walk.user => {
                canary(SignInFault::OtherUser, "the passkey signs in another user than the config names")
            }
            _ => Ok(()),
        }
    }

    /// Why a passkey is refused. Up to 2.12 that is a bare 500, whatever the reason.
    async fn refused_passkey(&self, answer: &Answer) -> Stumble {
        let canary = |fault| Stumble::answered(Blame::Canary, fault, answer);
        let tells = self.walk.recognised.version.is_some_and(|version| version.at_least >= TELLS_REFUSALS);
        let code = json_of(answer).and_then(|json| text(&json, "code").map(str::to_owned));
        match (answer.status, code.as_deref()) {
            (403, _) => canary(SignInFault::UserDisabled),
            (404, _) => canary(SignInFault::UserGone),
            (500.., _) if tells => provider(SignInFault::ServerError, answer),
            (500, _) | (401, Some("webauthn_authentication_failed")) => self.by_key(answer).await,
            (500.., _) => provider(SignInFault::ServerError, answer),
            _ => provider(SignInFault::Unexpected, answer),
        }
    }

    /// The same by the canary's own key, where there is one: whether its passkey is listed still.
    async fn by_key(&self, answer: &Answer) -> Stumble {
        let unclear = || Stumble::answered(Blame::Unclear, SignInFault::PasskeyRefused, answer);
        let canary = |fault| Stumble::answered(Blame::Canary, fault, answer);
        let Some(key) = &self.walk.api_key else { return unclear() };
        let url = self.side.at("/api/webauthn/credentials");
        let Ok(asked) = Request::with_key(url, "x-api-key", key) else { return unclear() };
        let asked = Request { agent: CANARY_AGENT, ..asked };
        let Ok(listed) = self.side.ask(&asked, self.counts).await else { return unclear() };
        match listed.status {
            403 => canary(SignInFault::UserDisabled),
            200 => match json_of(&listed).as_ref().and_then(Value::as_array) {
                Some(all) if all.iter().any(|one| text(one, "credentialID") == Some(self.walk.passkey.id())) => {
                    provider(SignInFault::SignInRefused, answer)
                }
                Some(_) => canary(SignInFault::PasskeyDeleted),
                None => unclear(),
            },
            // The user is gone, or the key has ended.
            _ => unclear(),
        }
    }

    /// The app's request with this session: where the browser is sent with the code.
    pub(super) async fn authorize(&mut self, asked: &AuthRequest) -> Result<Url, Stumble> {
        match self.walk.recognised.dialect {
            Dialect::Legacy => self.by_its_page(asked).await,
            Dialect::Fosite | Dialect::Openid => self.by_its_endpoint(asked).await,
        }
    }

    /// Up to 2.9: as the script of its page does. The first such call of a client is the consent.
    async fn by_its_page(&mut self, asked: &AuthRequest) -> Result<Url, Stumble> {
        let scope = asked.asks.scope.clone().unwrap_or_default();
        let question = json!({"clientID": asked.client_id(), "scope": scope});
        let answer = self.post("/api/oidc/authorization-required", &question).await?;
        if answer.status != 200 {
            return Err(of_page(&answer));
        }
        let mut body =
            json!({"clientID": asked.client_id(), "scope": scope, "callbackURL": asked.redirect_uri.as_str()});
        let more =
            [("nonce", "nonce"), ("codeChallenge", "code_challenge"), ("codeChallengeMethod", "code_challenge_method")];
        for (name, parameter) in more {
            if let Some(value) = asked.parameter(parameter) {
                body[name] = Value::from(value);
            }
        }
        if let Some(sent) = &asked.asks.redirect_uri {
            body["callbackURL"] = Value::from(sent.as_str());
        }
        let mut answer = self.post("/api/oidc/authorize", &body).await?;
        // The session is seconds old: what is refused is its age.
        if answer.status == 401 {
            let again = self.post("/api/webauthn/reauthenticate", &json!({})).await?;
            let token = json_of(&again).and_then(|json| text(&json, "reauthenticationToken").map(str::to_owned));
            let Some(token) = token.filter(|_| again.status == 200) else {
                return Err(provider(SignInFault::SessionRefused, &again));
            };
            self.seen.push(Secret::new(token.clone()));
            body["reauthenticationToken"] = Value::from(token);
            answer = self.post("/api/oidc/authorize", &body).await?;
        }
        if answer.status != 200 {
            return Err(of_page(&answer));
        }
        let json = json_of(&answer).unwrap_or_default();
        let code = text(&json, "code").filter(|code| !code.is_empty());
        let address = text(&json, "callbackURL").and_then(|address| Url::parse(address).ok());
        let (Some(code), Some(mut url)) = (code, address) else {
            return Err(Stumble::new(Blame::Provider, SignInFault::Unexpected, "the answer holds no code and address"));
        };
        self.seen.push(Secret::new(code.to_owned()));
        url.query_pairs_mut().append_pair("code", code).append_pair("state", asked.state.expose());
        if let Some(issuer) = text(&json, "issuer") {
            url.query_pairs_mut().append_pair("iss", issuer);
        }
        Ok(url)
    }

    /// From 2.10: by the authorize endpoint, and the interaction that it may ask for.
    async fn by_its_endpoint(&mut self, asked: &AuthRequest) -> Result<Url, Stumble> {
        let answer = self.send(asked.url.clone(), None, PAGE).await?;
        let sent = redirect(&answer)?;
        let interaction = self.interaction(&sent);
        let Some(id) = interaction else { return self.at_the_app(sent, &answer) };
        let resumed = self.interact(&id, asked).await?;
        let answer = self.send(resumed, None, PAGE).await?;
        let sent = redirect(&answer)?;
        match self.interaction(&sent) {
            None => self.at_the_app(sent, &answer),
            Some(_) => Err(provider(SignInFault::SessionRefused, &answer)),
        }
    }

    /// The interaction that a redirect leads to.
    fn interaction(&self, sent: &Url) -> Option<String> {
        let is_own = self.side.names(sent) && sent.path() == self.side.at("/interaction").path();
        let id = sent.query_pairs().find(|(name, _)| name == "interaction").map(|(_, id)| id.into_owned())?;
        let is_id = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_own && is_id).then_some(id)
    }

    /// A redirect that does not stay at the provider.
    fn at_the_app(&self, sent: Url, answer: &Answer) -> Result<Url, Stumble> {
        if !self.side.names(&sent) {
            return Ok(sent);
        }
        let said = sent.query_pairs().find(|(name, _)| name == "error").map(|(_, text)| bounded(&text));
        let detail = said.unwrap_or_else(|| format!("it goes on to {}", sent.path()));
        let refused = Stumble::new(Blame::Provider, SignInFault::RequestRefused, detail);
        Err(Stumble { status: Some(answer.status), ..refused })
    }

    /// Takes the steps of an interaction: consent for the app's client alone, and a fresh passkey where it wants one.
    async fn interact(&mut self, id: &str, asked: &AuthRequest) -> Result<Url, Stumble> {
        let path = format!("/api/oidc/interactions/{id}");
        let answer = self.get(&path).await?;
        if answer.status != 200 {
            return Err(provider(SignInFault::Unexpected, &answer));
        }
        let mut json = json_of(&answer).unwrap_or_default();
        let client = json.pointer("/client/id").and_then(Value::as_str);
        if client != Some(asked.client_id()) {
            let detail = "it asks for consent to another client than the app's: none is given";
            return Err(Stumble::new(Blame::Provider, SignInFault::OtherConsent, detail));
        }
        for _ in 0..MOST_STEPS {
            let step = text(&json, "currentStep").unwrap_or_default().to_owned();
            match step.as_str() {
                "consent" | "authenticate" => {}
                "reauthenticate" => {
                    let again = self.post("/api/webauthn/reauthenticate", &json!({})).await?;
                    if again.status != 204 {
                        return Err(provider(SignInFault::SessionRefused, &again));
                    }
                }
                other => {
                    let detail = format!("it asks for the step {:?}, which is not known here", bounded(other));
                    return Err(Stumble::new(Blame::Provider, SignInFault::OtherConsent, detail));
                }
            }
            let answer = self.post(&format!("{path}/complete"), &json!({"step": step})).await?;
            if answer.status != 200 {
                return Err(provider(SignInFault::SessionRefused, &answer));
            }
            let done = json_of(&answer).unwrap_or_default();
            if let Some(address) = text(&done, "redirectUrl") {
                let url = self.walk.provider_url.join(address).ok().filter(|url| self.side.names(url));
                return url.ok_or_else(|| provider(SignInFault::Unexpected, &answer));
            }
            json = done.get("interaction").cloned().unwrap_or_default();
        }
        Err(Stumble::new(Blame::Provider, SignInFault::OtherConsent, "the interaction does not end"))
    }
}

/// Nothing was signed.
pub(super) fn refused(refusal: &Refusal) -> Stumble {
    let fault = match refusal {
        Refusal::Moved { made_for, asked_for } => {
            SignInFault::Moved { made_for: made_for.clone(), now: asked_for.clone() }
        }
        Refusal::Challenge => SignInFault::Unexpected,
        Refusal::Key => SignInFault::NotEnrolled,
    };
    let blame = if *refusal == Refusal::Key { Blame::Canary } else { Blame::Provider };
    Stumble::new(blame, fault, refusal.to_string())
}

/// What the calls of its page refuse with, up to 2.9 (measured), to a session that is good.
fn of_page(answer: &Answer) -> Stumble {
    match answer.status {
        403 => Stumble::answered(Blame::Canary, SignInFault::NotAllowed, answer),
        401 => provider(SignInFault::SessionRefused, answer),
        500.. => provider(SignInFault::ServerError, answer),
        _ => provider(SignInFault::RequestRefused, answer),
    }
}

/// Where the authorize endpoint sends the browser.
fn redirect(answer: &Answer) -> Result<Url, Stumble> {
    match answer.status {
        300..=399 => answer.location_url().ok_or_else(|| provider(SignInFault::Unexpected, answer)),
        403 => Err(Stumble::answered(Blame::Canary, SignInFault::UserDisabled, answer)),
        500.. => Err(provider(SignInFault::ServerError, answer)),
        400..=499 => Err(provider(SignInFault::RequestRefused, answer)),
        _ => Err(provider(SignInFault::Unexpected, answer)),
    }
}

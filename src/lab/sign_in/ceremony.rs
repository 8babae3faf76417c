//! Pocket ID's part of a sign-in: the one-time code, registration, passkey, and the two ways to a code, strictly as real
//! releases do it (`tests/fixtures/passkey`).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{
    BrokenSignIn, Challenge, Grant, Interaction, Session, SignIns, cookie, cookie_name, same_site, user,
    verify::{Refused, Sent},
};
use crate::{
    clock::Time,
    lab::{
        message::{Answer, Request, first},
        pocket_id::{
            Client, User, authorize,
            errors::{CLIENT_UNKNOWN, DISABLED, NOT_FOUND, NOT_SIGNED_IN, RestError, SOMETHING_WRONG, TOO_MANY},
        },
        random,
        state::{Database, Provider},
    },
    providers::pocket_id::Version,
};

const CODE_WRONG: RestError = RestError::of(401, "Token is invalid or expired", "token_invalid_or_expired");
const NO_SESSION_ID: RestError = RestError {
    new_text: Some("Session ID is missing"),
    ..RestError::of(400, "Missing session id", "missing_session_id")
};
const NOT_VERIFIED: RestError = RestError::of(401, "We couldn't verify your passkey", "webauthn_authentication_failed");
const INVALID: RestError = RestError::of(400, "Your passkey response is invalid", "invalid_webauthn_response");
const USED_UP: RestError = RestError::of(400, "Your passkey request has expired", "invalid_webauthn_session");
const UNVERIFIED: RestError = RestError::of(
    400,
    "Your passkey couldn't verify you. If you're using a security key, configure a FIDO2 PIN and try again",
    "passkey_user_verification_required",
);
const STALE: RestError = RestError::of(401, "Reauthentication required", "reauthentication_required");
const NOT_ALLOWED: RestError = RestError::of(403, "You're not allowed to access this service", "oidc_access_denied");
const WRONG_CALLBACK: RestError = RestError::of(
    400,
    "Invalid callback URL, it might be necessary for an admin to fix this",
    "oidc_invalid_callback_url",
);

/// From 2.13 on it says why a passkey is refused.
const TELLS: Version = Version::new(2, 13);
/// From 2.12 on it checks that the user was verified.
const CHECKS_VERIFICATION: Version = Version::new(2, 12);

pub(super) fn answer(of: &mut SignIns, provider: &Provider, request: &Request, now: Time) -> Option<Answer> {
    let mut flow = Flow { of, provider, request, now };
    let path = request.path.as_str();
    let is_new = provider.version >= Version::new(2, 10);
    match (request.method.as_str(), path) {
        ("GET", "/api/webauthn/login/start") => Some(flow.challenge(None)),
        ("POST", "/api/webauthn/login/finish") => Some(flow.login()),
        ("GET", "/api/webauthn/register/start") => Some(flow.register_start()),
        ("POST", "/api/webauthn/register/finish") => Some(flow.register()),
        ("POST", "/api/webauthn/reauthenticate") => Some(flow.reauthenticate()),
        ("GET", "/api/webauthn/credentials") => Some(flow.credentials()),
        ("POST", "/api/oidc/authorization-required") if !is_new => Some(flow.authorization_required()),
        ("POST", "/api/oidc/authorize") if !is_new => Some(flow.authorize_by_page()),
        ("GET", _) if is_new && path == provider.paths.authorize => flow.authorize(),
        _ => {
            if let Some(code) = path.strip_prefix("/api/one-time-access-token/") {
                return (request.method == "POST").then(|| flow.one_time(code));
            }
            let id = path.strip_prefix("/api/oidc/interactions/").filter(|_| is_new)?;
            match (request.method.as_str(), id.strip_suffix("/complete")) {
                ("GET", None) => Some(flow.interaction(id)),
                ("POST", Some(id)) => Some(flow.complete(id)),
                _ => None,
            }
        }
    }
}

struct Flow<'a> {
    of: &'a mut SignIns,
    provider: &'a Provider,
    request: &'a Request,
    now: Time,
}

impl Flow<'_> {
    fn error(&self, error: &RestError) -> Answer {
        error.answer(self.provider.version)
    }

    /// Up to 2.12 a failure of its own, whatever the reason.
    fn by_release(&self, error: &RestError) -> Answer {
        self.error(if self.provider.version < TELLS { &SOMETHING_WRONG } else { error })
    }

    fn rp_id(&self) -> String {
        if self.of.is(BrokenSignIn::Moved) {
            return "moved.example.test".to_owned();
        }
        let own = url::Url::parse(&self.provider.app_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        self.provider.passkey_host.clone().or(own).unwrap_or_default()
    }

    fn is_disabled(&self, user: &User) -> bool {
        user.is_disabled || (user.username == User::TEST && self.of.is(BrokenSignIn::UserDisabled))
    }

    fn user_json(&self, user: &User) -> Value {
        let is_admin = user.is_admin || (user.username == User::TEST && self.of.is(BrokenSignIn::UserIsAdmin));
        let mut json = user.json(self.provider.version, &self.provider.groups);
        json["isAdmin"] = json!(is_admin);
        json
    }

    fn set_cookie(&self, answer: Answer, name: &str, value: &str, seconds: i64) -> Answer {
        let same_site = same_site(self.provider.version);
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure{same_site}");
        answer.with("Set-Cookie", text)
    }

    fn sign_in(&mut self, user: &User, by_passkey: bool) -> Answer {
        let token =
            format!("{}.{}.{}", random::base64url::<20>(), random::base64url::<90>(), random::base64url::<64>());
        let session = Session { user: user.username.to_owned(), by_passkey, at: self.now };
        self.of.sessions.insert(token.clone(), session);
        self.of.audit.push(if by_passkey { "SIGN_IN" } else { "TOKEN_SIGN_IN" });
        let answer = Answer::json(200, &self.user_json(user));
        let answer = self.set_cookie(answer, &cookie_name(self.provider, "access_token"), &token, 3600);
        self.of.give(&token, answer)
    }

    fn one_time(&mut self, code: &str) -> Answer {
        let Some(name) = self.of.one_time.remove(code) else { return self.error(&CODE_WRONG) };
        match user(self.provider, &name) {
            Some(user) if self.is_disabled(user) => self.error(&DISABLED),
            Some(user) => self.sign_in(user, false),
            None => self.error(&NOT_FOUND),
        }
    }

    /// The session, where it is good.
    fn session(&self) -> Option<Session> {
        let token = cookie(self.request, &cookie_name(self.provider, "access_token"))?;
        let session = self.of.sessions.get(&token)?;
        (self.now - session.at <= TimeDelta::seconds(3660)).then(|| session.clone())
    }

    /// The user of the session.
    ///
    /// # Errors
    /// The answer that there is none, or that it is disabled.
    fn signed_in(&self) -> Result<(Session, User), Answer> {
        let session = self.session().ok_or_else(|| self.error(&NOT_SIGNED_IN))?;
        let user = user(self.provider, &session.user).ok_or_else(|| self.error(&NOT_SIGNED_IN))?;
        if self.is_disabled(user) { Err(self.error(&DISABLED)) } else { Ok((session, user.clone())) }
    }

    fn challenge(&mut self, registers: Option<&User>) -> Answer {
        if self.provider.database != Database::Fine || self.of.is(BrokenSignIn::ChallengesFail) {
            return self.error(&SOMETHING_WRONG);
        }
        let (id, value) = (random::uuid(), random::base64url::<32>());
        let registers_name = registers.map(|user| user.username.to_owned());
        self.of
            .challenges
            .insert(id.clone(), Challenge { value: value.clone(), at: self.now, registers: registers_name });
        let algorithms = [-7, -35, -36, -257, -258, -259, -37, -38, -39, -8]
            .map(|number| json!({"type": "public-key", "alg": number}));
        let body = match registers {
            None => json!({"challenge": value, "timeout": 60000, "rpId": self.rp_id(), "userVerification": "required"}),
            Some(user) => json!({
                "rp": {"name": "Pocket ID", "id": self.rp_id()},
                "user": {"name": user.username, "displayName": user.display_name(),
                         "id": URL_SAFE_NO_PAD.encode(&user.id)},
                "challenge": value,
                "pubKeyCredParams": algorithms,
                "timeout": 60000,
                "authenticatorSelection": {
                    "requireResidentKey": true, "residentKey": "required", "userVerification": "required",
                },
                "extensions": {"credProps": true},
            }),
        };
        let answer = self.set_cookie(Answer::json(200, &body), &cookie_name(self.provider, "session"), &id, 60);
        self.of.give(&id, answer)
    }

    /// The challenge that the cookie names, of this kind.
    fn asked(&self, registers: bool) -> Result<(String, Challenge), Answer> {
        let id = cookie(self.request, &cookie_name(self.provider, "session"));
        let id = id.ok_or_else(|| self.error(&NO_SESSION_ID))?;
        let found = self.of.challenges.get(&id).filter(|challenge| challenge.registers.is_some() == registers);
        let found = found.cloned().ok_or_else(|| self.by_release(&USED_UP))?;
        if self.now - found.at > TimeDelta::seconds(60) {
            let expired = if registers { INVALID } else { NOT_VERIFIED };
            return Err(self.by_release(&expired));
        }
        Ok((id, found))
    }

    fn register_start(&mut self) -> Answer {
        match self.signed_in() {
            Ok((_, user)) => self.challenge(Some(&user)),
            Err(refused) => refused,
        }
    }

    fn register(&mut self) -> Answer {
        let (id, challenge) = match self.signed_in().and_then(|_| self.asked(true)) {
            Ok(found) => found,
            Err(refused) => return refused,
        };
        let body = self.request.json();
        let (rp_id, app_url) = (self.rp_id(), self.provider.app_url.clone());
        let sent = Sent { body: &body, rp_id: &rp_id, app_url: &app_url };
        match sent.registration(&challenge, self.provider.version >= CHECKS_VERIFICATION) {
            Err(Refused::Unverified) => self.by_release(&UNVERIFIED),
            Err(_) => self.by_release(&INVALID),
            Ok(passkey) if self.of.passkeys.iter().any(|known| known.id == passkey.id) => self.error(&SOMETHING_WRONG),
            Ok(passkey) => {
                self.of.challenges.remove(&id);
                self.of.audit.push("PASSKEY_ADDED");
                let listed = listed(&passkey.id);
                self.of.passkeys.push(passkey);
                Answer::json(200, &listed)
            }
        }
    }

    fn credentials(&self) -> Answer {
        let by_key = self.request.header("x-api-key");
        let name = if by_key == crate::lab::CANARY_API_KEY {
            match user(self.provider, User::TEST).filter(|_| !self.of.is(BrokenSignIn::UserGone)) {
                None => return self.error(&NOT_SIGNED_IN),
                Some(user) if self.is_disabled(user) => return self.error(&DISABLED),
                Some(user) => user.username.to_owned(),
            }
        } else {
            match self.signed_in() {
                Ok((session, _)) => session.user,
                Err(refused) => return refused,
            }
        };
        let own = self.of.passkeys.iter().filter(|passkey| passkey.user == name);
        Answer::json(200, &Value::from(own.map(|passkey| listed(&passkey.id)).collect::<Vec<_>>()))
    }

    fn verify(&self, challenge: &Challenge) -> Result<String, Refused> {
        let body = self.request.json();
        let (rp_id, app_url) = (self.rp_id(), &self.provider.app_url);
        let sent = Sent { body: &body, rp_id: &rp_id, app_url };
        let user_of = |id: &str| {
            let found = self.provider.users.iter().find(|user| user.id == id).map(|user| user.username.to_owned());
            found.filter(|name| name != User::TEST || !self.of.is(BrokenSignIn::UserGone))
        };
        let checks = self.provider.version >= CHECKS_VERIFICATION;
        let name = sent.assertion(challenge, &self.of.passkeys, user_of, checks)?;
        if self.of.is(BrokenSignIn::TakesNoPasskey) { Err(Refused::Wrong) } else { Ok(name) }
    }

    fn refused(&self, refused: Refused) -> Answer {
        match refused {
            Refused::NoUser if self.provider.version < TELLS => self.error(&NOT_FOUND),
            Refused::Garbage => self.by_release(&INVALID),
            Refused::Unverified => self.by_release(&UNVERIFIED),
            Refused::Wrong | Refused::Unknown | Refused::NoUser => self.by_release(&NOT_VERIFIED),
        }
    }

    fn login(&mut self) -> Answer {
        if self.of.is(BrokenSignIn::RateLimited) {
            let answer = self.error(&TOO_MANY);
            let tells_when = self.provider.version >= Version::new(2, 10);
            return if tells_when { answer.with("Retry-After", "3") } else { answer };
        }
        let (id, challenge) = match self.asked(false) {
            Ok(found) => found,
            Err(refused) => return refused,
        };
        match self.verify(&challenge) {
            Err(why) => self.refused(why),
            Ok(name) => match user(self.provider, &name).cloned() {
                Some(user) if self.is_disabled(&user) => self.error(&DISABLED),
                Some(user) => {
                    // A refused one stays until it is cleaned up: the delete is rolled back (measured).
                    self.of.challenges.remove(&id);
                    self.sign_in(&user, true)
                }
                None => self.error(&NOT_FOUND),
            },
        }
    }

    fn reauthenticate(&mut self) -> Answer {
        let (session, _) = match self.signed_in() {
            Ok(found) => found,
            Err(refused) => return refused,
        };
        if cookie(self.request, &cookie_name(self.provider, "session")).is_none() {
            return self.error(&NO_SESSION_ID);
        }
        let is_fresh = session.by_passkey && self.now - session.at <= TimeDelta::seconds(60);
        let body = self.request.json();
        if body.get("response").is_some() {
            let (id, challenge) = match self.asked(false) {
                Ok(found) => found,
                Err(refused) => return refused,
            };
            if let Err(why) = self.verify(&challenge) {
                return self.refused(why);
            }
            self.of.challenges.remove(&id);
        } else if !is_fresh {
            return self.error(&STALE);
        }
        let token = random::letters(32);
        self.of.reauthenticated.insert(token.clone());
        if self.provider.version < Version::new(2, 10) {
            let answer = Answer::json(200, &json!({"reauthenticationToken": token}));
            return self.of.give(&token, answer);
        }
        let name = if self.provider.app_url.starts_with("https:") { "__Secure-" } else { "" };
        let answer = self.set_cookie(Answer::empty(204), &format!("{name}reauthentication_token"), &token, 180);
        self.of.give(&token, answer)
    }

    /// Whether a token of a fresh passkey comes along; it serves once.
    fn is_reauthenticated(&mut self, token: Option<String>) -> bool {
        token.is_some_and(|token| self.of.reauthenticated.remove(&token))
    }

    fn reauthentication_cookie(&self) -> Option<String> {
        let name = if self.provider.app_url.starts_with("https:") { "__Secure-" } else { "" };
        cookie(self.request, &format!("{name}reauthentication_token"))
    }

    fn may_use(&self, user: &User, client: &Client) -> bool {
        let allowed = client.allowed_groups.as_ref();
        !self.of.is(BrokenSignIn::NotInGroup)
            && allowed.is_none_or(|groups| user.groups.iter().any(|group| groups.contains(group)))
    }

    fn wants_fresh(&self, client: &Client) -> bool {
        client.requires_reauthentication || self.of.is(BrokenSignIn::WantsFreshPasskey)
    }

    fn has_consent(&self, user: &str, client: &str, scope: &str) -> bool {
        let stored = self.of.consents.get(&(user.to_owned(), client.to_owned()));
        stored.is_some_and(|stored| scope.split_whitespace().all(|scope| stored.contains(scope)))
    }

    fn consent(&mut self, user: &str, client: &str, scope: &str) {
        let scopes = scope.split_whitespace().map(str::to_owned);
        let key = (user.to_owned(), client.to_owned());
        self.of.consents.entry(key).or_default().extend(scopes);
    }

    fn authorization_required(&self) -> Answer {
        let user = match self.signed_in() {
            Ok((_, user)) => user,
            Err(refused) => return refused,
        };
        let body = self.request.json();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(client) = self.provider.client(text("clientID")) else { return self.error(&CLIENT_UNKNOWN) };
        if !self.may_use(&user, client) {
            return self.error(&NOT_ALLOWED);
        }
        let required = !self.has_consent(user.username, &client.id, text("scope"));
        let mut answer = json!({"authorizationRequired": required});
        if self.provider.version == Version::new(2, 9) {
            answer["scope"] = json!(text("scope"));
        }
        Answer::json(200, &answer)
    }

    fn authorize_by_page(&mut self) -> Answer {
        let user = match self.signed_in() {
            Ok((_, user)) => user,
            Err(refused) => return refused,
        };
        let body = self.request.json();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(client) = self.provider.client(&text("clientID")).cloned() else { return self.error(&CLIENT_UNKNOWN) };
        let callback = text("callbackURL");
        if self.wants_fresh(&client) && !self.is_reauthenticated(Some(text("reauthenticationToken"))) {
            return self.error(&STALE);
        }
        if !client.takes(&callback, self.provider.version) {
            return self.error(&WRONG_CALLBACK);
        }
        if !self.may_use(&user, &client) {
            return self.error(&NOT_ALLOWED);
        }
        if self.provider.database != Database::Fine {
            return self.error(&SOMETHING_WRONG);
        }
        let is_first = !self.has_consent(user.username, &client.id, &text("scope"));
        self.consent(user.username, &client.id, &text("scope"));
        let code = random::letters(32);
        self.grant(&code, &client.id, &callback, user.username, 1);
        self.of.audit.push(if is_first { "NEW_CLIENT_AUTHORIZATION" } else { "CLIENT_AUTHORIZATION" });
        let sent = if self.of.is(BrokenSignIn::SentElsewhere) { "http://127.0.0.1:9/elsewhere" } else { &callback };
        let issuer = self.issuer();
        Answer::json(200, &json!({"code": code, "callbackURL": sent, "issuer": issuer}))
    }

    fn issuer(&self) -> String {
        if self.of.is(BrokenSignIn::OtherIssuer) {
            "https://issuer.example.test".to_owned()
        } else {
            self.provider.app_url.clone()
        }
    }

    fn grant(&mut self, code: &str, client: &str, redirect_uri: &str, user: &str, rows: usize) {
        let grant = Grant { client: client.to_owned(), redirect_uri: redirect_uri.to_owned(), user: user.to_owned() };
        self.of.codes.insert(code.to_owned(), grant);
        self.of.rows += rows;
        self.of.give(code, ());
    }

    /// The authorize endpoint, with a session; without one it answers as to anybody.
    fn authorize(&mut self) -> Option<Answer> {
        let query = &self.request.query;
        if let Some(id) = first(query, "interaction") {
            return Some(self.resume(id));
        }
        let session = self.session()?;
        let user = user(self.provider, &session.user)?.clone();
        if self.is_disabled(&user) {
            return Some(self.error(&DISABLED));
        }
        let get = |name: &str| first(query, name);
        let (client, redirect_uri) = match authorize::client_and_redirect_uri(self.provider, &get) {
            Ok((client, redirect_uri)) => (client.clone(), redirect_uri),
            Err(text) => return Some(authorize::error_page(self.provider, &text)),
        };
        if let Err(refusal) = authorize::evaluate(self.provider, &client, &get) {
            let fields = refusal.fields(self.provider, get("state").unwrap_or_default());
            return Some(authorize::to_callback(&redirect_uri, get("response_mode"), &fields));
        }
        if !self.may_use(&user, &client) {
            if self.provider.version >= Version::new(2, 14) {
                return Some(authorize::error_page(self.provider, "You are not allowed to access this service."));
            }
            let fields = [
                ("error", "access_denied".to_owned()),
                ("error_description", "The resource owner or authorization server denied the request.".to_owned()),
                ("state", get("state").unwrap_or_default().to_owned()),
            ];
            return Some(authorize::to_callback(&redirect_uri, None, &fields));
        }
        let mut steps = Vec::new();
        let reauthentication = self.reauthentication_cookie();
        if self.wants_fresh(&client) && !self.is_reauthenticated(reauthentication) {
            steps.push("reauthenticate");
        }
        let is_missing = !self.has_consent(user.username, &client.id, get("scope").unwrap_or_default());
        let asks_for_another = self.of.is(BrokenSignIn::AsksForAnotherClient);
        if is_missing || asks_for_another {
            steps.push("consent");
        }
        if steps.is_empty() {
            return Some(self.code(&client.id, user.username, &redirect_uri, query));
        }
        let id = random::uuid();
        let client = if asks_for_another { "00000000-0000-4000-8000-0000000000c2".to_owned() } else { client.id };
        let interaction = Interaction { client, user: user.username.to_owned(), query: query.clone(), steps };
        self.of.interactions.insert(id.clone(), interaction);
        Some(authorize::found(&format!("/interaction?interaction={id}")))
    }

    fn code(&mut self, client: &str, user: &str, redirect_uri: &str, query: &[(String, String)]) -> Answer {
        let code = format!("pocket_id_ac_{}.{}", random::letters(43), random::letters(43));
        self.grant(&code, client, redirect_uri, user, 2);
        self.of.audit.push("CLIENT_AUTHORIZATION");
        let state = first(query, "state").unwrap_or_default();
        let state = if self.of.is(BrokenSignIn::StateChanged) { "another-state" } else { state };
        let issuer = self.issuer();
        let fields = [
            ("code", code.as_str()),
            ("iss", &issuer),
            ("scope", first(query, "scope").unwrap_or_default()),
            ("state", state),
        ];
        let sent = if self.of.is(BrokenSignIn::SentElsewhere) { "http://127.0.0.1:9/elsewhere" } else { redirect_uri };
        let joint = if sent.contains('?') { '&' } else { '?' };
        let location = format!("{sent}{joint}{}", Serializer::new(String::new()).extend_pairs(fields).finish());
        Answer::empty(303).with("Location", location).with("Cache-Control", "no-store")
    }

    fn interaction_json(&self, id: &str, interaction: &Interaction) -> Value {
        let fresh = interaction.steps.contains(&"reauthenticate");
        let scope = first(&interaction.query, "scope").unwrap_or_default();
        json!({
            "id": id,
            "scopes": scope.split_whitespace().collect::<Vec<_>>(),
            "scopeInfo": [],
            "client": {
                "id": interaction.client, "name": "Kasm Workspaces", "description": "", "hasLogo": false,
                "hasDarkLogo": false, "launchURL": null, "requiresReauthentication": fresh,
            },
            "currentStep": interaction.steps.first(),
            "requiredSteps": interaction.steps,
        })
    }

    fn interaction(&self, id: &str) -> Answer {
        match self.of.interactions.get(id) {
            Some(interaction) => Answer::json(200, &self.interaction_json(id, interaction)),
            None => self.error(&NOT_FOUND),
        }
    }

    fn complete(&mut self, id: &str) -> Answer {
        let user = match self.signed_in() {
            Ok((_, user)) => user,
            Err(refused) => return refused,
        };
        let Some(mut interaction) = self.of.interactions.get(id).cloned() else { return self.error(&NOT_FOUND) };
        let body = self.request.json();
        let step = body.get("step").and_then(Value::as_str).unwrap_or_default();
        if interaction.steps.first() != Some(&step) || interaction.user != user.username {
            let expected = interaction.steps.first().copied().unwrap_or_default();
            return Answer::json(
                400,
                &json!({"error": format!("Expected interaction step {expected} but got {step}")}),
            );
        }
        match step {
            "consent" => {
                let scope = first(&interaction.query, "scope").unwrap_or_default().to_owned();
                self.consent(user.username, &interaction.client, &scope);
                self.of.audit.push("NEW_CLIENT_AUTHORIZATION");
            }
            "reauthenticate" => {
                let token = self.reauthentication_cookie();
                if !self.is_reauthenticated(token) {
                    let error = json!({"error": "ReauthenticationToken is required", "code": "validation_failed"});
                    return Answer::json(400, &error);
                }
            }
            _ => {}
        }
        interaction.steps.remove(0);
        let answer = if interaction.steps.is_empty() {
            json!({"redirectUrl": format!("{}?interaction={id}", self.provider.paths.authorize)})
        } else {
            json!({"interaction": self.interaction_json(id, &interaction)})
        };
        self.of.interactions.insert(id.to_owned(), interaction);
        Answer::json(200, &answer)
    }

    /// Goes on after an interaction, once.
    fn resume(&mut self, id: &str) -> Answer {
        let is_done = |interaction: &Interaction| interaction.steps.is_empty();
        match self.of.interactions.get(id).filter(|interaction| is_done(interaction)).cloned() {
            Some(Interaction { client, user, query, .. }) => {
                self.of.interactions.remove(id);
                let redirect_uri = first(&query, "redirect_uri").unwrap_or_default().to_owned();
                self.code(&client, &user, &redirect_uri, &query)
            }
            None => authorize::error_page(self.provider, "The interaction session is invalid or has expired"),
        }
    }
}

/// A passkey as it is listed.
fn listed(id: &[u8]) -> Value {
    json!({
        "id": "00000000-0000-4000-8000-0000000000e3", "name": "New Passkey",
        "credentialID": String::from_utf8_lossy(id), "attestationType": "none", "transport": ["internal"],
        "backupEligible": false, "backupState": false, "createdAt": "2026-11-30T17:42:00Z",
    })
}

//! An app and a realm of Keycloak that agree, and what is said once a test changes one of them.

use serde_json::{Value, json};
use ssowatch::{
    apps::{LoginMethod, LoginRequest, UrlIn},
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Secret, SecretSource, Target},
    model::{Login, Verdict},
    providers::ProviderKind,
    round::{Round, round},
};
use url::{Url, form_urlencoded};

use super::server::{Keycloak, installed};
use crate::collect::{
    pair::PAGE,
    server::{Act, Seen, Server, answer, html},
};

pub const SECRET: &str = "the-secret-of-the-app-0123456789";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the app sends people to the provider with.
#[derive(Clone)]
pub struct Sends {
    /// The provider's origin.
    pub origin: String,
    pub realm: String,
    pub client: &'static str,
    pub redirect: String,
    pub scope: &'static str,
    pub response_type: &'static str,
    /// The method of its PKCE challenge.
    pub pkce: Option<&'static str>,
}

impl Sends {
    fn url(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", self.response_type)
            .append_pair("client_id", self.client)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", self.scope)
            .append_pair("state", "a-state-of-the-app-0123456789");
        if let Some(method) = self.pkce {
            query.append_pair("code_challenge", CHALLENGE).append_pair("code_challenge_method", method);
        }
        format!("{}?{}", endpoint(&self.origin, &self.realm), query.finish())
    }
}

pub fn issuer(origin: &str, realm: &str) -> String {
    format!("{origin}/realms/{realm}")
}

fn endpoint(origin: &str, realm: &str) -> String {
    format!("{}/protocol/openid-connect/auth", issuer(origin, realm))
}

/// An app and a realm that agree, but for what a test changes.
pub struct Stage {
    pub keycloak: &'static Keycloak,
    pub realm: &'static str,
    pub app: Server,
    pub target: Target,
}

/// What must be said: the checks that fail, in order; the cause is the first that is an outage. Its code, and what its fix names.
pub struct Expected {
    pub failing: &'static [&'static str],
    pub cause: &'static str,
    pub code: &'static str,
    pub fix: &'static str,
}

impl Stage {
    /// None where Keycloak is left out.
    pub async fn new(realm: &'static str) -> Option<Self> {
        let keycloak = installed()?;
        let app = Server::plain().await;
        let app_url = format!("http://{}", app.address);
        let provider = Url::parse(&issuer(keycloak.origin(), realm)).unwrap();
        let mut target = Target::of_two_urls("wiki", provider, Url::parse(&app_url).unwrap());
        target.app.kind = None;
        target.app.callback = Some("/callback".to_owned());
        target.app.login = Some(LoginRequest {
            path: "/login".to_owned(),
            method: LoginMethod::Get,
            before: None,
            url_in: UrlIn::Location,
            add_state: false,
        });
        // Longer than any answer here takes, whatever else the machine does.
        target.provider.http.timeout = Some(std::time::Duration::from_secs(30));
        target.app.http.timeout = Some(std::time::Duration::from_secs(30));
        let stage = Self { keycloak, realm, app, target };
        stage.add_realm(realm, &json!({}));
        stage.sends(&stage.right());
        Some(stage)
    }

    pub fn app_url(&self) -> String {
        format!("http://{}", self.app.address)
    }

    /// A realm with the same clients, by its representation as Keycloak imports it.
    pub fn add_realm(&self, realm: &str, settings: &Value) {
        let callback = format!("{}/callback", self.app_url());
        let client = |id: &str, settings: Value| {
            let mut client = json!({
                "clientId": id, "enabled": true, "protocol": "openid-connect", "publicClient": false, "secret": SECRET,
                "redirectUris": [callback], "standardFlowEnabled": true,
            });
            client.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
            client
        };
        let mut whole = json!({
            "realm": realm, "enabled": true,
            "clients": [
                client("app", json!({})),
                client("pkce", json!({"attributes": {"pkce.code.challenge.method": "S256"}})),
                client("disabled", json!({"enabled": false})),
                client("wildcard", json!({"redirectUris": [format!("{}/*", self.app_url())]})),
                client("service", json!({"standardFlowEnabled": false, "serviceAccountsEnabled": true})),
                client("public", json!({"publicClient": true})),
                client("consent", json!({"consentRequired": true})),
                client("par", json!({"attributes": {"require.pushed.authorization.requests": "true"}})),
                client("jwt", json!({"clientAuthenticatorType": "client-secret-jwt"})),
            ],
        });
        whole.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        self.keycloak.admin("POST", "", &whole);
    }

    /// Changes the app's client in the realm.
    pub fn client(&self, change: impl FnOnce(&mut Value)) {
        let mut client =
            self.keycloak.admin("GET", &format!("/{}/clients?clientId=app", self.realm), &Value::Null)[0].take();
        change(&mut client);
        let path = format!("/{}/clients/{}", self.realm, client["id"].as_str().unwrap());
        self.keycloak.admin("PUT", &path, &client);
    }

    /// What an app sends that agrees with the realm.
    pub fn right(&self) -> Sends {
        Sends {
            origin: self.keycloak.origin().to_owned(),
            realm: self.realm.to_owned(),
            client: "app",
            redirect: format!("{}/callback", self.app_url()),
            scope: "openid profile email",
            response_type: "code",
            pkce: None,
        }
    }

    /// The app is well, and sends people with this.
    pub fn sends(&self, sends: &Sends) {
        let url = sends.url();
        self.app.does(move |seen| match seen.path() {
            "/login" => answer(302, &[("Location", &url), ("Set-Cookie", "session=1; Path=/; HttpOnly")], ""),
            "/" => html(200, PAGE),
            "/app.js" => answer(200, &[("Content-Type", "text/javascript")], "1"),
            _ => html(404, "<h1>Not found</h1>"),
        });
    }

    pub fn sends_but(&self, change: impl FnOnce(&mut Sends)) {
        let mut sends = self.right();
        change(&mut sends);
        self.sends(&sends);
    }

    pub async fn look(&self, secret: Option<&str>) -> Round {
        let mut target = self.target.clone();
        target.provider.client_secret = secret.map(|text| SecretSource::Inline(Secret::new(text.to_owned())));
        round(&Collector::new(Clock::System), &target, None, CollectMode::Full).await
    }

    /// No alarm, nothing that could not be told, and the provider recognised; with the secret and without.
    pub async fn gives_no_alarm(&self, what: &str) {
        for secret in [None, Some(SECRET)] {
            let round = self.look(secret).await;
            let failing: Vec<_> = round.report.failing().collect();
            assert!(failing.is_empty() && round.report.login == Login::Ok, "{what}, {secret:?}: {failing:#?}");
            let unknown: Vec<_> =
                round.report.checks.iter().filter(|check| check.verdict == Verdict::Unknown).collect();
            assert!(unknown.is_empty(), "{what}, {secret:?}: {unknown:#?}");
            assert_eq!(round.report.recognised.kind, ProviderKind::Keycloak, "{what}");
        }
    }

    /// This is the cause, with the secret and without; and nothing else is said.
    pub async fn fails(&self, what: &str, expected: &Expected) {
        for secret in [None, Some(SECRET)] {
            self.fails_with(what, secret, expected).await;
        }
    }

    pub async fn fails_with(&self, what: &str, secret: Option<&str>, expected: &Expected) {
        let round = self.look(secret).await;
        let report = &round.report;
        let all: Vec<_> = report.failing().collect();
        let failing: Vec<&str> = all.iter().map(|check| check.id.as_str()).collect();
        assert_eq!(failing, expected.failing, "{what}, {secret:?}: {all:#?}");
        let cause = report.cause.as_ref().map_or("", |cause| cause.check.as_str());
        assert_eq!(cause, expected.cause, "{what}, {secret:?}: {all:#?}");
        let finding = &all[failing.iter().position(|id| *id == cause).unwrap_or_default()].findings[0];
        assert_eq!(finding.code, expected.code, "{what}: {finding:?}");
        let fix = finding.fix.as_deref().unwrap();
        assert!(fix.contains(expected.fix), "{what}: {fix}");
        let is_ours = cause.is_empty() || cause == "own_settings";
        assert_eq!(report.login, if is_ours { Login::Unknown } else { Login::Broken }, "{what}");
        for text in [&finding.message, fix] {
            assert!(!text.contains("Kasm") && !text.contains("Pocket ID"), "{what}: {text}");
        }
    }
}

/// The request as it came, passed on, and what Keycloak answers.
#[expect(clippy::disallowed_methods, reason = "the proxy of the test is a client")]
pub fn passed_on(keycloak: &Keycloak, seen: &Seen) -> Act {
    use std::io::{Read as _, Write as _};
    let mut head = format!("{} {} HTTP/1.1\r\n", seen.method, seen.target);
    for (name, value) in seen.headers.iter().filter(|(name, _)| *name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("connection: close\r\n\r\n");
    let mut stream = std::net::TcpStream::connect(keycloak.address()).unwrap();
    stream.write_all(&[head.as_bytes(), seen.body.as_bytes()].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    Act::SendAndClose(answer)
}

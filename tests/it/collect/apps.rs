//! Any app behind the provider: the five forms of an answer, what is kept of a start, and what is said of each fault.

use ssowatch::{
    apps::{AppKind, LoginMethod, LoginRequest, UrlIn, kasm::StartOutcome},
    checks,
    clock::Clock,
    collect::CollectMode,
    model::{Login, Missing, Reason, Report, Snapshot, Verdict},
    render,
};
use url::{Url, form_urlencoded};

use super::{
    pair::{CLIENT, PAGE, Pair, pocket_id, reason},
    server::{Act, Seen, answer, html, json, redirect},
};

const STATE: &str = "a-state-that-nobody-keeps-0123456789";
const VERIFIER: &str = "a-verifier-that-nobody-keeps-0123456789";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn keys() -> String {
    let key = serde_json::json!({
        "alg": "RS256", "e": "AQAB", "kid": "k1", "kty": "RSA", "use": "sig", "n": format!("{}w", "z".repeat(341))
    });
    serde_json::json!({"keys": [key]}).to_string()
}

fn query(seen: &Seen, name: &str) -> Option<String> {
    let url = Url::parse(&format!("http://x{}", seen.target)).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// How an app sends people to the provider.
#[derive(Clone)]
struct Sends {
    callback: String,
    scope: &'static str,
    challenge: bool,
}

impl Sends {
    fn url(&self, provider: &str) -> String {
        let pkce = if self.challenge {
            format!("&code_challenge={CHALLENGE}&code_challenge_method=S256")
        } else {
            String::new()
        };
        format!(
            "{provider}/authorize?response_type=code&client_id={CLIENT}&scope={}&state={STATE}{pkce}&redirect_uri={}",
            encoded(self.scope),
            encoded(&self.callback)
        )
    }
}

/// An app of a kind at the provider.
struct Stage {
    pair: Pair,
    sends: Sends,
}

impl Stage {
    async fn new(kind: AppKind, name: Option<&str>) -> Self {
        let mut pair = Pair::well().await;
        pair.target.name = "the target".to_owned();
        pair.target.app.kind = Some(kind);
        pair.target.app.provider = name.map(str::to_owned);
        let path = kind.profile().callback_paths(name).first().cloned().unwrap_or_else(|| "/callback".to_owned());
        let sends =
            Sends { callback: format!("{}{path}", pair.kasm_url()), scope: "openid profile email", challenge: true };
        let stage = Self { pair, sends };
        stage.provider(|_| None);
        stage.app();
        stage
    }

    /// The provider is well, takes this app's request, and answers otherwise where a test says so.
    fn provider(&self, otherwise: impl Fn(&Seen) -> Option<Act> + Send + Sync + 'static) {
        let well = pocket_id(&self.pair.provider_url(), &self.pair.kasm_url());
        self.pair.provider.does(move |seen| match (otherwise(seen), seen.path()) {
            (Some(act), _) => act,
            (None, "/authorize") => {
                let (back, state) = (query(seen, "redirect_uri").unwrap(), query(seen, "state").unwrap());
                redirect(303, &format!("{back}?error=login_required&error_description=no&state={state}"))
            }
            // A key of a size that may be used.
            (None, "/.well-known/jwks.json") => json(200, keys()),
            _ => well(seen),
        });
    }

    /// The app is well.
    fn app(&self) {
        self.app_but(|_| None);
    }

    fn app_but(&self, otherwise: impl Fn(&Seen) -> Option<Act> + Send + Sync + 'static) {
        let (sends, provider) = (self.sends.clone(), self.pair.provider_url());
        let kind = self.pair.target.app.kind;
        self.pair.kasm.does(move |seen| match otherwise(seen) {
            Some(act) => act,
            None => an_app(kind, &sends.url(&provider), seen),
        });
    }

    async fn look(&self) -> (Snapshot, Report) {
        let snapshot = self.pair.look().await;
        let report = checks::evaluate(&snapshot, None);
        (snapshot, report)
    }

    /// What is found: the cause, and every check that fails.
    async fn found(&self) -> (Option<String>, Vec<String>, Report) {
        let (snapshot, report) = self.look().await;
        nothing_speaks_of_kasm(&snapshot, &report);
        let failing = report.failing().map(|check| check.id.clone()).collect();
        (report.cause.as_ref().map(|cause| cause.check.clone()), failing, report)
    }
}

/// The apps, each with the form of its answer.
fn an_app(kind: Option<AppKind>, url: &str, seen: &Seen) -> Act {
    let cookie = ("Set-Cookie", "session=a-cookie-that-nobody-keeps; Path=/; HttpOnly");
    match (kind, seen.method.as_str(), seen.path()) {
        (_, "GET", "/") => html(200, PAGE),
        (_, "GET", "/app.js") => answer(200, &[("Content-Type", "text/javascript")], "1"),
        (_, "GET", "/api/health" | "/api/server/ping" | "/healthcheck") => json(200, "{}"),
        (Some(AppKind::Grafana), "GET", "/login/generic_oauth")
        | (Some(AppKind::Miniflux), "GET", "/oauth2/oidc/redirect")
        | (None | Some(AppKind::Generic), "GET", "/start") => answer(302, &[cookie, ("Location", url)], ""),
        (Some(AppKind::Immich), "POST", "/api/oauth/authorize") if seen.body.contains("/auth/login\"") => {
            json(201, serde_json::json!({"url": url}).to_string())
        }
        (Some(AppKind::Beszel), "GET", "/api/collections/users/auth-methods") => {
            let (url, _) = url.split_once("redirect_uri=").unwrap();
            let provider = serde_json::json!({
                "name": "oidc", "authURL": format!("{url}redirect_uri="), "state": STATE, "codeVerifier": VERIFIER
            });
            json(200, serde_json::json!({"oauth2": {"enabled": true, "providers": [provider]}}).to_string())
        }
        (Some(AppKind::Paperless), "GET", "/accounts/oidc/id/login/") => answer(
            200,
            &[("Content-Type", "text/html"), ("Set-Cookie", "csrftoken=of-the-cookie; Path=/")],
            "<form method=\"post\"><input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"of-the-form\"></form>",
        ),
        (Some(AppKind::Paperless), "POST", "/accounts/oidc/id/login/") => {
            let has_cookie = seen.header("cookie") == Some("csrftoken=of-the-cookie");
            let has_field = seen.body == "csrfmiddlewaretoken=of-the-form";
            if has_cookie && has_field && seen.header("referer").is_some() {
                answer(302, &[cookie, ("Location", url)], "")
            } else {
                json(403, r#"{"detail": "CSRF verification failed"}"#)
            }
        }
        (Some(AppKind::HomeAssistant), "GET", "/auth/oidc/welcome") => answer(
            200,
            &[("Content-Type", "text/html"), ("Set-Cookie", "auth_oidc_state=s1; Path=/")],
            "<p>Welcome</p>",
        ),
        (Some(AppKind::HomeAssistant), "GET", "/auth/oidc/redirect")
            if seen.header("cookie") == Some("auth_oidc_state=s1") =>
        {
            html(200, &format!("<script>location = decodeURIComponent('{}')</script>", encoded(url)))
        }
        _ => html(404, "<h1>Not found</h1>"),
    }
}

/// Every text that people read of a report.
fn texts(snapshot: &Snapshot, report: &Report) -> String {
    let mut all = render::text::text(report, snapshot, render::style::Style::PLAIN);
    for check in &report.checks {
        if check.verdict == Verdict::NotApplicable {
            continue;
        }
        all.extend(check.reason.iter().flat_map(|reason| ["\n", reason]));
        for finding in &check.findings {
            all.push_str(&format!("\n{} {}", finding.message, finding.fix.as_deref().unwrap_or_default()));
        }
    }
    all
}

#[track_caller]
fn nothing_speaks_of_kasm(snapshot: &Snapshot, report: &Report) {
    let all = texts(snapshot, report);
    for line in all.lines() {
        let is_of_kasm = line.contains("Kasm") && !line.contains("Kasm Workspaces");
        assert!(!is_of_kasm && !line.contains("Access Management"), "{line}\n\n{all}");
    }
}

const WELL: [(AppKind, Option<&str>); 6] = [
    (AppKind::Grafana, None),
    (AppKind::Miniflux, None),
    (AppKind::Immich, None),
    (AppKind::Beszel, None),
    (AppKind::Paperless, Some("id")),
    (AppKind::HomeAssistant, None),
];

#[tokio::test]
async fn every_form_of_an_answer_gives_the_authorize_url_and_a_healthy_app_no_alarm() {
    for (kind, name) in WELL {
        let stage = Stage::new(kind, name).await;
        let (snapshot, report) = stage.look().await;
        let start = &snapshot.login_start.get().unwrap().starts[0];
        let StartOutcome::Url(url) = &start.outcome else { panic!("{kind:?}: {start:?}") };
        assert_eq!(url.redirect_uri.as_deref(), Some(stage.sends.callback.as_str()), "{kind:?}");
        let failing: Vec<_> = report.failing().map(|check| (&check.id, &check.findings)).collect();
        assert!(failing.is_empty(), "{kind:?}: {failing:?}");
        assert_eq!(report.login, Login::Ok, "{kind:?}: {}", texts(&snapshot, &report));
        for id in ["login_starts", "redirect_uri_is_own", "authorize_accepted", "app_reachable", "client_known"] {
            assert_eq!(report.check(id).unwrap().verdict, Verdict::Ok, "{kind:?} {id}: {:?}", report.check(id));
        }
        let proves = if kind.profile().asks_provider { Verdict::Ok } else { Verdict::Unverified };
        assert_eq!(report.check("back_channel").unwrap().verdict, proves, "{kind:?}");
        nothing_speaks_of_kasm(&snapshot, &report);
    }
}

#[tokio::test]
async fn cookies_states_and_verifiers_of_a_start_are_kept_nowhere() {
    for (kind, name) in WELL {
        let stage = Stage::new(kind, name).await;
        let (snapshot, report) = stage.look().await;
        let kept = format!("{}{}", serde_json::to_string(&snapshot).unwrap(), serde_json::to_string(&report).unwrap());
        for secret in [STATE, VERIFIER, CHALLENGE, "a-cookie-that-nobody-keeps", "of-the-cookie", "of-the-form"] {
            assert!(!kept.contains(secret), "{kind:?}: {secret}");
        }
        for seen in stage.pair.kasm.seen() {
            let agent = seen.header("user-agent").unwrap();
            assert!(!agent.contains("Safari") && !agent.contains("Mozilla"), "{agent}");
            assert!(seen.method == "GET" || seen.method == "POST");
            assert!(!seen.path().contains("callback") && query(&seen, "code").is_none(), "{}", seen.target);
        }
    }
}

#[tokio::test]
async fn each_breakage_has_its_root_cause() {
    // The proxy does not say that people come over https: only seen where people do.
    let mut stage = Stage::new(AppKind::Grafana, None).await;
    stage.sends.callback.push('/');
    stage.app();
    stage.provider(|seen| {
        (seen.path() == "/authorize")
            .then(|| html(400, "<p>Invalid callback URL, it should match the registered one</p>"))
    });
    let (cause, _, report) = stage.found().await;
    assert_eq!(cause.as_deref(), Some("redirect_uri_is_own"), "{report:?}");

    // The client was deleted.
    let stage = Stage::new(AppKind::Grafana, None).await;
    let gone = format!("/api/oidc/clients/{CLIENT}/meta");
    stage.provider(move |seen| match seen.path() {
        "/authorize" => Some(redirect(303, "/error?error=invalid_client&error_description=no")),
        path if path == gone => Some(json(404, r#"{"error":"OIDC client not found","code":"not_found"}"#)),
        _ => None,
    });
    let (cause, _, report) = stage.found().await;
    assert_eq!(cause.as_deref(), Some("client_known"), "{report:?}");

    // A scope is missing without which no user gets in.
    let mut stage = Stage::new(AppKind::Grafana, None).await;
    stage.sends.scope = "openid profile";
    stage.app();
    let (cause, failing, report) = stage.found().await;
    assert_eq!(cause.as_deref(), Some("scopes_cover_username"), "{failing:?} {report:?}");

    // The login is switched off at the app, or starts elsewhere.
    let stage = Stage::new(AppKind::Grafana, None).await;
    stage.app_but(|seen| match seen.path() {
        "/login/generic_oauth" => Some(redirect(302, "/login")),
        "/login" => Some(html(200, PAGE)),
        _ => None,
    });
    let (cause, failing, report) = stage.found().await;
    assert_eq!((cause.as_deref(), failing.len()), (Some("login_starts"), 1), "{failing:?}");
    let fix = report.check("login_starts").unwrap().findings[0].fix.clone().unwrap();
    assert!(fix.starts_with("Grafana: grafana.ini"), "{fix}");

    // An app that always sends a challenge and does not.
    let mut stage = Stage::new(AppKind::Miniflux, None).await;
    stage.sends.challenge = false;
    stage.app();
    let (cause, failing, report) = stage.found().await;
    assert_eq!((cause, failing), (None, vec!["pkce_as_profile".to_owned()]), "{report:?}");
    assert_eq!(report.login, Login::Degraded);

    // The app cannot reach the provider: only a kind that asks it at each start shows that.
    let stage = Stage::new(AppKind::Immich, None).await;
    stage.app_but(|seen| (seen.path() == "/api/oauth/authorize").then(|| json(500, r#"{"message":"fetch failed"}"#)));
    let (cause, failing, report) = stage.found().await;
    assert_eq!((cause.as_deref(), failing.len()), (Some("back_channel"), 1), "{failing:?}");
    let message = &report.check("back_channel").unwrap().findings[0].message;
    assert!(message.starts_with("Immich cannot reach the provider, or reads another address of it"), "{message}");

    // For one that does not, it is an error of its own.
    let stage = Stage::new(AppKind::Grafana, None).await;
    stage.app_but(|seen| (seen.path() == "/login/generic_oauth").then(|| html(500, "<h1>Error</h1>")));
    let (cause, failing, _) = stage.found().await;
    assert_eq!((cause.as_deref(), failing.len()), (Some("login_starts"), 1), "{failing:?}");

    // An app that does not know that a proxy serves it over https takes its own form for a forged one.
    let stage = Stage::new(AppKind::Paperless, Some("id")).await;
    stage.app_but(|seen| (seen.method == "POST").then(|| html(403, "<h1>CSRF verification failed</h1>")));
    let (cause, failing, report) = stage.found().await;
    assert_eq!((cause.as_deref(), failing.len()), (Some("login_starts"), 1), "{failing:?} {report:?}");
    assert_eq!(report.check("login_starts").unwrap().findings[0].code, "form_refused");

    // An app that sends everybody to its provider at once is behind no wall.
    let stage = Stage::new(AppKind::Grafana, None).await;
    let url = stage.sends.url(&stage.pair.provider_url());
    stage.app_but(move |seen| (seen.path() == "/").then(|| redirect(302, &url)));
    let (cause, failing, report) = stage.found().await;
    assert_eq!((cause, failing.len()), (None, 0), "{failing:?} {report:?}");
    assert_eq!(report.check("app_page_served").unwrap().verdict, Verdict::Ok, "{report:?}");

    // The app is away.
    let stage = Stage::new(AppKind::Grafana, None).await;
    stage.pair.kasm.does(|_| Act::SendAndClose(Vec::new()));
    let (cause, failing, report) = stage.found().await;
    assert_eq!((cause.as_deref(), failing.len()), (Some("app_reachable"), 1), "{failing:?} {report:?}");
}

#[tokio::test]
async fn the_kind_is_recognised_by_the_callback_where_it_is_left_out() {
    let mut stage = Stage::new(AppKind::Grafana, None).await;
    stage.pair.target.app.kind = None;
    stage.pair.target.app.login = Some(LoginRequest {
        path: "/start".to_owned(),
        method: LoginMethod::Get,
        before: None,
        url_in: UrlIn::Anywhere,
        add_state: false,
    });
    stage.app();
    let (snapshot, report) = stage.look().await;
    assert_eq!(snapshot.app_kind(), AppKind::Grafana);
    assert_eq!((report.login, report.failing().count()), (Login::Ok, 0));
    stage.sends.callback = format!("{}/some/where", stage.pair.kasm_url());
    stage.app();
    let (snapshot, report) = stage.look().await;
    assert_eq!(snapshot.app_kind(), AppKind::Generic);
    assert_eq!((report.login, report.failing().count()), (Login::Ok, 0), "{}", texts(&snapshot, &report));
    nothing_speaks_of_kasm(&snapshot, &report);
    // What the operator says of the callback is held against it.
    stage.pair.target.app.callback = Some("/oauth2/callback".to_owned());
    let (cause, failing, _) = stage.found().await;
    assert_eq!((cause.as_deref(), failing.len()), (Some("redirect_uri_is_own"), 1), "{failing:?}");
}

#[tokio::test]
async fn a_start_that_leaves_a_row_is_asked_every_fifteen_minutes_at_most() {
    let stage = Stage::new(AppKind::Miniflux, None).await;
    let starts = || stage.pair.kasm.seen().iter().filter(|seen| seen.path() == "/oauth2/oidc/redirect").count();
    let due = CollectMode::Due {
        settings_every: std::time::Duration::from_mins(5),
        share_for: std::time::Duration::from_secs(30),
    };
    let first = stage.pair.look().await;
    let second = stage.pair.collector.observe(&stage.pair.target, Some(&first), due).await;
    assert_eq!(starts(), 1);
    assert_eq!(second.login_start, first.login_start);
    assert_eq!(second.authorize_dry_run, first.authorize_dry_run, "its URL as written is gone");
    assert_eq!(checks::evaluate(&second, Some(&first)).login, Login::Ok);
    let mut old = second;
    old.login_start.at -= chrono::TimeDelta::minutes(16);
    let third = stage.pair.collector.observe(&stage.pair.target, Some(&old), due).await;
    assert_eq!(starts(), 2);
    assert!(third.login_start.at > old.login_start.at);
    // One that leaves nothing is asked in each round.
    let stage = Stage::new(AppKind::Grafana, None).await;
    let first = stage.pair.look().await;
    stage.pair.collector.observe(&stage.pair.target, Some(&first), due).await;
    assert_eq!(stage.pair.kasm.seen().iter().filter(|seen| seen.path() == "/login/generic_oauth").count(), 2);
}

#[tokio::test]
async fn a_provider_alone_is_watched_without_asking_any_app() {
    let mut pair = Pair::well().await;
    pair.provider_but("/.well-known/jwks.json", |_| json(200, keys()));
    pair.target.app = ssowatch::config::App::none(&pair.target.provider);
    let snapshot = pair.look().await;
    let report = checks::evaluate(&snapshot, None);
    assert_eq!((report.login, report.failing().count()), (Login::Ok, 0), "{}", texts(&snapshot, &report));
    assert!(pair.kasm.seen().is_empty());
    assert!(matches!(snapshot.login_start.value, Err(Missing::NotApplicable(_))));
    assert_eq!(report.check("jwks_usable").unwrap().verdict, Verdict::Ok);
    assert_eq!(report.check("login_starts").unwrap().verdict, Verdict::NotApplicable);
    nothing_speaks_of_kasm(&snapshot, &report);
    pair.provider_but("/.well-known/jwks.json", |_| json(200, r#"{"keys": []}"#));
    pair.collector = ssowatch::collect::Collector::new(Clock::System);
    let snapshot = pair.look().await;
    let report = checks::evaluate(&snapshot, None);
    assert_eq!(report.check("jwks_usable").unwrap().verdict, Verdict::Fail);
    nothing_speaks_of_kasm(&snapshot, &report);
}

#[tokio::test]
async fn hostile_answers_to_a_start_are_bounded_and_kept_nowhere() {
    let secret = "never-kept-secret";
    let acts: [fn() -> Act; 6] = [
        || html(200, &"<a href='https://x.test/?client='>".repeat(60_000)),
        || json(200, format!("[{}]", vec!["\"http://x.test/\""; 60_000].join(","))),
        || answer(302, &[("Location", &"x".repeat(60_000))], ""),
        || answer(302, &[("Location", "javascript:alert('never-kept-secret')?client_id=1")], ""),
        || answer(302, &[("Location", "https://u:never-kept-secret@x.test/?client_id=1")], ""),
        || answer(200, &[("Content-Type", "\u{1}")], [0xff_u8, 0, 0x80].as_slice()),
    ];
    for (index, act) in acts.into_iter().enumerate() {
        let stage = Stage::new(AppKind::Grafana, None).await;
        stage.app_but(move |seen| (seen.path() == "/login/generic_oauth").then(act));
        let (snapshot, report) = stage.look().await;
        assert_ne!(report.check("login_starts").unwrap().verdict, Verdict::Ok, "{index}");
        let saved = serde_json::to_string(&snapshot).unwrap();
        assert!(!saved.contains(secret) && saved.len() < 60_000, "{index}: {}", saved.len());
    }
    // Going in a circle within the app ends.
    let stage = Stage::new(AppKind::Grafana, None).await;
    stage.app_but(|seen| seen.path().starts_with("/login").then(|| redirect(302, "/login/again")));
    let (_, report) = stage.look().await;
    assert_eq!(report.cause.as_ref().unwrap().check, "login_starts");
    let asked = stage.pair.kasm.seen().iter().filter(|seen| seen.path().starts_with("/login")).count();
    assert_eq!(asked, 3, "the start and two redirects");
    // No answer in time is no refusal.
    let mut stage = Stage::new(AppKind::Grafana, None).await;
    stage.pair.target.app.http.timeout = Some(std::time::Duration::from_millis(300));
    stage.app_but(|seen| {
        (seen.path() == "/login/generic_oauth").then(|| Act::SendAndHang(b"HTTP/1.1 302 X\r\n".to_vec()))
    });
    let (snapshot, _) = stage.look().await;
    assert_eq!(reason(&snapshot.login_start), Reason::Timeout);
}

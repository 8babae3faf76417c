//! What is said of relying parties and providers that we did not write, when all is right, and when one thing is wrong.

use serde_json::{Value, json};
use ssowatch::{
    apps::{AppKind, LoginMethod, LoginRequest, UrlIn},
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Secret, SecretSource, Target},
    lab::{self, Fault, Lab, LabOptions},
    model::{Login, Report, Verdict},
    render,
    round::{Round, round},
};
use url::Url;

use super::{
    provider::{Product, Provider},
    relying_party::{ADDRESS, App, RelyingParty, Settings, free_port},
};

/// Not the one of the client.
const OTHER_SECRET: &str = "another-secret-another-secret-01";
/// Why a start that is not there leaves the rest open: the checks that fail beside the cause.
const ALONE: &[&str] = &[];

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    /// A slash more is registered at the provider, or one less.
    SlashAtProvider,
    /// The app sends a slash more.
    SlashAtApp,
    /// The app takes itself for one on plain HTTP, since it does not believe the proxy.
    Scheme,
    /// The same, and the app takes forms from the public address.
    SchemeButTrusts,
    /// The proxy keeps the host back.
    Host,
    /// The same, and the app takes forms from the public address.
    HostButTrusts,
    /// Another host is registered at the provider.
    HostAtProvider,
    ClientGone,
    /// The secret was made anew at the provider; both the app and we have the old one.
    SecretAtProvider,
    /// The app has another secret than the provider and we.
    SecretAtApp,
    /// The provider demands PKCE, and the app sends none.
    Pkce,
    /// The app does not ask for `openid`.
    NoOpenid,
    /// The app asks for a scope that the provider does not have.
    UnknownScope,
    ProviderDown,
    /// The app has an address of the provider at which nothing answers.
    ProviderNotReached,
}

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The lab's Pocket ID, of our own code.
    PocketId,
    /// npm `oidc-provider`.
    OidcProvider,
}

/// A running provider.
enum Running {
    PocketId(Lab),
    OidcProvider(Box<Provider>),
}

/// What is expected: the cause, and the checks that fail beside it.
type Expected = (Option<&'static str>, &'static [&'static str]);

impl Wrong {
    /// Those of one setting of the app stand together. Nothing comes after a provider that is down.
    const ALL: [Self; 16] = [
        Self::Nothing,
        Self::SlashAtProvider,
        Self::HostAtProvider,
        Self::ClientGone,
        Self::SecretAtProvider,
        Self::SlashAtApp,
        Self::Scheme,
        Self::SchemeButTrusts,
        Self::Host,
        Self::HostButTrusts,
        Self::SecretAtApp,
        Self::Pkce,
        Self::NoOpenid,
        Self::UnknownScope,
        Self::ProviderNotReached,
        Self::ProviderDown,
    ];

    /// Whether an app can be so wrong.
    fn is_of(self, app: App) -> bool {
        match self {
            // Django has no setting for it.
            Self::SlashAtApp => app == App::ModAuthOpenidc,
            // Only a form is refused as forged.
            Self::SchemeButTrusts | Self::HostButTrusts => app == App::Allauth,
            _ => true,
        }
    }

    /// The table: what fails with each fault at each pair, the cause first.
    fn expected(self, app: App, at: At) -> Expected {
        // A page in which a provider refuses a request is one failure, and which part it refuses another.
        const REFUSED: &[&str] = &["authorize_accepted"];
        match self {
            // What an app has in its own memory is shown to nobody: the secret stays unverified.
            Self::Nothing | Self::SecretAtApp => (None, ALONE),
            Self::SlashAtProvider | Self::SlashAtApp | Self::HostAtProvider => {
                (Some("redirect_uri_registered"), REFUSED)
            }
            // A form that the app refuses as forged is not followed by any request.
            Self::Scheme | Self::Host if app == App::Allauth => (Some("login_starts"), ALONE),
            Self::Scheme | Self::SchemeButTrusts | Self::Host | Self::HostButTrusts => {
                (Some("redirect_uri_is_own"), &["redirect_uri_registered", "authorize_accepted"])
            }
            Self::ClientGone => (Some("client_known"), REFUSED),
            Self::SecretAtProvider => (Some("client_secret_accepted"), ALONE),
            Self::Pkce => (Some("pkce_not_required"), REFUSED),
            // oidc-provider refuses a nonce without it; mod_auth_openidc and mozilla-django-oidc send one.
            Self::NoOpenid if at == At::OidcProvider && app != App::Allauth => (Some("scope_has_openid"), REFUSED),
            Self::NoOpenid => (Some("scope_has_openid"), ALONE),
            Self::UnknownScope => (None, &["scopes_supported"]),
            Self::ProviderDown => (Some("provider_reachable"), ALONE),
            Self::ProviderNotReached => match app {
                App::Allauth => (Some("back_channel"), ALONE),
                // It asks the provider only where it does not remember its answer.
                App::ModAuthOpenidc => (Some("login_starts"), ALONE),
                // It asks the provider only once people come back: nothing shows it before.
                App::MozillaDjangoOidc => (None, ALONE),
            },
        }
    }

    fn login(self) -> Login {
        match self {
            Self::Nothing | Self::SecretAtApp | Self::UnknownScope => Login::Ok,
            _ => Login::Broken,
        }
    }

    /// How the app is set up at a provider.
    fn settings(self, at: At, provider: &str) -> Settings {
        let authorization = if at == At::PocketId { "authorize" } else { "auth" };
        let well = Settings {
            provider: provider.to_owned(),
            authorization_endpoint: format!("{provider}/{authorization}"),
            client_id: lab::CLIENT_ID.to_owned(),
            client_secret: lab::CLIENT_SECRET.to_owned(),
            scope: &["openid", "profile", "email"],
            pkce: true,
            believes_proxy: true,
            trusts_address: false,
            slash: false,
            host_passed: true,
        };
        match self {
            Self::SlashAtApp => Settings { slash: true, ..well },
            Self::Scheme => Settings { believes_proxy: false, ..well },
            Self::SchemeButTrusts => Settings { believes_proxy: false, trusts_address: true, ..well },
            Self::Host => Settings { host_passed: false, ..well },
            Self::HostButTrusts => Settings { host_passed: false, trusts_address: true, ..well },
            Self::SecretAtApp => Settings { client_secret: OTHER_SECRET.to_owned(), ..well },
            Self::Pkce => Settings { pkce: false, ..well },
            Self::NoOpenid => Settings { scope: &["profile", "email"], ..well },
            Self::UnknownScope => Settings { scope: &["openid", "email", "payroll"], ..well },
            Self::ProviderNotReached => Settings { provider: format!("http://127.0.0.1:{}", free_port()), ..well },
            _ => well,
        }
    }

    /// How npm `oidc-provider` is set up for an app.
    fn at_provider(self, app: App) -> Value {
        json!({
            "client_id": if self == Self::ClientGone { "another-client" } else { lab::CLIENT_ID },
            "client_secret": if self == Self::SecretAtProvider { OTHER_SECRET } else { lab::CLIENT_SECRET },
            "redirect_uris": [self.registered(app)],
            "pkce_required": self == Self::Pkce,
        })
    }

    /// The callback that is registered.
    fn registered(self, app: App) -> String {
        let callback = app.callback();
        match self {
            Self::SlashAtProvider => callback.strip_suffix('/').map_or_else(|| format!("{callback}/"), str::to_owned),
            Self::HostAtProvider => callback.replace("app.example", "old-app.example"),
            _ => callback,
        }
    }
}

impl At {
    /// Starts it for an app.
    async fn start(self, app: App) -> Running {
        match self {
            Self::PocketId => {
                let options = LabOptions { other_app: Some(app.callback()), ..LabOptions::default() };
                Running::PocketId(Lab::start(options).await.unwrap())
            }
            Self::OidcProvider => {
                Running::OidcProvider(Box::new(Product::OidcProvider.start(&Wrong::Nothing.at_provider(app)).await))
            }
        }
    }
}

impl Running {
    fn url(&self) -> Url {
        match self {
            Self::PocketId(lab) => lab.provider_url(),
            Self::OidcProvider(provider) => provider.url.clone(),
        }
    }

    /// Makes it wrong in this way, and in no other, at the same address.
    async fn is_wrong(&mut self, wrong: Wrong, app: App) {
        match self {
            Self::PocketId(lab) => {
                lab.fix_all();
                lab.register(&wrong.registered(app));
                match wrong {
                    Wrong::ClientGone => lab.break_with(Fault::ClientDeleted),
                    Wrong::SecretAtProvider => lab.break_with(Fault::SecretRegenerated),
                    Wrong::Pkce => lab.break_with(Fault::PkceRequired),
                    Wrong::ProviderDown => lab.break_with(Fault::ProviderRefused),
                    _ => {}
                }
            }
            Self::OidcProvider(provider) if wrong == Wrong::ProviderDown => provider.stop().await,
            Self::OidcProvider(provider) => provider.set(&wrong.at_provider(app)).await,
        }
    }

    /// Takes it away; what else happened at the lab must be nothing.
    async fn ends(self) {
        if let Self::PocketId(lab) = self {
            assert_eq!(lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
        }
    }
}

async fn look(target: &Target) -> Round {
    round(&Collector::new(Clock::System), target, None, CollectMode::Full).await
}

fn failing(report: &Report) -> Vec<&str> {
    report.failing().map(|check| check.id.as_str()).collect()
}

fn cause(report: &Report) -> Option<&str> {
    report.cause.as_ref().map(|cause| cause.check.as_str())
}

fn verdict(round: &Round, id: &str) -> Verdict {
    round.report.check(id).unwrap().verdict
}

/// The same target without the kind: only how the login starts is said.
fn without_kind(app: App, mut target: Target) -> Target {
    let profile = app.kind().profile();
    let mut login = profile.start.unwrap().request();
    if app == App::Allauth {
        login = LoginRequest {
            path: "/accounts/oidc/id/login/".to_owned(),
            method: LoginMethod::PostForm(Vec::new()),
            before: Some("/accounts/oidc/id/login/".to_owned()),
            url_in: UrlIn::Anywhere,
            add_state: false,
        };
        target.app.provider = None;
    }
    target.app.kind = None;
    target.app.login = Some(login);
    target
}

/// What must hold of every report, whatever is wrong.
fn says_only_what_is_so(what: &str, round: &Round) {
    let text = render::text::text(&round.report, &round.snapshot, render::style::Style::PLAIN);
    assert!(!text.to_lowercase().contains("kasm"), "{what}: {text}");
    assert!(!text.contains("/#/"), "{what}: {text}");
    for finding in round.report.failing().flat_map(|check| &check.findings) {
        let told = format!("{} {}", finding.message, finding.fix.as_deref().unwrap_or_default());
        assert!(!told.contains("Kasm") && !told.contains("Access Management") && !told.contains("per line"), "{told}");
    }
    for secret in [lab::CLIENT_SECRET, OTHER_SECRET] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
    assert_eq!(verdict(round, "app_reachable"), Verdict::Ok, "{what}");
    // The app holds a secret that nobody sees.
    assert_eq!(verdict(round, "app_secret_accepted"), Verdict::Unverified, "{what}");
    assert_eq!(verdict(round, "landing_after_sign_in"), Verdict::Unverified, "{what}");
}

/// The words of the cause, and the setting of the app that its advice names.
const ADVICE: [(App, Wrong, &str, &str); 6] = [
    (App::ModAuthOpenidc, Wrong::Scheme, "does not know that a proxy serves it over https", "OIDCXForwardedHeaders"),
    (App::ModAuthOpenidc, Wrong::ProviderNotReached, "an error of its own: HTTP 500", "OIDCProviderMetadataURL"),
    (App::Allauth, Wrong::Scheme, "refuses its own login form as forged (HTTP 403)", "PAPERLESS_PROXY_SSL_HEADER"),
    (App::Allauth, Wrong::Pkce, "demands PKCE of this client", "OAUTH_PKCE_ENABLED"),
    (App::Allauth, Wrong::ProviderNotReached, "cannot reach the provider", "PAPERLESS_SOCIALACCOUNT_PROVIDERS"),
    (App::MozillaDjangoOidc, Wrong::Scheme, "does not know that a proxy serves it over", "SECURE_PROXY_SSL_HEADER"),
];

fn names_the_setting(app: App, wrong: Wrong, report: &Report) {
    for (_, _, message, fix) in ADVICE.iter().filter(|(of, what, ..)| (*of, *what) == (app, wrong)) {
        let cause = report.cause.as_ref().unwrap();
        let finding = &report.check(&cause.check).unwrap().findings[0];
        assert!(finding.message.contains(message), "{app:?} {wrong:?}: {finding:?}");
        assert!(finding.fix.as_ref().unwrap().contains(fix), "{app:?} {wrong:?}: {finding:?}");
    }
}

/// A pair that plays one fault after another.
struct Pair {
    app: App,
    at: At,
    running: Running,
    /// The app, which is kept while its settings are the same.
    party: Option<(Settings, RelyingParty)>,
}

impl Pair {
    async fn new(app: App, at: At) -> Self {
        Self { app, at, running: at.start(app).await, party: None }
    }

    /// Makes it wrong in this way, and gives the target, which has the right secret.
    async fn with(&mut self, wrong: Wrong) -> Target {
        let url = self.running.url();
        let settings = wrong.settings(self.at, url.as_str().trim_end_matches('/'));
        if self.party.as_ref().is_none_or(|(before, _)| *before != settings) {
            let party = self.app.start(&settings).await;
            self.party = Some((settings, party));
        }
        self.running.is_wrong(wrong, self.app).await;
        let mut target = self.party.as_ref().unwrap().1.target(url);
        target.provider.client_secret = Some(SecretSource::Inline(Secret::new(lab::CLIENT_SECRET.to_owned())));
        target
    }
}

/// Plays every fault at a pair.
async fn plays(app: App, at: At) {
    let mut pair = Pair::new(app, at).await;
    for wrong in Wrong::ALL.into_iter().filter(|wrong| wrong.is_of(app)) {
        let what = format!("{app:?} with {at:?}: {wrong:?}");
        let target = pair.with(wrong).await;
        let round = look(&target).await;
        let (expected_cause, beside) = wrong.expected(app, at);
        let told: Vec<_> = round.report.failing().collect();
        let expected: Vec<&str> = expected_cause.into_iter().chain(beside.iter().copied()).collect();
        assert_eq!((cause(&round.report), failing(&round.report)), (expected_cause, expected), "{what}: {told:#?}");
        if expected_cause.is_none() {
            let unknown: Vec<_> =
                round.report.checks.iter().filter(|check| check.verdict == Verdict::Unknown).collect();
            assert_eq!((round.report.login, unknown.len()), (Login::Ok, 0), "{what}: {unknown:#?}");
        } else {
            assert_eq!(round.report.login, wrong.login(), "{what}");
        }
        says_only_what_is_so(&what, &round);
        names_the_setting(app, wrong, &round.report);
        if expected_cause.is_none() {
            let reached = verdict(&round, "back_channel");
            let is_shown = app.kind().profile().asks_provider;
            assert_eq!(reached, if is_shown { Verdict::Ok } else { Verdict::Unverified }, "{what}");
        }
        if wrong == Wrong::Nothing {
            is_recognised(&what, app, &target).await;
        }
    }
    pair.running.ends().await;
}

/// A healthy pair of which only is said how its login starts: no alarm, and the kind where its callback tells it.
async fn is_recognised(what: &str, app: App, target: &Target) {
    if app == App::Allauth {
        let mut named = target.clone();
        named.app.kind = Some(AppKind::Allauth);
        let round = look(&named).await;
        assert_eq!((round.report.login, failing(&round.report)), (Login::Ok, Vec::new()), "{what}, as any other site");
    }
    let round = look(&without_kind(app, target.clone())).await;
    assert_eq!((round.report.login, failing(&round.report)), (Login::Ok, Vec::new()), "{what}, without a kind");
    let kind = match app {
        // Its callback is a setting.
        App::ModAuthOpenidc => AppKind::Generic,
        other => other.kind(),
    };
    assert_eq!(round.snapshot.app_kind(), kind, "{what}");
    // Only of a kind that was named it is known that a start asks the provider.
    assert_eq!(verdict(&round, "back_channel"), Verdict::Unverified, "{what}");
}

#[tokio::test]
async fn apache_with_mod_auth_openidc_and_pocket_id_give_no_false_alarm_and_each_fault_its_cause() {
    plays(App::ModAuthOpenidc, At::PocketId).await;
}

#[tokio::test]
async fn apache_with_mod_auth_openidc_and_oidc_provider_give_no_false_alarm_and_each_fault_its_cause() {
    plays(App::ModAuthOpenidc, At::OidcProvider).await;
}

#[tokio::test]
async fn django_allauth_and_pocket_id_give_no_false_alarm_and_each_fault_its_cause() {
    plays(App::Allauth, At::PocketId).await;
}

#[tokio::test]
async fn django_allauth_and_oidc_provider_give_no_false_alarm_and_each_fault_its_cause() {
    plays(App::Allauth, At::OidcProvider).await;
}

#[tokio::test]
async fn mozilla_django_oidc_and_pocket_id_give_no_false_alarm_and_each_fault_its_cause() {
    plays(App::MozillaDjangoOidc, At::PocketId).await;
}

#[tokio::test]
async fn mozilla_django_oidc_and_oidc_provider_give_no_false_alarm_and_each_fault_its_cause() {
    plays(App::MozillaDjangoOidc, At::OidcProvider).await;
}

#[tokio::test]
async fn a_callback_that_the_configuration_names_shows_whose_the_slash_is() {
    let app = App::ModAuthOpenidc;
    let mut pair = Pair::new(app, At::OidcProvider).await;
    for (wrong, expected) in
        [(Wrong::SlashAtApp, "redirect_uri_is_own"), (Wrong::SlashAtProvider, "redirect_uri_registered")]
    {
        let mut target = pair.with(wrong).await;
        target.app.callback = app.callback().strip_prefix(ADDRESS).map(str::to_owned);
        let round = look(&target).await;
        assert_eq!(cause(&round.report), Some(expected), "{wrong:?}");
    }
}

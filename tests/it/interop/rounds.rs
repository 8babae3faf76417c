//! What is said of each provider when all is right, and when one thing is wrong.

use serde_json::{Value, json};
use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    lab::{Fault, Lab, LabOptions, OtherProvider},
    model::{CheckReport, DryRun, Login, Report, Severity, Snapshot, Verdict},
    round::{Round, round},
};
use url::Url;

use super::provider::{Product, Provider};

const CLIENT: &str = "kasm";
const SCOPES: [&str; 4] = ["openid", "profile", "email", "groups"];

/// The lab's Kasm and a real provider that agree, but for what a test changes.
struct Pair {
    product: Product,
    provider: Provider,
    lab: Lab,
    target: Target,
}

impl Pair {
    async fn well(product: Product) -> Self {
        Self::with(product, json!({})).await
    }

    /// `settings` are the script's, beside client and redirect URI.
    async fn with(product: Product, mut settings: Value) -> Self {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        settings["client_id"] = json!(CLIENT);
        if settings["redirect_uris"].is_null() {
            settings["redirect_uris"] = json!([format!("{}api/oidc_callback", lab.kasm_url())]);
        }
        let provider = product.start(&settings).await;
        lab.point_kasm_at(as_kasm_has_it(product, &provider.url));
        let target = lab.target();
        Self { product, provider, lab, target }
    }

    async fn look(&self) -> Round {
        self.look_again(None).await
    }

    async fn look_again(&self, before: Option<&Snapshot>) -> Round {
        round(&Collector::new(Clock::System), &self.target, before, CollectMode::Full).await
    }

    /// Looks, and asserts what fails and what is the cause.
    async fn fails(&self, failing: &[&str], cause: Option<&str>) -> Round {
        let round = self.look().await;
        let product = self.product;
        let told: Vec<_> = round.report.failing().collect();
        assert_eq!(self::failing(&round.report), failing, "{product:?}: {told:#?}");
        assert_eq!(round.report.cause.as_ref().map(|cause| cause.check.as_str()), cause, "{product:?}");
        round
    }

    async fn ends_well(self) {
        assert_eq!(self.lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
    }
}

/// What an administrator enters on Kasm's form, from each product's documentation.
fn as_kasm_has_it(product: Product, url: &Url) -> OtherProvider {
    let (authorization, token, userinfo) = match product {
        Product::OidcProvider => ("auth", "token", "me"),
        Product::Canaille => ("oauth/authorize", "oauth/token", "oauth/userinfo"),
    };
    OtherProvider {
        issuer: url.clone(),
        authorization: format!("{url}{authorization}"),
        token: format!("{url}{token}"),
        userinfo: format!("{url}{userinfo}"),
        client_id: CLIENT.to_owned(),
        scopes: SCOPES.map(str::to_owned).to_vec(),
    }
}

fn failing(report: &Report) -> Vec<&str> {
    report.failing().map(|check| check.id.as_str()).collect()
}

fn check<'a>(round: &'a Round, id: &str) -> &'a CheckReport {
    round.report.check(id).unwrap()
}

#[tokio::test]
async fn a_real_provider_that_agrees_with_kasm_gives_no_false_alarm() {
    for product in Product::ALL {
        let pair = Pair::well(product).await;
        let round = pair.fails(&[], None).await;
        assert_eq!(round.report.login, Login::Ok, "{product:?}");
        assert!(round.snapshot.authorize_dry_run.ok().is_some_and(DryRun::is_accepted), "{product:?}");
        let unknown: Vec<_> = round.report.checks.iter().filter(|check| check.verdict == Verdict::Unknown).collect();
        assert!(unknown.is_empty(), "{product:?}: {unknown:#?}");
        pair.ends_well().await;
    }
}

/// What is said of a client or a redirect URI that the provider refuses. Canaille's page does not say which it is.
async fn refused(pair: Pair, check: &str) {
    let (failing, cause) = match pair.product {
        Product::OidcProvider => (vec![check, "authorize_accepted"], check),
        Product::Canaille => (vec!["authorize_accepted"], "authorize_accepted"),
    };
    let round = pair.fails(&failing, Some(cause)).await;
    assert_eq!(round.report.login, Login::Broken);
    for id in ["client_known", "redirect_uri_registered"] {
        let verdict = self::check(&round, id).verdict;
        // oidc-provider compares the redirect URI with those of the client, which it hence knows.
        if (pair.product, check, id) == (Product::OidcProvider, "redirect_uri_registered", "client_known") {
            assert_eq!(verdict, Verdict::Ok);
        } else {
            assert_ne!(verdict, Verdict::Ok, "{:?}: {id} is not proven", pair.product);
        }
    }
    pair.ends_well().await;
}

#[tokio::test]
async fn a_client_that_the_provider_does_not_know_is_the_cause() {
    for product in Product::ALL {
        let pair = Pair::well(product).await;
        pair.lab.break_with(Fault::ClientIdDiffers);
        refused(pair, "client_known").await;
    }
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_the_cause() {
    for product in Product::ALL {
        let old = json!({"redirect_uris": ["http://old-kasm.example.test/api/oidc_callback"]});
        refused(Pair::with(product, old).await, "redirect_uri_registered").await;
    }
}

#[tokio::test]
async fn a_scope_that_the_provider_lacks_is_a_risk() {
    for product in Product::ALL {
        let pair = Pair::well(product).await;
        let mut form = as_kasm_has_it(product, &pair.provider.url);
        form.scopes.push("payroll".to_owned());
        pair.lab.point_kasm_at(form);
        let round = pair.fails(&["scopes_supported"], None).await;
        assert_eq!(round.report.login, Login::Ok, "{product:?}");
        let found = check(&round, "scopes_supported");
        assert_eq!(found.severity, Severity::Risk);
        assert!(found.findings[0].message.contains("payroll"), "{product:?}: {found:?}");
        pair.ends_well().await;
    }
}

#[tokio::test]
async fn another_issuer_is_told_and_is_no_cause() {
    let pair = Pair::with(Product::OidcProvider, json!({"issuer": "https://old.example.test"})).await;
    // Kasm follows the document's endpoints, and people get in: only our own address is another one.
    let round = pair.fails(&[], None).await;
    assert_eq!(round.report.login, Login::Ok);
    let told = check(&round, "issuer_matches").reason.as_ref().unwrap();
    assert!(told.contains("https://old.example.test") && told.contains("provider.url is another address"), "{told}");
    pair.ends_well().await;
}

#[tokio::test]
async fn a_provider_that_sends_on_to_its_own_name_is_not_followed() {
    let pair = Pair::with(Product::Canaille, json!({"issuer": "http://old.example.test"})).await;
    // No outage is seen: Kasm does not read the document, and browsers follow the redirect of its own address.
    let round = pair.fails(&["discovery_served"], None).await;
    assert_eq!(round.report.login, Login::Unknown);
    let told = &check(&round, "discovery_served").findings[0].message;
    assert!(told.contains("redirects to http://old.example.test/"), "{told}");
    pair.ends_well().await;
}

#[tokio::test]
async fn a_key_that_was_rotated_is_told_and_nothing_else() {
    for product in Product::ALL {
        let mut pair = Pair::well(product).await;
        let first = pair.look().await;
        pair.provider.rotate().await;
        let second = pair.look_again(Some(&first.snapshot)).await;
        assert_eq!(failing(&second.report), ["signing_key_kept"], "{product:?}");
        assert_eq!(check(&second, "signing_key_kept").severity, Severity::Info);
        assert_eq!((second.report.login, second.report.cause), (Login::Ok, None), "{product:?}");
        pair.ends_well().await;
    }
}

#[tokio::test]
async fn a_provider_that_signs_with_es256_gives_no_false_alarm() {
    let pair = Pair::with(Product::OidcProvider, json!({"alg": "ES256"})).await;
    let round = pair.fails(&[], None).await;
    assert_eq!(round.report.login, Login::Ok);
    assert_eq!(check(&round, "jwks_matches_algorithms").verdict, Verdict::Ok);
    pair.ends_well().await;
}

#[tokio::test]
async fn a_nonce_that_the_provider_demands_is_told_in_its_words() {
    let pair = Pair::with(Product::Canaille, json!({"nonce_required": true})).await;
    let round = pair.fails(&["authorize_accepted"], Some("authorize_accepted")).await;
    let finding = &check(&round, "authorize_accepted").findings[0];
    assert_eq!(finding.code, "nonce_required");
    assert!(finding.message.ends_with("invalid_request: Missing 'nonce' in request."), "{}", finding.message);
    pair.ends_well().await;
}

#[tokio::test]
async fn pkce_that_the_provider_demands_is_the_cause() {
    let pair = Pair::with(Product::OidcProvider, json!({"pkce_required": true})).await;
    let round = pair.fails(&["pkce_not_required", "authorize_accepted"], Some("pkce_not_required")).await;
    assert_eq!(round.report.login, Login::Broken);
    pair.ends_well().await;
}

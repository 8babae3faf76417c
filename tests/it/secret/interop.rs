//! The secret and the token at npm `oidc-provider`, which is certified and not ours.

use serde_json::{Value, json};
use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    lab::{Lab, LabOptions, OtherProvider},
    model::{SecretMethod, Verdict},
    round::{Round, round},
};

use super::{check, inline, verdict};
use crate::interop::provider::Product;

const SECRET: &str = "a+b%41:c&d=e f/g-0123456789-0123456789";

/// One look at the provider with these settings, with that secret as our copy.
async fn look(mut settings: Value, secret: &str) -> Round {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    settings["client_id"] = json!("kasm");
    settings["client_secret"] = json!(SECRET);
    settings["redirect_uris"] = json!([format!("{}api/oidc_callback", lab.kasm_url())]);
    let provider = Product::OidcProvider.start(&settings).await;
    lab.point_kasm_at(OtherProvider {
        issuer: provider.url.clone(),
        authorization: format!("{}auth", provider.url),
        token: format!("{}token", provider.url),
        userinfo: format!("{}me", provider.url),
        client_id: "kasm".to_owned(),
        scopes: ["openid", "profile"].map(str::to_owned).to_vec(),
    });
    let mut target = lab.target();
    target.provider.client_secret = inline(secret);
    target.token_enabled = settings["client_credentials"] == json!(true);
    let round = round(&Collector::new(Clock::System), &target, None, CollectMode::Full).await;
    assert_eq!(lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
    round
}

#[tokio::test]
async fn a_secret_is_told_right_from_wrong_by_the_token_endpoint_with_introspection_or_without() {
    for introspection in [true, false] {
        let right = look(json!({"introspection": introspection}), SECRET).await;
        let found = check(&right, "client_secret_accepted");
        assert_eq!(found.verdict, Verdict::Ok, "introspection {introspection}: {found:?}");
        let method = right.snapshot.client_secret.get().unwrap().method;
        assert_eq!(method, SecretMethod::BogusCode, "the endpoint that Kasm asks");
        let wrong = look(json!({"introspection": introspection}), "wrong").await;
        let found = check(&wrong, "client_secret_accepted");
        assert_eq!(found.verdict, Verdict::Fail, "introspection {introspection}: {found:?}");
        assert_eq!(wrong.report.cause.as_ref().unwrap().check, "client_secret_accepted");
    }
}

#[tokio::test]
async fn a_token_verifies_by_each_algorithm() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let round = look(json!({"alg": algorithm, "client_credentials": true}), SECRET).await;
        let found = check(&round, "token_verifies");
        assert_eq!(found.verdict, Verdict::Ok, "{algorithm}: {found:?} {:?}", round.snapshot.client_token);
        let token = &round.snapshot.client_token.get().unwrap().token;
        assert_eq!((token.algorithm.as_str(), token.token_type.as_deref()), (algorithm, Some("at+jwt")));
        assert_eq!(verdict(&round, "client_secret_accepted"), "ok", "{algorithm}");
    }
}

//! What a whole look of a healthy pair gives.

use ssowatch::{
    checks,
    model::{DryRun, EndpointState, HealthState, Login, Side},
};

use super::pair::{CLIENT, Pair};

#[tokio::test]
async fn a_healthy_pair_is_seen_whole_and_evaluated_good() {
    let pair = Pair::well().await;
    let seen = pair.look().await;
    for (source, _, _, missing) in seen.observations().into_iter().filter(|(source, ..)| source.needs().is_empty()) {
        assert!(missing.is_none() || source.id() == "passkey_domain", "{source:?}: {missing:?}");
    }
    assert!(seen.provider_connection.get().unwrap().tls.is_none());
    assert_eq!(seen.client_meta.get().unwrap().asked, CLIENT);
    assert_eq!(seen.app_health.get().unwrap().fact.state, HealthState::Healthy);
    assert_eq!(seen.authorize_dry_run.get().unwrap(), &DryRun::Accepted("login_required".to_owned()));
    assert_eq!(seen.provider_endpoints.get().unwrap().userinfo.state, EndpointState::Answers);
    assert!(seen.app_page.get().unwrap().script.as_ref().unwrap().is_script);
    assert_ne!(checks::evaluate(&seen, None).login, Login::Broken);
}

#[tokio::test]
async fn the_requests_of_a_look_are_counted_by_side_and_class() {
    let pair = Pair::well().await;
    let seen = pair.look().await;
    let count = |side| seen.requests.iter().filter(|one| one.side == side).map(|one| one.count).sum::<u64>();
    assert_eq!(count(Side::Provider), pair.provider.seen().len() as u64);
    assert_eq!(count(Side::App), pair.kasm.seen().len() as u64);
    let refused = seen.requests.iter().find(|one| one.side == Side::Provider && one.code == "4xx").unwrap();
    assert_eq!(refused.count, 2, "userinfo without a token, the token endpoint without a secret");
}

#[tokio::test]
async fn nothing_is_asked_but_get_and_the_three_posts_and_every_request_says_who_asks() {
    let pair = Pair::well().await;
    pair.look().await;
    for seen in pair.provider.seen().into_iter().chain(pair.kasm.seen()) {
        let posted = ["/api/login_settings", "/api/sso", "/api/oidc/token"].contains(&seen.path());
        assert_eq!(seen.method, if posted { "POST" } else { "GET" }, "{}", seen.target);
        assert!(seen.header("user-agent").unwrap().starts_with("ssowatch/"));
        for never in ["cookie", "referer", "authorization"] {
            assert_eq!(seen.header(never), None, "{}", seen.target);
        }
        assert_ne!(seen.path(), "/api/oidc_callback");
    }
}

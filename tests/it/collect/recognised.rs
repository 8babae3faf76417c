//! What the provider is recognised as, over several rounds.

use ssowatch::{
    checks::evaluate,
    collect::CollectMode,
    model::{Missing, Snapshot, SourceId, Verdict},
    providers::{ProviderKind, Recognised},
};

use super::{pair::Pair, server::json};

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn asked_as_pocket_id(pair: &Pair) -> bool {
    pair.provider.seen().iter().any(|seen| seen.path().starts_with("/api/oidc/"))
}

fn verdict(seen: &Snapshot, check: &str) -> Verdict {
    evaluate(seen, None).check(check).unwrap().verdict
}

#[tokio::test]
async fn nothing_of_pocket_ids_own_is_asked_or_said_before_the_provider_is_recognised() {
    let pair = Pair::well().await;
    pair.provider_but(DISCOVERY, |_| json(404, r#"{"error":"RESTEASY003210"}"#));
    let seen = pair.look().await;
    assert_eq!(seen.provider, None);
    assert_eq!(seen.client_meta.value, Err(Missing::Blocked { by: SourceId::Discovery }));
    assert!(!asked_as_pocket_id(&pair), "{:?}", pair.provider.seen());
    // The dry run at Kasm's own address shows it of any provider.
    assert_eq!(verdict(&seen, "client_known"), Verdict::Ok);
    assert_eq!(evaluate(&seen, None).provider, "OpenID provider");
}

#[tokio::test]
async fn what_was_recognised_stays_so_while_its_document_cannot_be_read() {
    let pair = Pair::well().await;
    let first = pair.look().await;
    assert_eq!(first.provider.unwrap().kind, ProviderKind::PocketId);
    pair.provider_but(DISCOVERY, |_| json(503, "{}"));
    let mut last = first.clone();
    for round in 0..2 {
        last = pair.collector.observe(&pair.target, Some(&last), CollectMode::Full).await;
        assert!(last.discovery.ok().is_none());
        assert_eq!(last.provider, first.provider, "round {round}");
        assert!(last.client_meta.ok().is_some(), "{:?}", last.client_meta);
    }
    assert_eq!(verdict(&last, "client_known"), Verdict::Ok);
}

#[tokio::test]
async fn the_kind_that_the_config_names_counts_without_any_document() {
    for kind in [ProviderKind::PocketId, ProviderKind::Openid] {
        let mut pair = Pair::well().await;
        pair.target.provider.kind = Some(kind);
        pair.provider_but(DISCOVERY, |_| json(503, "{}"));
        let seen = pair.look().await;
        assert_eq!(seen.provider, Some(Recognised::by_name(kind)));
        assert_eq!(asked_as_pocket_id(&pair), kind == ProviderKind::PocketId);
    }
}

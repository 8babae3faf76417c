//! The provider answers, is who it says it is, and can sign people in.

use super::{Case, Check, SeverityRule};

mod discovery_conforms;
mod discovery_served;
mod endpoints_answer;
mod endpoints_on_one_base;
mod issuer_matches;
mod jwks_matches_algorithms;
mod jwks_usable;
mod passkey_domain;
mod passkeys_still_valid;
mod provider_addresses_answer;
mod provider_certificate_trusted;
mod provider_certificate_valid;
mod provider_clock;
mod provider_database;
mod provider_not_throttling;
mod provider_page_served;
mod provider_reachable;
mod provider_version_sound;
mod signing_key_id_unique;
mod signing_key_kept;

pub(super) use endpoints_answer::finding as endpoint_finding;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &provider_reachable::CHECK,
    &provider_certificate_valid::CHECK,
    &provider_certificate_trusted::CHECK,
    &provider_database::CHECK,
    &provider_not_throttling::CHECK,
    &discovery_served::CHECK,
    &issuer_matches::CHECK,
    &endpoints_on_one_base::CHECK,
    &endpoints_answer::CHECK,
    &discovery_conforms::CHECK,
    &jwks_usable::CHECK,
    &jwks_matches_algorithms::CHECK,
    &signing_key_kept::CHECK,
    &signing_key_id_unique::CHECK,
    &provider_addresses_answer::CHECK,
    &provider_page_served::CHECK,
    &provider_clock::CHECK,
    &provider_version_sound::CHECK,
    &passkey_domain::CHECK,
    &passkeys_still_valid::CHECK,
];

#[cfg(test)]
mod table {
    //! What the tests of this stage share: a healthy snapshot, one fact changed, and what a check then says.

    use crate::{
        checks::evaluate,
        model::{CheckReport, Missing, Observed, Reason, Snapshot, SourceId},
    };

    /// A healthy snapshot with one change.
    pub(super) fn healthy_but(change: impl FnOnce(&mut Snapshot)) -> Snapshot {
        let mut snapshot = Snapshot::healthy();
        change(&mut snapshot);
        snapshot
    }

    /// What a check says: its verdict, and behind it the codes of its findings, as `fail expired wrong_name`.
    pub(super) fn said(check: &str, snapshot: &Snapshot) -> String {
        let report = report(check, snapshot);
        let codes = report.findings.iter().map(|finding| finding.code.as_str());
        std::iter::once(report.verdict.id()).chain(codes).collect::<Vec<_>>().join(" ")
    }

    /// The whole report of a check.
    pub(super) fn report(check: &str, snapshot: &Snapshot) -> CheckReport {
        evaluate(snapshot, None).check(check).expect("a check of this stage").clone()
    }

    /// An observation that failed.
    pub(super) fn failed<T>(source: SourceId, reason: Reason, detail: &str) -> Observed<T> {
        Observed::missing(Snapshot::healthy().taken_at, Missing::failed(source, reason, detail))
    }

    /// An observation that got an HTTP status in place of an answer.
    pub(super) fn answered<T>(source: SourceId, status: u16) -> Observed<T> {
        Observed::missing(Snapshot::healthy().taken_at, Missing::status(source, status, format!("HTTP {status}")))
    }

    /// An observation that waits for another one.
    pub(super) fn blocked<T>(by: SourceId) -> Observed<T> {
        Observed::missing(Snapshot::healthy().taken_at, Missing::Blocked { by })
    }

    /// Changes a fact that was seen.
    pub(super) fn edit<T>(observed: &mut Observed<T>, change: impl FnOnce(&mut T)) {
        change(observed.value.as_mut().expect("a fact that was seen"));
    }

    /// Makes every source of the provider fail as it does when nothing answers there.
    pub(super) fn down(snapshot: &mut Snapshot, reason: Reason) {
        snapshot.provider_connection = failed(SourceId::ProviderConnection, reason, "no answer");
        snapshot.discovery = failed(SourceId::Discovery, reason, "no answer");
        snapshot.jwks = failed(SourceId::Jwks, reason, "no answer");
        snapshot.client_meta = failed(SourceId::ClientMeta, reason, "no answer");
        snapshot.authorize_dry_run = failed(SourceId::AuthorizeDryRun, reason, "no answer");
        snapshot.provider_endpoints = failed(SourceId::ProviderEndpoints, reason, "no answer");
        snapshot.provider_page = failed(SourceId::ProviderPage, reason, "no answer");
    }

    /// The checks of this stage that fail.
    pub(super) fn failing(snapshot: &Snapshot) -> Vec<String> {
        let report = evaluate(snapshot, None);
        let of_this_stage = report.failing().filter(|check| check.stage == crate::model::Stage::Provider);
        of_this_stage.map(|check| check.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::table::{answered, blocked, down, edit, failed, failing, healthy_but};
    use crate::{
        model::{Reason, Snapshot, SourceId},
        oidc::{Discovery, Jwks},
        providers::ProviderKind,
    };

    /// A healthy snapshot with these documents.
    fn serving(discovery: &Value, keys: &Value) -> Snapshot {
        let json = Some("application/json");
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| {
                answer.fact = Discovery::parse(200, json, discovery.to_string().as_bytes()).unwrap();
            });
            edit(&mut now.jwks, |set| *set = Jwks::parse(json, keys.to_string().as_bytes()).unwrap());
        })
    }

    macro_rules! recorded {
        ($file:literal) => {{
            let text = include_str!(concat!("../../../tests/fixtures/pocket-id/", $file));
            serde_json::from_str::<Value>(text).unwrap()["response"]["body"].take()
        }};
    }

    #[test]
    fn no_real_release_fails_anything() {
        let releases = [
            (recorded!("1.16.0/discovery.json"), recorded!("1.16.0/jwks.json")),
            (recorded!("1.16.0/discovery_internal_url.json"), recorded!("1.16.0/jwks.json")),
            (recorded!("2.3.0/discovery.json"), recorded!("2.3.0/jwks.json")),
            (recorded!("2.9.0/discovery.json"), recorded!("2.9.0/jwks.json")),
            (recorded!("2.9.0/discovery_internal_url.json"), recorded!("2.9.0/jwks.json")),
            (recorded!("2.10.0/discovery.json"), recorded!("2.10.0/jwks.json")),
            (recorded!("2.10.0/discovery_internal_url_es256.json"), recorded!("2.10.0/jwks_after_key_rotate.json")),
            (recorded!("2.14.0/discovery.json"), recorded!("2.14.0/jwks.json")),
        ];
        for (discovery, keys) in releases {
            assert_eq!(failing(&serving(&discovery, &keys)), [""; 0], "{discovery}");
        }
    }

    #[test]
    fn a_healthy_provider_of_another_kind_fails_nothing() {
        assert_eq!(failing(&healthy_but(|now| now.target.provider.kind = Some(ProviderKind::Openid))), [""; 0]);
    }

    #[test]
    fn a_key_that_was_rotated_without_a_restart_of_all_instances_is_told_once() {
        let mixed = serving(&recorded!("2.14.0/discovery.json"), &recorded!("2.10.0/jwks_after_key_rotate.json"));
        assert_eq!(failing(&mixed), ["jwks_matches_algorithms"]);
    }

    proptest! {
        #[test]
        fn no_document_and_no_key_set_makes_it_panic(
            name in prop::sample::select(vec![
                "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint",
                "id_token_signing_alg_values_supported", "grant_types_supported", "scopes_supported",
            ]),
            value in prop_oneof![
                Just(Value::Null), Just(json!([])), Just(json!({})), Just(json!(["RS256", 5])),
                "(https?://)?[a-z.:/?#@\\[\\]]{0,20}".prop_map(Value::from),
                "\\PC{0,20}".prop_map(Value::from),
            ],
            kid in "\\PC{0,5}",
            alg in prop::sample::select(vec!["RS256", "ES256", "none", ""]),
        ) {
            let mut discovery = recorded!("2.14.0/discovery.json");
            discovery[name] = value;
            let keys = json!({"keys": [{"kty": "RSA", "kid": kid, "alg": alg}, {"kty": "EC", "kid": kid}, alg]});
            let snapshot = serving(&discovery, &keys);
            prop_assert!(failing(&snapshot).contains(&"jwks_usable".to_owned()));
        }
    }

    #[test]
    fn a_healthy_provider_fails_nothing() {
        assert_eq!(failing(&Snapshot::healthy()), [""; 0]);
    }

    #[test]
    fn a_provider_that_is_down_fails_one_check() {
        for reason in [Reason::Dns, Reason::Connect, Reason::Tls, Reason::Timeout] {
            assert_eq!(failing(&healthy_but(|now| down(now, reason))), ["provider_reachable"], "{reason:?}");
        }
        let waiting = healthy_but(|now| {
            down(now, Reason::Connect);
            now.discovery = blocked(SourceId::ProviderConnection);
            now.jwks = blocked(SourceId::Discovery);
            now.client_meta = blocked(SourceId::ProviderConnection);
        });
        assert_eq!(failing(&waiting), ["provider_reachable"]);
    }

    #[test]
    fn a_proxy_without_its_provider_fails_one_check() {
        let bad_gateway = healthy_but(|now| {
            now.discovery = answered(SourceId::Discovery, 502);
            now.jwks = blocked(SourceId::Discovery);
            now.client_meta = answered(SourceId::ClientMeta, 502);
            now.authorize_dry_run = blocked(SourceId::Discovery);
            now.provider_endpoints = blocked(SourceId::Discovery);
            edit(&mut now.provider_page, |page| page.status = 502);
        });
        assert_eq!(failing(&bad_gateway), ["discovery_served"]);
    }

    #[test]
    fn a_provider_that_throttles_or_challenges_is_no_outage() {
        let answers = |reason| {
            healthy_but(|now| {
                now.discovery = failed(SourceId::Discovery, reason, "status 429");
                now.jwks = failed(SourceId::Jwks, reason, "status 429");
                now.client_meta = failed(SourceId::ClientMeta, reason, "status 429");
                now.authorize_dry_run = failed(SourceId::AuthorizeDryRun, reason, "status 429");
                now.provider_endpoints = failed(SourceId::ProviderEndpoints, reason, "status 429");
                now.provider_page = failed(SourceId::ProviderPage, reason, "status 429");
            })
        };
        assert_eq!(failing(&answers(Reason::Throttled)), ["provider_not_throttling"]);
        assert_eq!(failing(&answers(Reason::Challenged)), [""; 0]);
    }
}

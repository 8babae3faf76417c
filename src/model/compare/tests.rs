//! What is reported as a change, and what is not.

use chrono::TimeDelta;

use super::*;
use crate::{
    apps::kasm::Field,
    model::{Missing, Observed, Reason, SourceId},
    oidc::{Jwk, Jwks},
};

fn key(kid: Option<&str>, thumbprint: &str) -> Jwk {
    let healthy = Snapshot::healthy();
    let mut key = healthy.jwks.ok().unwrap().keys[0].clone();
    key.kid = kid.map(str::to_owned);
    key.thumbprint = thumbprint.to_owned();
    key
}

/// The next look, a minute later, with these keys (none: it failed).
fn next(before: Option<&Snapshot>, keys: Option<Vec<Jwk>>) -> Snapshot {
    let mut now = Snapshot::healthy();
    now.taken_at = before.map_or(now.taken_at, |before| before.taken_at + TimeDelta::minutes(1));
    now.jwks = match keys {
        Some(keys) => Observed::seen(now.taken_at, 0.0, Jwks { keys, content_type: None }),
        None => Observed::missing(now.taken_at, Missing::failed(SourceId::Jwks, Reason::Connect, "refused")),
    };
    now.after(before)
}

fn subjects(snapshot: &Snapshot) -> Vec<ChangeSubject> {
    snapshot.changes.iter().map(|change| change.subject).collect()
}

#[test]
fn keys_change_when_one_goes_and_not_when_one_is_added_or_moved() {
    use ChangeSubject::{KeyUnderSameId, SigningKey};
    let (a, b) = (key(Some("a"), "A"), key(Some("b"), "B"));
    let cases: [(Vec<Jwk>, Vec<Jwk>, Vec<ChangeSubject>); 8] = [
        (vec![a.clone()], vec![a.clone()], vec![]),
        (vec![a.clone(), b.clone()], vec![b.clone(), a.clone()], vec![]),
        (vec![a.clone()], vec![a.clone(), b.clone()], vec![]),
        (vec![a.clone(), b.clone()], vec![b.clone()], vec![SigningKey]),
        (vec![a.clone()], vec![b], vec![SigningKey]),
        (vec![a.clone()], vec![key(Some("a"), "Z")], vec![KeyUnderSameId, SigningKey]),
        (vec![key(None, "A")], vec![key(None, "Z")], vec![SigningKey]),
        (vec![a.clone()], vec![a, key(Some("c"), "")], vec![]),
    ];
    for (old, new, expected) in cases {
        let words = format!("{old:?} to {new:?}");
        let before = next(None, Some(old));
        assert_eq!(subjects(&next(Some(&before), Some(new))), expected, "{words}");
    }
}

#[test]
fn a_key_that_cannot_be_read_for_once_is_no_other_key_under_its_id() {
    let before = next(None, Some(vec![key(Some("a"), "A")]));
    let broken = next(Some(&before), Some(vec![key(Some("a"), "")]));
    assert_eq!(subjects(&broken), [ChangeSubject::SigningKey]);
}

#[test]
fn the_first_look_and_a_failed_look_show_no_change() {
    assert_eq!(subjects(&next(None, Some(vec![key(Some("a"), "A")]))), []);
    let before = next(None, Some(vec![key(Some("a"), "A")]));
    assert_eq!(subjects(&next(Some(&before), None)), []);
}

#[test]
fn a_change_over_an_outage_is_seen() {
    let before = next(None, Some(vec![key(Some("a"), "A")]));
    let down = next(Some(&next(Some(&before), None)), None);
    let back = next(Some(&down), Some(vec![key(Some("b"), "B")]));
    assert_eq!(subjects(&back), [ChangeSubject::SigningKey]);
    assert_eq!((back.changes[0].from.as_str(), back.changes[0].to.as_str()), ("a", "b"));
    let same = next(Some(&down), Some(vec![key(Some("a"), "A")]));
    assert_eq!(subjects(&same), []);
}

#[test]
fn a_set_that_was_empty_for_once_is_no_change() {
    let before = next(None, Some(vec![key(Some("a"), "A")]));
    let empty = next(Some(&before), Some(Vec::new()));
    assert_eq!(subjects(&empty), []);
    assert_eq!(subjects(&next(Some(&empty), Some(vec![key(Some("a"), "A")]))), []);
    assert_eq!(subjects(&next(Some(&empty), Some(vec![key(Some("b"), "B")]))), [ChangeSubject::SigningKey]);
}

#[test]
fn a_change_is_held_for_its_time_and_no_longer() {
    let before = next(None, Some(vec![key(Some("a"), "A")]));
    let changed = next(Some(&before), Some(vec![key(Some("b"), "B")]));
    let later = |seconds: i64| {
        let mut now = next(None, Some(vec![key(Some("b"), "B")]));
        now.taken_at = changed.changes[0].at + TimeDelta::seconds(seconds);
        now.after(Some(&changed))
    };
    let hold = i64::try_from(changed.target.change_hold_seconds).unwrap();
    assert_eq!(subjects(&later(hold - 1)), [ChangeSubject::SigningKey]);
    assert_eq!(subjects(&later(hold)), []);
}

#[test]
fn a_snapshot_saved_before_keys_were_kept_can_be_read() {
    let mut saved = serde_json::to_value(Snapshot::healthy()).unwrap();
    saved.as_object_mut().unwrap().remove("known_keys");
    assert_eq!(serde_json::from_value::<Snapshot>(saved).unwrap(), Snapshot::healthy());
}

/// The next look, a minute after `before`, with something changed.
fn looked(before: &Snapshot, change: impl FnOnce(&mut Snapshot)) -> Snapshot {
    let mut now = Snapshot::healthy_with_credentials();
    let later = before.taken_at + TimeDelta::minutes(1);
    now.taken_at = later;
    for at in [
        &mut now.discovery.at,
        &mut now.kasm_config.at,
        &mut now.client_registration.at,
        &mut now.kasm_login_settings.at,
    ] {
        *at = later;
    }
    change(&mut now);
    now.after(Some(before))
}

fn first() -> Snapshot {
    Snapshot::healthy_with_credentials().after(None)
}

fn told(snapshot: &Snapshot) -> Vec<String> {
    let field = |change: &Change| change.field.clone().map(|field| format!(" {field}")).unwrap_or_default();
    let tell = |change: &Change| {
        format!(
            "{} {}{}: {} > {}",
            change.subject.side().id(),
            change.subject.id(),
            field(change),
            change.from,
            change.to
        )
    };
    snapshot.changes.iter().map(tell).collect()
}

fn config(now: &mut Snapshot) -> &mut crate::apps::kasm::OidcConfig {
    &mut now.kasm_config.value.as_mut().unwrap().configs[0]
}

fn client(now: &mut Snapshot) -> &mut crate::providers::pocket_id::ClientRegistration {
    &mut now.client_registration.value.as_mut().unwrap().client
}

fn leaf(seen: &mut Observed<crate::model::Connection>) -> &mut crate::model::Certificate {
    &mut seen.value.as_mut().unwrap().tls.as_mut().unwrap().chain[0]
}

#[test]
fn what_somebody_changed_on_either_side_is_told_field_by_field() {
    type Row<'a> = (fn(&mut Snapshot), &'a [&'a str]);
    let rows: [Row<'_>; 12] = [
        (|_| {}, &[]),
        (
            |now| now.discovery.value.as_mut().unwrap().fact.issuer = Some("https://login.test".to_owned()),
            &["provider issuer: https://id.example.test > https://login.test"],
        ),
        (
            |now| {
                let document = std::sync::Arc::make_mut(&mut now.discovery.value.as_mut().unwrap().fact.document);
                document["token_endpoint"] = "https://id.example.test/t".into();
            },
            &["provider endpoints token_endpoint: https://id.example.test/api/oidc/token > https://id.example.test/t"],
        ),
        (
            |now| leaf(&mut now.provider_connection).fingerprint_sha256 = "cd".repeat(3),
            &["provider certificate: SHA-256 ab* > SHA-256 cdcdcd, until 2027-01-23"],
        ),
        (
            |now| leaf(&mut now.app_connection).fingerprint_sha256 = "cd".repeat(3),
            &["app certificate: SHA-256 ab* > SHA-256 cdcdcd, until 2027-01-23"],
        ),
        (
            |now| config(now).token_url = Some("https://old.test/token".to_owned()),
            &["app config token_url: https://id.example.test/api/oidc/token > https://old.test/token"],
        ),
        (
            |now| {
                config(now).has_client_secret = Some(false);
                config(now).issuer = Field::Empty;
            },
            &["app config issuer: https://id.example.test > ", "app config client_secret: on > off"],
        ),
        (
            |now| {
                client(now).callback_urls.push("https://new.test/cb".to_owned());
                client(now).pkce_enabled = Some(true);
            },
            &[
                "provider registration Callback URLs: https://kasm.example.test/api/oidc_callback > \
                 https://kasm.example.test/api/oidc_callback https://new.test/cb",
                "provider registration PKCE: off > on",
            ],
        ),
        (
            |now| now.client_secrets.value.as_mut().unwrap().secrets[0].is_active = false,
            &["provider client_secrets: lHmG > lHmG (not active)"],
        ),
        (
            |now| now.kasm_version.value.as_mut().unwrap().build = "1.20.0".to_owned(),
            &["app version: 1.19.0.00c9b2 > 1.20.0"],
        ),
        (
            |now| now.key_owner.value.as_mut().unwrap().version = Some("2.15.0".to_owned()),
            &["provider version release: 2.14.0 > 2.15.0"],
        ),
        (
            |now| now.kasm_login_settings.value.as_mut().unwrap().configs[0].auto_login = Some(true),
            &["app login_settings auto_login of config 5ca1ab1e: off > on"],
        ),
    ];
    for (change, expected) in rows {
        let changed = looked(&first(), change);
        let fits = |said: &String, wanted: &str| match wanted.split_once('*') {
            Some((begin, end)) => said.starts_with(begin) && said.ends_with(end),
            None => said == wanted,
        };
        let told = told(&changed);
        let is_right =
            told.len() == expected.len() && told.iter().zip(expected).all(|(said, wanted)| fits(said, wanted));
        assert!(is_right, "{told:#?} and not {expected:#?}");
    }
}

#[test]
fn an_outage_is_no_change_and_a_change_over_it_is_seen_once() {
    let away = || Missing::failed(SourceId::KasmConfig, Reason::Timeout, "");
    let down = looked(&first(), |now| now.kasm_config.value = Err(away()));
    let still = looked(&down, |now| now.kasm_config.value = Err(away()));
    assert_eq!(told(&still), Vec::<String>::new());
    let back = looked(&still, |now| config(now).debug = Some(true));
    assert_eq!(told(&back), ["app config debug: off > on"]);
    let after = looked(&back, |now| config(now).debug = Some(true));
    assert_eq!(told(&after), ["app config debug: off > on"], "held, and told once");
    assert_eq!(told(&looked(&still, |_| {})), Vec::<String>::new());
}

#[test]
fn a_fix_is_a_change_and_never_a_fault() {
    let broken = looked(&first(), |now| config(now).token_url = Some("https://old.test/token".to_owned()));
    let fixed = looked(&broken, |_| {});
    assert_eq!(told(&fixed).len(), 2);
    let report = crate::checks::evaluate(&fixed, Some(&broken));
    let failing: Vec<&str> = report.failing().map(|check| check.id.as_str()).collect();
    assert_eq!(failing, Vec::<&str>::new());
}

#[test]
fn the_journal_is_bounded_and_keeps_the_newest() {
    let mut last = first();
    for turn in 0..250 {
        last = looked(&last, |now| config(now).display_name = Some(format!("name {turn}")));
    }
    assert_eq!(last.changes.len(), 200);
    assert_eq!(last.changes.last().unwrap().to, "name 249");
}

#[test]
fn subjects_are_told_apart_by_side_and_id() {
    let labels: std::collections::BTreeSet<(&str, &str)> =
        ChangeSubject::ALL.iter().map(|subject| (subject.side().id(), subject.id())).collect();
    assert_eq!(labels.len(), ChangeSubject::ALL.len());
}

//! A key ID means one key: now, and over time.

use std::collections::BTreeMap;

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Change, ChangeSubject, Finding, Missing, Outcome},
    oidc::{Jwks, short},
};

pub(super) const CHECK: Check = Check {
    id: "signing_key_id_unique",
    severity: SeverityRule::RISK,
    title: "Every key ID stands for one key, and keeps standing for it",
    why: "Clients keep keys by their ID and see no reason to fetch them anew: behind the same ID, another key makes \
          every token look forged until their cache ends.",
    fix: "Pocket ID gives each key an ID of its own (`pocket-id key-rotate`, then restart): find out what else \
           answers in its place. Other providers: give the new key a new ID.",
    needs: &[],
    since: "",
    source: "RFC 7517, section 4.5; OpenID Connect Core 1.0, section 10.1.1",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let mut findings: Vec<Finding> =
        case.now.changes.iter().filter(|change| change.subject == ChangeSubject::KeyUnderSameId).map(changed).collect();
    match case.jwks() {
        Ok(set) => findings.extend(twice(set)),
        Err(missing) if findings.is_empty() => return Err(missing),
        Err(_) => {}
    }
    Ok(Outcome::from_findings(findings))
}

fn changed(change: &Change) -> Finding {
    let when = change.at.format("%Y-%m-%d %H:%M UTC");
    let (from, to) = (&change.from, &change.to);
    let message = format!("The key behind a key ID became another one on {when} (thumbprints: {from}, now {to})");
    Finding::new("changed", message)
}

/// IDs that two different keys of the set have. The same key twice does no harm.
fn twice(set: &Jwks) -> Option<Finding> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut doubled: Vec<String> = Vec::new();
    for key in set.keys.iter().filter(|key| key.is_for_signatures()) {
        let Some(kid) = key.kid.as_deref() else { continue };
        if seen.insert(kid, &key.thumbprint).is_some_and(|other| other != key.thumbprint) {
            doubled.push(short(kid));
        }
    }
    (!doubled.is_empty())
        .then(|| Finding::new("twice", format!("One key ID stands for several keys: {}", doubled.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{blocked, edit, healthy_but, said},
        model::{Snapshot, SourceId},
        oidc::Jwk,
    };

    fn changed_key(subject: ChangeSubject) -> Snapshot {
        healthy_but(|now| {
            let (from, to) = ("A".to_owned(), "B".to_owned());
            now.changes.push(Change { at: now.taken_at, subject, field: None, from, to });
        })
    }

    fn second_key(change: impl FnOnce(&mut Jwk)) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.jwks, |set| {
                let mut key = set.keys[0].clone();
                change(&mut key);
                set.keys.push(key);
            });
        })
    }

    #[test]
    fn an_id_is_one_key_over_time_and_within_the_set() {
        let other = |key: &mut Jwk| key.thumbprint = "other".to_owned();
        let cases = [
            (Snapshot::healthy(), "ok"),
            (changed_key(ChangeSubject::KeyUnderSameId), "fail changed"),
            (changed_key(ChangeSubject::SigningKey), "ok"),
            (second_key(|_| {}), "ok"),
            (second_key(other), "fail twice"),
            (
                second_key(|key| {
                    other(key);
                    key.kid = Some("another".to_owned());
                }),
                "ok",
            ),
            (
                second_key(|key| {
                    other(key);
                    key.key_use = Some("enc".to_owned());
                }),
                "ok",
            ),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.jwks.value);
        }
    }

    #[test]
    fn without_the_key_set_only_a_held_change_is_told() {
        let mut snapshot = changed_key(ChangeSubject::KeyUnderSameId);
        snapshot.jwks = blocked(SourceId::Discovery);
        assert_eq!(said(CHECK.id, &snapshot), "fail changed");
        snapshot.changes.clear();
        assert_eq!(said(CHECK.id, &snapshot), "unknown");
    }
}

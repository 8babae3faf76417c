//! The detection matrix: which fault of the lab is found with which credentials, and what is said of it.
//!
//! `UPDATE_MATRIX=1 cargo test --test it matrix::` writes `tests/detection-matrix.md`.

mod healthy;
mod incidents;
mod pairs;
mod play;
mod saved;
mod schema;
mod table;

use std::{collections::BTreeSet, path::Path};

use ssowatch::{lab::Fault, model::Credential};
use tokio::sync::OnceCell;

use self::{
    incidents::INCIDENTS,
    play::{Dialect, Play, Set, play_all},
};

/// What does not show on 2.9, and why.
const NOT_ON_2_9: &[(Fault, &str)] =
    &[(Fault::AuthorizeGone, "before 2.10 nothing may be sent there: its page would sign a person in")];

/// Faults that another credential shows too, beside the one that the lab names.
const SHOWN_BY_ANOTHER_TOO: &[(Fault, Set)] =
    &[(Fault::SecretExpired, Set::Secret), (Fault::DatabaseLocked, Set::ProviderKey)];

/// A check that fails with few credentials and not with more, since the reason is known then.
const KNOWN_BETTER: &[(Fault, &str)] = &[
    // The admin's key shows that it has no secret that could be refused.
    (Fault::ClientPublic, "client_secret_accepted"),
];

/// What each fault looks like, played once for all tests of this run.
async fn plays() -> &'static [Play] {
    static PLAYS: OnceCell<Vec<Play>> = OnceCell::const_new();
    PLAYS.get_or_init(play_all).await
}

/// The sentences of the README's section, and its table.
pub async fn readme_section() -> String {
    table::summary(plays().await)
}

/// Why nothing is to be said of a play.
fn why_silent(play: &Play) -> Option<&'static str> {
    let only_now = if play.dialect == Dialect::Legacy { NOT_ON_2_9 } else { &[] };
    let only_now = only_now.iter().find(|(silent, _)| *silent == play.fault).map(|(_, why)| *why);
    play.fault.why_silent().or(only_now)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_the_matrix_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/detection-matrix.md");
    let made = table::file(plays().await);
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (made, stands)) in made.lines().zip(stands.lines()).enumerate() {
        assert_eq!(made, stands, "line {}: run UPDATE_MATRIX=1 cargo test --test it matrix::", number + 1);
    }
    assert_eq!(made.len(), stands.len(), "run UPDATE_MATRIX=1 cargo test --test it matrix::");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_credentials_every_fault_is_found_but_those_that_must_stay_silent() {
    let mut wrong = Vec::new();
    for play in plays().await {
        match why_silent(play) {
            Some(_) => {
                let loud = Set::ALL.into_iter().filter(|set| play.is_found(*set));
                wrong.extend(loud.map(|set| format!("{} is told with {}", play.fault, set.words())));
            }
            None if !play.is_found(Set::All) => wrong.push(format!("{} is not found: {:?}", play.fault, play.dialect)),
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_more_credentials_nothing_that_was_found_is_lost() {
    let mut lost = Vec::new();
    for play in plays().await {
        for (fewer, more) in Set::GROWING {
            let [before, after] = [*fewer, *more].map(|set| play.told(set));
            let is_kept =
                |check: &str| after.checks().any(|kept| kept == check) || KNOWN_BETTER.contains(&(play.fault, check));
            let gone: Vec<&str> = before.checks().filter(|check| !is_kept(check)).collect();
            if !gone.is_empty() || (play.is_found(*fewer) && !play.is_found(*more)) {
                let (fewer, more) = (fewer.words(), more.words());
                lost.push(format!("{} {:?}: {gone:?} told with {fewer}, not with {more}", play.fault, play.dialect));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_needs_the_credential_that_the_lab_says_and_no_other() {
    let mut wrong = Vec::new();
    for play in plays().await.iter().filter(|play| play.dialect == Dialect::Fosite) {
        let fault = play.fault;
        if why_silent(play).is_some() {
            continue;
        }
        for set in Set::ALL.into_iter().filter(|set| play.is_found(*set)) {
            if SHOWN_BY_ANOTHER_TOO.contains(&(fault, set)) {
                continue;
            }
            if fault.needs().is_some_and(|needed| !set.has(needed)) {
                wrong.push(format!("{fault} is found with {} already: {:?}", set.words(), play.told(set)));
            }
        }
        if fault.needs().is_none() && !play.is_found(Set::None) {
            wrong.push(format!("{fault} needs no credential, and is not found without"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_faults_enough_and_each_credential_has_its_own() {
    assert!(Fault::ALL.len() >= 60);
    let needed: BTreeSet<Option<Credential>> = Fault::ALL.iter().map(|fault| fault.needs()).collect();
    assert_eq!(needed.len(), 5, "none, the client secret, a Kasm key, and both kinds of Pocket ID key");
    let silent = Fault::ALL.iter().filter(|fault| fault.why_silent().is_some()).count();
    assert!(silent * 20 < Fault::ALL.len());
}

#[test]
fn every_incident_of_both_systems_is_played_or_out_of_reach_for_a_reason() {
    let of =
        |system| INCIDENTS.iter().filter(move |incident| incident.system == system).map(|incident| incident.number);
    assert_eq!(of("Pocket ID").collect::<Vec<_>>(), (1..=28).collect::<Vec<_>>());
    assert_eq!(of("Kasm").collect::<Vec<_>>(), (1..=16).collect::<Vec<_>>());
    for incident in INCIDENTS {
        assert!(!incident.played.is_empty() || incident.beyond.len() > 20, "{}", incident.what);
    }
    let named: Vec<&str> = INCIDENTS.iter().flat_map(|incident| incident.reports).copied().collect();
    for fault in Fault::ALL.iter().filter(|fault| !fault.replays().is_empty()) {
        assert!(named.contains(&fault.replays()), "{fault} replays {}, which is no incident", fault.replays());
    }
}

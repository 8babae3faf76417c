//! Two faults at once, one on each side, with all credentials.

use ssowatch::{
    lab::{Fault, LabOptions},
    model::Credential,
};

use super::play::equip;
use crate::faults::stage::{ROUNDS, Stage, failing, rounds_to_fix};

const ALL: &[Credential] = &[Credential::ClientSecret, Credential::AppKey, Credential::ProviderAdminKey];

/// One fault of each side, the earlier on the login path first, and what fails of each alone.
const PAIRS: &[([Fault; 2], [&[&str]; 2])] = &[
    ([Fault::TokenUrlStale, Fault::SecretRegenerated], [&["token_url_matches"], &["client_secret_accepted"]]),
    (
        [Fault::PkceRequired, Fault::TokenUrlPath],
        [&["pkce_not_required", "authorize_accepted"], &["token_url_matches"]],
    ),
    ([Fault::SecretRegenerated, Fault::UserinfoUrlStale], [&["client_secret_accepted"], &["userinfo_url_matches"]]),
    ([Fault::ScopesInOneEntry, Fault::AllowedGroupsGone], [&["scope_list_shape"], &["users_allowed"]]),
    ([Fault::UserinfoUrlPath, Fault::AllowedGroupEmpty], [&["userinfo_url_matches"], &["users_allowed"]]),
    ([Fault::ConfigDisabled, Fault::SecretRegenerated], [&["login_offered"], &["client_secret_accepted"]]),
];

/// The checks as [`failing`] tells them: the first is the cause.
fn marked(checks: &[&str]) -> Vec<String> {
    let cause = checks.first().map(|check| format!("{check}!"));
    cause.into_iter().chain(checks.iter().skip(1).map(|check| (*check).to_owned())).collect()
}

/// What fails after so many rounds.
async fn after(stage: &mut Stage, rounds: usize) -> Vec<String> {
    let mut said = Vec::new();
    for _ in 0..rounds {
        said = failing(&stage.next_round().await);
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_faults_the_earlier_is_the_cause_and_a_fix_of_either_shows_in_the_next_round() {
    let mut wrong = Vec::new();
    for (faults, [first, second]) in PAIRS {
        for fixed in [0, 1] {
            let mut stage = Stage::new(LabOptions { tls: true, ..LabOptions::default() }).await;
            stage.target = equip(stage.lab.target_with(ALL));
            stage.target.expect.user = None;
            let well = failing(&stage.look().await);
            faults.iter().for_each(|fault| stage.lab.break_with(*fault));
            // Settings are looked at every five minutes.
            let both = after(&mut stage, ROUNDS).await;
            stage.lab.fix(faults[fixed]);
            let one = after(&mut stage, rounds_to_fix(faults[fixed])).await;
            stage.lab.fix_all();
            let left = if fixed == 0 { second } else { first };
            let none = after(&mut stage, rounds_to_fix(faults[1 - fixed])).await;
            let expected = (vec![], marked(&[*first, *second].concat()), marked(left), vec![]);
            let said = (well, both, one, none);
            if said != expected {
                wrong.push(format!("{faults:?}, {fixed} fixed:\n  said      {said:?}\n  should be {expected:?}"));
            }
            stage.close("two faults").await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! The client has one active secret, not a former one beside it.

use chrono::TimeDelta;

use super::{Case, Check, SeverityRule, has_one_secret_without_an_end, is_active, our_entry};
use crate::{
    model::{Credential, Finding, Missing, Outcome},
    providers::pocket_id::SecretEntry,
};

/// How long a rotation may take.
const ROTATION: TimeDelta = TimeDelta::days(7);

pub(super) const CHECK: Check = Check {
    id: "superseded_secret",
    severity: SeverityRule::RISK,
    title: "No former secret of Kasm's client is still active",
    why: "A secret that was replaced and not deleted still signs in whoever has it, and hides which one Kasm uses: the day \
           it is deleted may be the day on which nobody gets in.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets: after a good sign-in with the new \
           secret, delete the one that Kasm does not use.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.14",
    source: "Pocket ID 2.14, client secrets (measured); RFC 9700, section 2.5",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    if has_one_secret_without_an_end(case) {
        return Ok(Outcome::NotApplicable("before 2.14 a client has one secret".to_owned()));
    }
    let secrets = &case.by_key(case.now.client_secrets())?.secrets;
    let all: Vec<&SecretEntry> = secrets.iter().filter(|secret| is_active(case, secret)).collect();
    if all.len() < 2 {
        return Ok(Outcome::OK);
    }
    // While a secret is replaced both must be active for a while.
    let newest = all.iter().filter_map(|secret| secret.created_at).max();
    if newest.is_some_and(|made| case.now.taken_at - made < ROTATION) {
        return Ok(Outcome::noting(format!("{} are active, the newest for less than a week", all.len())));
    }
    let active: Vec<&str> = all.iter().map(|secret| secret.prefix.as_str()).collect();
    let named =
        |prefix: &&str| if prefix.is_empty() { "one from before 2.14".to_owned() } else { (*prefix).to_owned() };
    let list = active.iter().map(named).collect::<Vec<_>>().join(", ");
    let message = format!("Kasm's client has {} active secrets ({list})", active.len());
    let ours = our_entry(case).filter(|entry| active.contains(entry));
    let message = match ours {
        Some(entry) => format!("{message}; our copy is the one that begins with {entry}"),
        None => message,
    };
    Ok(Outcome::fail(Finding::new("more_than_one", message)))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, generic, legacy, table},
        model::Snapshot,
    };

    /// The client's secrets: first characters and whether they are active.
    fn secrets(now: &mut Snapshot, entries: &[(&str, bool)]) {
        *now = Snapshot::healthy_with_credentials();
        let seen = &mut now.client_secrets.value.as_mut().unwrap().secrets;
        let one = seen[0].clone();
        *seen = entries
            .iter()
            .map(|(prefix, is_active)| {
                let mut secret = one.clone();
                (secret.prefix, secret.is_active) = ((*prefix).to_owned(), *is_active);
                secret
            })
            .collect();
    }

    #[test]
    fn a_second_secret_that_is_active_is_a_risk() {
        table(
            &CHECK,
            &[
                ("one", |now| secrets(now, &[("lHmG", true)]), "ok"),
                ("an older one has ended", |now| secrets(now, &[("lHmG", true), ("0MAD", false)]), "ok"),
                ("two", |now| secrets(now, &[("lHmG", true), ("0MAD", true)]), "fail more_than_one"),
                (
                    "two, one of which was made this week",
                    |now| {
                        secrets(now, &[("lHmG", true), ("0MAD", true)]);
                        let made = now.taken_at - chrono::TimeDelta::days(6);
                        now.client_secrets.value.as_mut().unwrap().secrets[1].created_at = Some(made);
                    },
                    "ok",
                ),
                (
                    "two, and when they were made is not known",
                    |now| {
                        secrets(now, &[("lHmG", true), ("0MAD", true)]);
                        let seen = &mut now.client_secrets.value.as_mut().unwrap().secrets;
                        seen.iter_mut().for_each(|secret| secret.created_at = None);
                    },
                    "fail more_than_one",
                ),
                ("none: told by another check", |now| secrets(now, &[]), "ok"),
                ("no key", |_| {}, "unverified"),
                ("before 2.14", legacy, "not_applicable"),
                ("another provider", generic, "not_applicable"),
            ],
        );
        let report = evaluated(&CHECK, |now| secrets(now, &[("lHmG", true), ("", true)]));
        let message = "Kasm's client has 2 active secrets (lHmG, one from before 2.14); our copy is the one that begins \
                       with lHmG";
        assert_eq!(report.findings[0].message, message);
    }
}

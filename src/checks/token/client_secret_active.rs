//! The client has a secret that is active.

use super::{Case, Check, SeverityRule, has_one_secret_without_an_end, is_active, our_entry};
use crate::model::{Credential, Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "client_secret_active",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's client has an active secret",
    why: "From 2.14 on secrets can end: without an active one every sign-in fails after the passkey, in Kasm's \
           Internal Error.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets: add one, and enter it in Kasm: \
           Access Management > Authentication > OpenID > your config > Client Secret, in place.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.14",
    source: "Pocket ID 2.14, client secrets (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    if has_one_secret_without_an_end(case) {
        return Ok(Outcome::NotApplicable("before 2.14 a client has one secret, without an end".to_owned()));
    }
    let secrets = &case.by_key(case.now.client_secrets())?.secrets;
    if case.registration().is_ok_and(|registration| registration.client.is_public == Some(true)) {
        return Ok(Outcome::NotApplicable("a public client has no secret: see pkce_not_required".to_owned()));
    }
    let active = secrets.iter().filter(|secret| is_active(case, secret)).count();
    if active == 0 {
        let (code, message) = match secrets.len() {
            0 => ("none", "Kasm's client has no secret".to_owned()),
            1 => ("ended", "the only secret of Kasm's client has ended".to_owned()),
            count => ("ended", format!("all {count} secrets of Kasm's client have ended")),
        };
        return Ok(Outcome::fail(Finding::new(code, message)));
    }
    if let Some(entry) = our_entry(case) {
        let mut ours = secrets.iter().filter(|secret| secret.prefix == entry).peekable();
        if ours.peek().is_some() && !ours.any(|secret| is_active(case, secret)) {
            let message = format!(
                "our copy of the secret is the one that begins with {entry}, which has ended; if Kasm's is the same, \
                 nobody can sign in"
            );
            return Ok(Outcome::fail(Finding::new("ours_ended", message)));
        }
    }
    Ok(Outcome::noting(if active == 1 { "one is active".to_owned() } else { format!("{active} are active") }))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{generic, legacy, lose, table},
        model::{Reason, Snapshot, SourceId},
        providers::pocket_id::SecretEntry,
    };

    /// The client's secrets: first characters and whether they are active.
    fn secrets(now: &mut Snapshot, entries: &[(&str, bool)]) {
        *now = Snapshot::healthy_with_credentials();
        let seen = &mut now.client_secrets.value.as_mut().unwrap().secrets;
        *seen = entries
            .iter()
            .map(|(prefix, is_active)| SecretEntry {
                id: "d1".to_owned(),
                prefix: (*prefix).to_owned(),
                created_at: None,
                expires_at: None,
                is_active: *is_active,
            })
            .collect();
    }

    #[test]
    fn an_active_secret_is_enough_unless_our_copy_is_one_that_has_ended() {
        table(
            &CHECK,
            &[
                ("one", |now| secrets(now, &[("lHmG", true)]), "ok"),
                ("overlapping", |now| secrets(now, &[("lHmG", true), ("0MAD", true)]), "ok"),
                ("an older one has ended", |now| secrets(now, &[("lHmG", true), ("0MAD", false)]), "ok"),
                ("none", |now| secrets(now, &[]), "fail none"),
                ("all ended", |now| secrets(now, &[("lHmG", false), ("0MAD", false)]), "fail ended"),
                ("ours has ended", |now| secrets(now, &[("lHmG", false), ("0MAD", true)]), "fail ours_ended"),
                (
                    "one has ended, and which is ours is not known",
                    |now| {
                        secrets(now, &[("lHmG", false), ("0MAD", true)]);
                        now.client_secret.value.as_mut().unwrap().entry = None;
                    },
                    "ok",
                ),
                (
                    "ended since it was listed",
                    |now| {
                        secrets(now, &[("lHmG", true)]);
                        let at = now.taken_at;
                        now.client_secrets.value.as_mut().unwrap().secrets[0].expires_at = Some(at);
                    },
                    "fail ended",
                ),
                (
                    "a public client",
                    |now| {
                        secrets(now, &[]);
                        now.client_registration.value.as_mut().unwrap().client.is_public = Some(true);
                    },
                    "not_applicable",
                ),
                (
                    "the database fails",
                    |now| {
                        secrets(now, &[]);
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn only_from_2_14_on_a_secret_can_end() {
        table(
            &CHECK,
            &[
                ("2.14: a key shows it", |_| {}, "unverified"),
                ("before", legacy, "not_applicable"),
                ("another provider", generic, "not_applicable"),
            ],
        );
    }
}

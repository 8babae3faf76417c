//! The client secret does not end soon.

use chrono::TimeDelta;

use super::{Case, Check, SeverityRule, ends_soon, has_one_secret_without_an_end, secrets_in_use};
use crate::model::{Credential, Finding, Missing, Verdict};

/// The warning begins so long before the end.
const USUAL: TimeDelta = TimeDelta::days(30);

pub(super) const CHECK: Check = Check {
    id: "client_secret_lasts",
    severity: SeverityRule::RISK,
    title: "Kasm's client secret does not end soon",
    why: "From 2.14 on secrets can end: on that day every sign-in fails after the passkey.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets: add a second one, enter it in \
           Kasm: Access Management > Authentication > OpenID > your config > Client Secret, and delete the old one \
           after a good sign-in.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.14",
    source: "Pocket ID 2.14, client secrets (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    if has_one_secret_without_an_end(case) {
        return Ok(Verdict::NotApplicable("before 2.14 a client has one secret, without an end".to_owned()));
    }
    case.by_key(&case.now.client_secrets)?;
    let secrets = secrets_in_use(case);
    if secrets.is_empty() {
        return Ok(Verdict::NotApplicable("no secret is active: see client_secret_active".to_owned()));
    }
    let ends: Vec<Option<String>> =
        secrets.iter().map(|secret| secret.expires_at.and_then(|end| ends_soon(case, &CHECK, end, USUAL))).collect();
    let soon: Vec<&String> = ends.iter().flatten().collect();
    match (&soon[..], secrets.len()) {
        ([], _) => Ok(Verdict::OK),
        // Which of several Kasm has is not known, and one of them goes on.
        (soon, count) if soon.len() < count => {
            let note = format!("{} of {count} active secrets end soon; Kasm may have another", soon.len());
            Ok(Verdict::noting(note))
        }
        (soon, _) => {
            let findings = secrets.iter().zip(soon).map(|(secret, when)| {
                let which = if secret.prefix.is_empty() {
                    "the client secret".to_owned()
                } else {
                    format!("the client secret that begins with {}", secret.prefix)
                };
                Finding::new("ends_soon", format!("{which} {when}"))
            });
            Ok(Verdict::Fail(findings.collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use chrono::TimeDelta;

    use crate::{
        checks::testing::{evaluated, generic, legacy, table},
        model::Snapshot,
    };

    /// Secrets of which each ends in so many days, or never.
    fn ending(now: &mut Snapshot, days: &[Option<i64>], is_ours_known: bool) {
        *now = Snapshot::healthy_with_credentials();
        let at = now.taken_at;
        let seen = &mut now.client_secrets.value.as_mut().unwrap().secrets;
        let one = seen.remove(0);
        for (index, days) in days.iter().enumerate() {
            let mut secret = one.clone();
            secret.expires_at = days.map(|days| at + TimeDelta::days(days));
            if index > 0 {
                secret.prefix = format!("new{index}");
            }
            seen.push(secret);
        }
        if !is_ours_known {
            now.client_secret.value.as_mut().unwrap().entry = None;
        }
    }

    #[test]
    fn the_secret_in_use_counts() {
        table(
            &CHECK,
            &[
                ("for ever", |now| ending(now, &[None], true), "ok"),
                ("31 days", |now| ending(now, &[Some(31)], true), "ok"),
                ("29 days", |now| ending(now, &[Some(29)], true), "fail ends_soon"),
                ("ours ends, another goes on", |now| ending(now, &[Some(5), None], true), "fail ends_soon"),
                ("ours goes on, another ends", |now| ending(now, &[None, Some(5)], true), "ok"),
                ("one ends, ours is not known", |now| ending(now, &[Some(5), None], false), "ok"),
                ("all end", |now| ending(now, &[Some(5), Some(6)], false), "fail ends_soon ends_soon"),
                ("none is active", |now| ending(now, &[Some(-1)], true), "not_applicable"),
                (
                    "as asked for",
                    |now| {
                        ending(now, &[Some(29)], true);
                        now.target.warn_seconds.insert("client_secret_lasts".to_owned(), 14 * 86_400);
                    },
                    "ok",
                ),
            ],
        );
    }

    #[test]
    fn the_date_and_the_first_characters_are_told() {
        let report = evaluated(&CHECK, |now| ending(now, &[Some(5)], true));
        let message = "the client secret that begins with lHmG ends in 5 days, on 2026-11-29 12:00 UTC";
        assert_eq!(report.findings[0].message, message);
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

//! The API keys that this daemon uses last a while.

use chrono::TimeDelta;

use super::{Case, Check, SeverityRule, ends_soon};
use crate::model::{Credential, Finding, Missing, Verdict};

/// The warning begins so long before the end: keys are often made for a month.
const USUAL: TimeDelta = TimeDelta::days(7);

pub(super) const CHECK: Check = Check {
    id: "api_keys_last",
    severity: SeverityRule::RISK,
    title: "The API keys that ssowatch uses do not end soon",
    why: "Sign-in goes on without them, but from that day on ssowatch sees less, and says so.",
    fix: "Pocket ID: Administration > API Keys: make a new one and put it in provider.api_key_file. Kasm: Settings > \
           Developers > Add API Key: the same for kasm.api_key_file and kasm.api_key_secret_file.",
    needs: &[Credential::ProviderKey, Credential::AppKey],
    since: "",
    source: "Pocket ID, API keys; Kasm documentation, Developer API",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let has = |credential| case.target().credentials.contains(&credential);
    if !has(Credential::ProviderKey) {
        return Ok(match has(Credential::AppKey) {
            true => Verdict::Unverified(
                "Kasm does not tell a key when it ends: see Settings > Developers in Kasm".to_owned(),
            ),
            false => Verdict::NotApplicable("no API key is configured".to_owned()),
        });
    }
    let owner = case.now.key_owner.get()?;
    let Some(end) = owner.key_expires_at else {
        return Ok(Verdict::noting("the Pocket ID key stands in no list of keys, as a static one: it has no end"));
    };
    if let Some(when) = ends_soon(case, &CHECK, end, USUAL) {
        return Ok(Verdict::fail(Finding::new("ends_soon", format!("our Pocket ID key {when}"))));
    }
    Ok(Verdict::noting(format!("the Pocket ID key ends on {}", end.format("%Y-%m-%d"))))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use chrono::TimeDelta;

    use crate::{
        checks::testing::{lose, table},
        model::{Credential, Reason, Snapshot, SourceId},
    };

    fn ending(now: &mut Snapshot, days: Option<i64>) {
        *now = Snapshot::healthy_with_credentials();
        let at = now.taken_at;
        now.key_owner.value.as_mut().unwrap().key_expires_at = days.map(|days| at + TimeDelta::days(days));
    }

    #[test]
    fn without_a_key_there_is_nothing_to_end() {
        table(
            &CHECK,
            &[
                ("no key", |_| {}, "not_applicable"),
                (
                    "a key",
                    |now| {
                        now.target.credentials.insert(Credential::AppKey);
                    },
                    "unverified",
                ),
                ("a Pocket ID key", |now| ending(now, Some(100)), "ok"),
                ("it ends soon", |now| ending(now, Some(6)), "fail ends_soon"),
                ("it has just ended", |now| ending(now, Some(-1)), "fail ends_soon"),
                ("a static key", |now| ending(now, None), "ok"),
                (
                    "it is refused",
                    |now| {
                        ending(now, None);
                        lose(&mut now.key_owner, SourceId::KeyOwner, Reason::Unauthorized);
                    },
                    "unknown",
                ),
            ],
        );
    }
}

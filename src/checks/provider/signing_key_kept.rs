//! The signing keys are those of the look before. A change stays told for `change_hold`.
//!
//! A key that is added beside the old ones is a good rotation; one that goes is a change.

use super::{Case, Check, SeverityRule};
use crate::model::{Change, ChangeSubject, Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "signing_key_kept",
    severity: SeverityRule::INFO,
    title: "The provider's signing keys have not changed lately",
    why: "Pocket ID publishes one key and swaps it at a restart without any overlap: clients that keep the old key set \
          refuse new tokens until they fetch it anew, and older tokens stop verifying. An upgrade from 1.x to 2.x \
          changes it too.",
    fix: "If it was meant (`pocket-id key-rotate`, an upgrade), there is nothing to do; if sign-in fails since, \
           restart Kasm's API container, which may hold the old keys. If it was not: keep KEYS_PATH or the database on \
           a volume that outlives the container.",
    needs: &[],
    since: "",
    source: "OpenID Connect Core 1.0, section 10.1.1; measured: key rotation on Pocket ID 1.16 to 2.10; pocket-id \
             issues 339 and 356",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let changes = case.now.changes.iter().filter(|change| change.subject == ChangeSubject::SigningKey);
    let findings: Vec<Finding> = changes.map(finding).collect();
    if findings.is_empty() {
        case.jwks()?;
    }
    Ok(Outcome::from_findings(findings))
}

fn finding(change: &Change) -> Finding {
    let when = change.at.format("%Y-%m-%d %H:%M UTC");
    Finding::new("changed", format!("The signing keys changed on {when}: from {} to {}", change.from, change.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{blocked, healthy_but, report, said},
        model::{Snapshot, SourceId},
    };

    fn with(subject: ChangeSubject) -> Snapshot {
        healthy_but(|now| {
            let (from, to) = ("a".to_owned(), "b".to_owned());
            now.changes.push(Change { at: now.taken_at, subject, field: None, from, to });
        })
    }

    #[test]
    fn a_held_change_is_told_with_its_time_and_both_ids() {
        let changed = with(ChangeSubject::SigningKey);
        assert_eq!(said(CHECK.id, &changed), "fail changed");
        let message = &report(CHECK.id, &changed).findings[0].message;
        assert_eq!(message, "The signing keys changed on 2026-11-24 12:00 UTC: from a to b");
    }

    #[test]
    fn a_change_is_told_also_while_the_key_set_is_missing() {
        let mut changed = with(ChangeSubject::SigningKey);
        changed.jwks = blocked(SourceId::Discovery);
        assert_eq!(said(CHECK.id, &changed), "fail changed");
        changed.changes.clear();
        assert_eq!(said(CHECK.id, &changed), "unknown");
    }

    #[test]
    fn other_changes_are_not_its_own() {
        assert_eq!(said(CHECK.id, &Snapshot::healthy()), "ok");
        assert_eq!(said(CHECK.id, &with(ChangeSubject::KeyUnderSameId)), "ok");
    }
}

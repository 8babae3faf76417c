//! Kasm's `state` (and `nonce`, if it sends one) is as long as Pocket ID 2.10 demands.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, Severity},
    oidc::AuthorizeUrl,
    providers::pocket_id::Dialect,
};

/// In characters (Pocket ID 2.10 and later).
const LEAST: usize = 8;

pub(super) const CHECK: Check = Check {
    id: "state_length",
    severity: SeverityRule::By(severity),
    title: "Kasm's state, and its nonce if it sends one, have at least 8 characters",
    why: "From 2.10 on Pocket ID refuses a shorter state at once (invalid_state), and a shorter nonce after the passkey \
           (insufficient_entropy).",
    fix: "Kasm makes the state itself: upgrade Kasm, or see what rewrites its addresses on the way.",
    needs: &[],
    since: "Pocket ID 2.10",
    source: "Pocket ID 2.10 and later, /authorize (measured); RFC 6749, section 10.10",
    fields: &[],
    run,
};

fn severity(dialect: Dialect) -> Severity {
    match dialect {
        Dialect::Fosite => Severity::Outage,
        Dialect::Legacy | Dialect::Openid => Severity::Risk,
    }
}

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    if case.version.is_none() {
        // Which release will answer is not known.
        case.discovery()?;
    }
    if case.dialect == Dialect::Legacy {
        return Ok(Outcome::NotApplicable(
            "before 2.10 Pocket ID takes any state; next_version_safe looks ahead".to_owned(),
        ));
    }
    Ok(Outcome::from_findings(too_short(case.authorize_url()?)))
}

/// What Pocket ID 2.10 finds too short.
pub(in crate::checks) fn too_short(sent: &AuthorizeUrl) -> Vec<Finding> {
    let mut findings = Vec::new();
    let length = sent.state.as_ref().map_or(0, |state| state.length);
    if length < LEAST {
        findings.push(Finding::new("state_short", format!("Kasm's state has {length} characters, not {LEAST}")));
    }
    if let Some(length) = sent.nonce_length.filter(|length| *length < LEAST) {
        // The authorize step lets it pass; the token step ends in insufficient_entropy.
        findings.push(
            Finding::new("nonce_short", format!("Kasm's nonce has {length} characters, not {LEAST}"))
                .fix("Kasm makes the nonce itself: upgrade Kasm, or see what rewrites its addresses on the way."),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, generic, legacy, lose, table, url},
        model::{Reason, Severity, Snapshot, SourceId},
        providers::ProviderKind,
    };

    fn state(now: &mut Snapshot, length: usize) {
        url(now).state.as_mut().unwrap().length = length;
    }

    #[test]
    fn eight_characters_are_enough() {
        table(
            &CHECK,
            &[
                ("Kasm's", |_| {}, "ok"),
                ("eight", |now| state(now, 8), "ok"),
                ("seven", |now| state(now, 7), "fail state_short"),
                ("none", |now| url(now).state = None, "fail state_short"),
                ("a short nonce", |now| url(now).nonce_length = Some(7), "fail nonce_short"),
                (
                    "a short one, and nobody knows the release",
                    |now| {
                        state(now, 7);
                        now.target.provider.kind = Some(ProviderKind::PocketId);
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Connect);
                    },
                    "unknown",
                ),
                (
                    "a short one before 2.10",
                    |now| {
                        state(now, 7);
                        legacy(now);
                    },
                    "not_applicable",
                ),
                (
                    "another provider",
                    |now| {
                        state(now, 7);
                        generic(now);
                    },
                    "not_applicable",
                ),
            ],
        );
        assert_eq!(evaluated(&CHECK, |now| state(now, 7)).severity, Severity::Outage);
        let report = evaluated(&CHECK, |now| url(now).nonce_length = Some(7));
        let finding = &report.findings[0];
        assert!(finding.message.contains("nonce") && !finding.message.contains("state"), "{finding:?}");
        assert!(finding.fix.as_deref().is_some_and(|fix| fix.contains("nonce")), "{finding:?}");
    }
}

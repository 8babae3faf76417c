//! From a snapshot to a report.

use super::{Case, Check, all, app::own_settings};
use crate::{
    clock::Time,
    model::{
        Cause, CheckReport, Coverage, Drift, Expiry, Finding, Login, Missing, Outcome, Report, Severity, Snapshot,
        SourceReport, Stage, Verdict, Verified,
    },
    oidc,
    providers::pocket_id::Version,
};

/// The longest text that is told of one thing, in characters: more than any good address or sentence has.
const LONGEST: usize = 800;

/// Evaluates a snapshot by every check. Pure: the same snapshots give the same report.
#[must_use]
pub fn evaluate(now: &Snapshot, before: Option<&Snapshot>) -> Report {
    report_of(&Case::new(now, before), now)
}

/// As [`evaluate`], as if the provider were that release of Pocket ID: what an upgrade would break.
#[must_use]
pub fn evaluate_as_if(now: &Snapshot, before: Option<&Snapshot>, release: Version) -> Report {
    report_of(&Case::new(now, before).assuming(release), now)
}

fn report_of(case: &Case<'_>, now: &Snapshot) -> Report {
    let is_misled = is_misled(case);
    let checks: Vec<CheckReport> = all().map(|(stage, check)| report(case, stage, check, is_misled)).collect();
    let cause = cause(&checks);
    let coverage = coverage(&checks);
    Report {
        name: now.target.name.clone(),
        login: login(&checks),
        verified: if coverage.proven == coverage.known { Verified::Full } else { Verified::Partial },
        cause,
        coverage,
        at: now.taken_at,
        provider: case.recognised().to_string(),
        recognised: case.recognised(),
        app: case.app.clone(),
        auto_login: auto_login(case),
        checks,
        sources: sources(case, now),
        expiries: expiries(case),
    }
}

/// Whether our own settings lead elsewhere: then nothing that was seen is about this pair.
fn is_misled(case: &Case<'_>) -> bool {
    let check = &own_settings::CHECK;
    !case.target().off.contains(check.id) && matches!((check.run)(case), Ok(Outcome::Fail(_)))
}

fn report(case: &Case<'_>, stage: Stage, check: &Check, is_misled: bool) -> CheckReport {
    case.now.forget_reads();
    let run = if case.target().off.contains(check.id) {
        Ok(Outcome::Off)
    } else if let Some(why) = super::does_not_apply(stage, check, case.app.kind()) {
        Ok(Outcome::NotApplicable(why.to_owned()))
    } else if is_misled && check.id != own_settings::CHECK.id {
        Ok(Outcome::Unknown("waits for ssowatch's own settings (own_settings)".to_owned()))
    } else {
        (check.run)(case)
    };
    let inconclusive = match &run {
        Ok(outcome) => outcome.inconclusive(),
        Err(missing) => Some(missing.into()),
    };
    let outcome = run.unwrap_or_else(|missing| without(&missing));
    let verdict = outcome.verdict();
    let (reason, findings) = match outcome {
        Outcome::Fail(findings) => {
            let own = case.profile().fix(check.id, check.fix);
            let words = |finding| in_words_of(case, check, bounded(finding, own));
            (None, findings.into_iter().map(words).collect())
        }
        Outcome::Ok(note) => (note.map(|note| case.app.text(&cut(note))), Vec::new()),
        // What it does not apply for stands there by name.
        Outcome::NotApplicable(why) => (Some(cut(why)), Vec::new()),
        Outcome::Unknown(why) | Outcome::Unverified(why) => (Some(case.app.text(&cut(why))), Vec::new()),
        Outcome::Off => (None, Vec::new()),
    };
    CheckReport {
        seen_at: case.now.oldest_read(),
        id: check.id.to_owned(),
        stage,
        severity: check.severity.of(case),
        verdict,
        reason,
        inconclusive,
        findings,
    }
}

/// A finding with every text in it cut: their values are what servers say. Without a fix of its own it has its check's, in the
/// words of the provider's kind.
fn bounded(finding: Finding, own: &str) -> Finding {
    let Finding { code, message, fix, drift, expiry } = finding;
    let drift = drift.map(|drift| Drift { expected: cut(drift.expected), actual: cut(drift.actual), ..drift });
    Finding { code, message: cut(message), fix: Some(fix.map_or_else(|| own.to_owned(), cut)), drift, expiry }
}

/// A finding in the words of the app.
fn in_words_of(case: &Case<'_>, check: &Check, finding: Finding) -> Finding {
    if case.is_kasm() {
        return finding;
    }
    let Finding { code, message, fix, drift, expiry } = finding;
    let fix = fix.map(|fix| case.app.text(&fix));
    let fix = case.app.fix(check.id, &code, fix.as_deref()).or(fix);
    let drift = drift.map(|drift| Drift {
        expected_by: case.app.text(&drift.expected_by),
        actual_by: case.app.text(&drift.actual_by),
        ..drift
    });
    Finding { code, message: case.app.text(&message), fix, drift, expiry }
}

/// At most [`LONGEST`] characters.
fn cut(text: String) -> String {
    if text.len() <= LONGEST { text } else { oidc::cut(&text, LONGEST) }
}

/// The outcome of a check that lacks a fact.
fn without(missing: &Missing) -> Outcome {
    match missing {
        Missing::NotConfigured(_) | Missing::OutOfReach(_) => Outcome::Unverified(missing.to_string()),
        Missing::Failed { .. } | Missing::Blocked { .. } => Outcome::Unknown(missing.to_string()),
        Missing::NotApplicable(_) => Outcome::NotApplicable(missing.to_string()),
    }
}

/// The first outage; or our own settings, while nothing else is evaluated.
fn cause(checks: &[CheckReport]) -> Option<Cause> {
    let is_cause = |check: &&CheckReport| check.severity == Severity::Outage || check.id == own_settings::CHECK.id;
    let first = checks.iter().find(|check| check.verdict == Verdict::Fail && is_cause(check))?;
    Some(Cause { check: first.id.clone(), stage: first.stage })
}

fn login(checks: &[CheckReport]) -> Login {
    let any = |verdict: Verdict, severity: Severity| {
        checks.iter().any(|check| check.verdict == verdict && check.severity == severity)
    };
    if any(Verdict::Fail, Severity::Outage) {
        return Login::Broken;
    }
    let blind = all().zip(checks).any(|((_, check), report)| {
        check.needs.is_empty() && report.severity == Severity::Outage && report.verdict == Verdict::Unknown
    });
    if blind || is_hidden(checks) {
        Login::Unknown
    } else if any(Verdict::Fail, Severity::Degraded) {
        Login::Degraded
    } else {
        Login::Ok
    }
}

/// Whether Kasm's side of the login path is hidden from here (a login wall, another web site in its place): its checks
/// are *unverified* then, since a person can give us the way through, but of the path nothing at all was seen.
fn is_hidden(checks: &[CheckReport]) -> bool {
    checks.iter().any(|check| check.id == "login_starts" && check.verdict == Verdict::Unverified)
}

fn coverage(checks: &[CheckReport]) -> Coverage {
    let count = |is: fn(Verdict) -> bool| checks.iter().filter(|check| is(check.verdict)).count();
    Coverage { proven: count(Verdict::is_proven), known: count(Verdict::is_known) }
}

fn auto_login(case: &Case<'_>) -> Option<bool> {
    let settings = case.now.kasm_login_settings().ok()?;
    let ours = &case.start().ok()?.config_id;
    settings.configs.iter().find(|config| config.id == *ours)?.auto_login
}

fn sources(case: &Case<'_>, now: &Snapshot) -> Vec<SourceReport> {
    now.observations()
        .into_iter()
        .map(|(id, at, took_seconds, missing)| {
            let (ok, reason) = match missing {
                None => (Some(true), None),
                Some(Missing::Failed { reason, .. }) => (Some(false), Some(*reason)),
                Some(_) => (None, None),
            };
            SourceReport {
                id,
                ok,
                reason,
                detail: missing.map(|why| case.app.text(&why.to_string())),
                at,
                took_seconds,
            }
        })
        .collect()
}

/// What expires: the earliest date in each chain as served, the client secret, our own key.
fn expiries(case: &Case<'_>) -> Vec<Expiry> {
    let now = &case.now;
    let earliest = |connection: Option<&crate::model::Connection>| -> Option<Time> {
        connection?.tls.as_ref()?.chain.iter().map(|certificate| certificate.not_after).min()
    };
    let mut found: Vec<Expiry> = [
        ("provider_certificate", earliest(now.provider_connection().ok())),
        ("app_certificate", earliest(now.app_connection().ok())),
        ("client_secret", super::token::secret_ends(case)),
        ("provider_key", now.key_owner().ok().and_then(|owner| owner.key_expires_at)),
    ]
    .into_iter()
    .filter_map(|(item, at)| Some(Expiry { item: item.to_owned(), at: at? }))
    .collect();
    found.sort_by_key(|expiry| expiry.at);
    found
}

/// Whether evaluating still works: a built-in broken snapshot is evaluated broken with the right cause, and a good one good.
#[must_use]
pub fn self_test() -> bool {
    let good = Snapshot::healthy();
    let mut bad = good.clone();
    bad.login_start = crate::model::Observed::seen(
        good.taken_at,
        0.0,
        crate::apps::kasm::KasmStart {
            starts: vec![crate::apps::kasm::Start {
                config_id: "0".repeat(32),
                display_name: "Pocket ID".to_owned(),
                outcome: crate::apps::kasm::StartOutcome::Refused("No SSO ID".to_owned()),
            }],
        },
    );
    let broken = evaluate(&bad, None);
    evaluate(&good, None).login == Login::Ok
        && broken.login == Login::Broken
        && broken.cause.is_some_and(|cause| cause.check == "login_starts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::pocket_id::SecretEntry;

    #[test]
    fn a_wall_before_kasm_leaves_the_answer_open() {
        let mut walled = Snapshot::healthy();
        let wall = || Missing::OutOfReach("a login wall".to_owned());
        walled.kasm_login_settings.value = Err(wall());
        walled.login_start.value = Err(wall());
        walled.authorize_dry_run.value = Err(wall());
        let report = evaluate(&walled, None);
        assert_eq!((report.login, report.failing().count()), (Login::Unknown, 0));
    }

    #[test]
    fn what_a_server_says_without_end_is_cut() {
        let mut long = Snapshot::healthy();
        if let crate::apps::kasm::StartOutcome::Url(url) =
            &mut long.login_start.value.as_mut().unwrap().starts[0].outcome
        {
            url.endpoint = format!("https://old.example.test/{}", "é".repeat(10_000));
        }
        let report = evaluate(&long, None);
        let finding = &report.check("authorization_url_matches").unwrap().findings[0];
        let actual = &finding.drift.as_ref().unwrap().actual;
        assert_eq!((finding.message.chars().count(), actual.chars().count()), (LONGEST, LONGEST));
        assert!(actual.ends_with('…'));
    }

    #[test]
    fn the_self_test_holds() {
        assert!(self_test());
    }

    fn items(now: &Snapshot) -> Vec<String> {
        evaluate(now, None).expiries.into_iter().map(|expiry| expiry.item).collect()
    }

    #[test]
    fn the_client_secret_and_our_key_stand_among_what_ends_where_one_date_can_be_told() {
        let mut now = Snapshot::healthy_with_credentials();
        let certificates = ["provider_certificate", "app_certificate"];
        assert_eq!(items(&Snapshot::healthy()), certificates);
        assert_eq!(items(&now), [&certificates[..], &["client_secret", "provider_key"]].concat());
        // A second secret, and which one Kasm has is not known.
        let secrets = &mut now.client_secrets.value.as_mut().unwrap().secrets;
        secrets.push(SecretEntry { prefix: "0MAD".to_owned(), ..secrets[0].clone() });
        now.client_secret.value.as_mut().unwrap().entry = None;
        assert_eq!(items(&now), [&certificates[..], &["provider_key"]].concat());
    }

    #[test]
    fn an_assumed_release_is_evaluated_by_its_own_rules_and_the_trial_of_another_says_nothing() {
        let now = Snapshot::healthy_with_credentials();
        let report = evaluate_as_if(&now, None, Version::new(2, 9));
        assert_eq!(report.provider, "Pocket ID 2.9");
        assert_eq!(report.check("authorize_accepted").unwrap().verdict, Verdict::Unverified);
        assert_eq!(report.check("redirect_uri_registered").unwrap().verdict, Verdict::Ok, "by the registration");
        assert_eq!(report.check("client_secret_active").unwrap().verdict, Verdict::NotApplicable);
        let same = evaluate_as_if(&now, None, Version::new(2, 14));
        assert_eq!(same.check("authorize_accepted").unwrap().verdict, Verdict::Ok, "the release that it is");
    }
}

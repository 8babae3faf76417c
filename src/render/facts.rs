//! Facts of a report or a snapshot in a few words.

use crate::{
    apps::kasm::{Chosen, StartOutcome},
    checks::{self, Case},
    clock::Time,
    model::{CheckReport, Credential, Finding, Inconclusive, Report, Snapshot, Stage},
    providers::{ProviderKind, profile},
};

/// The provider's name, or `Provider` where its kind is not known.
pub(crate) fn provider_name(report: &Report) -> &'static str {
    match report.recognised.kind {
        ProviderKind::Openid => "Provider",
        kind => profile(kind).name,
    }
}

/// A field as people say it: `redirect_url` is a redirect URL.
pub(crate) fn field_in_words(field: &str) -> String {
    let words: Vec<String> = field
        .split('_')
        .map(|word| match word {
            "url" | "uri" | "id" | "jwks" | "pkce" => word.to_uppercase(),
            _ => word.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// What a finding says beside the two values that differ; none where it says nothing else.
pub(crate) fn without_values(finding: &Finding) -> Option<String> {
    let Some(drift) = &finding.drift else { return Some(finding.message.clone()) };
    let has_both = [&drift.expected, &drift.actual].iter().all(|value| finding.message.contains(value.as_str()));
    if !has_both {
        return Some(finding.message.clone());
    }
    let (lead, _) = finding.message.split_once(": ")?;
    (drift.sentence() != finding.message).then(|| lead.to_owned())
}

/// What is worth saying about a stage that is good.
pub(crate) fn good(report: &Report, snapshot: &Snapshot, stage: Stage) -> Option<String> {
    match stage {
        Stage::App => Some(kasm(report, snapshot)),
        Stage::Offer => offered(report, snapshot),
        Stage::Start => sent_to(snapshot),
        Stage::Provider => Some(provider(report, snapshot)),
        Stage::Authorize => {
            snapshot.authorize_dry_run.ok().filter(|answer| answer.is_accepted()).map(|_| {
                format!("{} takes {}'s request, tried without a user", provider_name(report), report.app.name())
            })
        }
        Stage::Upkeep => upkeep(report),
        Stage::Token | Stage::Claims | Stage::Landing | Stage::Logout => None,
    }
}

/// When something ends next; what has ended is reported by its own check.
fn upkeep(report: &Report) -> Option<String> {
    let (past, to_come): (Vec<_>, Vec<_>) = report.expiries.iter().partition(|expiry| expiry.at <= report.at);
    let next = date(to_come.first()?.at);
    Some(if past.is_empty() {
        format!("nothing expires before {next}")
    } else {
        format!("nothing else expires before {next}")
    })
}

fn provider(report: &Report, snapshot: &Snapshot) -> String {
    let url = &snapshot.target.provider.url;
    match report.recognised.version {
        Some(version) => format!("{version} at {url}"),
        None => url.clone(),
    }
}

fn kasm(report: &Report, snapshot: &Snapshot) -> String {
    let url = &snapshot.target.app.url;
    match report.expiries.iter().find(|expiry| expiry.item == "app_certificate") {
        Some(expiry) if expiry.at > report.at => {
            format!("{url}, certificate lasts {}", days((expiry.at - report.at).num_days()))
        }
        _ => url.clone(),
    }
}

fn offered(report: &Report, snapshot: &Snapshot) -> Option<String> {
    let settings = snapshot.kasm_login_settings.ok()?;
    let ours = snapshot.login_start.ok().and_then(|start| match start.ours(snapshot.target.wanted()) {
        Chosen::Ours(start) => Some(&start.config_id),
        _ => None,
    });
    let config = settings.configs.iter().find(|config| Some(&config.id) == ours)?;
    let shown = format!("\"{}\" is shown", config.display_name);
    Some(if report.auto_login == Some(true) { format!("{shown}, and auto login is on") } else { shown })
}

fn sent_to(snapshot: &Snapshot) -> Option<String> {
    let Chosen::Ours(start) = snapshot.login_start.ok()?.ours(snapshot.target.wanted()) else { return None };
    let StartOutcome::Url(url) = &start.outcome else { return None };
    Some(format!("at {}", url.endpoint))
}

/// The credentials that a check needs and the config does not name, in one order, whatever the check's own is. A key that
/// is configured and shows less than the check needs counts as none.
pub(crate) fn missing_credentials(snapshot: &Snapshot, check: &CheckReport) -> Vec<Credential> {
    let needs = checks::find(&check.id).map_or(&[][..], |(_, check)| check.needs);
    // No other provider has such a key, and no other app.
    let case = Case::new(snapshot, None);
    let is_pocket_id = case.kind == ProviderKind::PocketId;
    let is_its_key =
        |credential: &Credential| matches!(credential, Credential::ProviderAdminKey | Credential::ProviderKey);
    let mut missing: Vec<Credential> = needs
        .iter()
        .copied()
        .filter(|credential| !snapshot.target.credentials.contains(credential))
        .filter(|credential| is_pocket_id || !is_its_key(credential))
        .filter(|credential| case.is_kasm() || *credential != Credential::AppKey)
        .collect();
    if let (true, Some(Inconclusive::NotConfigured { credential })) = (missing.is_empty(), check.inconclusive) {
        missing.push(credential);
    }
    missing.sort_unstable();
    missing
}

/// Credentials in words: `a Kasm key and the client secret`.
pub(crate) fn in_words(credentials: impl IntoIterator<Item = Credential>) -> String {
    let names: Vec<String> = credentials.into_iter().map(|credential| credential.to_string()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// A number of days in words.
pub(crate) fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

/// A number of checks in words.
pub(crate) fn checks_in_words(count: usize) -> String {
    if count == 1 { "1 check".to_owned() } else { format!("{count} checks") }
}

/// A date.
pub(crate) fn date(at: Time) -> String {
    at.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Drift;

    #[test]
    fn a_message_is_told_without_the_values_that_stand_below_it() {
        let drift = Drift::of("redirect_url", ("The provider has", "https://a"), ("Kasm sends", "https://b"));
        let left = |message: &str| {
            let mut finding = Finding::new("differs", message);
            finding.drift = drift.clone();
            without_values(&finding)
        };
        let sentence = drift.as_ref().map(Drift::sentence).unwrap_or_default();
        assert_eq!(left(&sentence), None);
        assert_eq!(
            left("The path differs: https://b, where https://a is expected").as_deref(),
            Some("The path differs")
        );
        assert_eq!(left("https://b is not https://a"), None);
        assert_eq!(left("The provider refuses it").as_deref(), Some("The provider refuses it"));
        assert_eq!(without_values(&Finding::new("gone", "It is: gone")).as_deref(), Some("It is: gone"));
    }

    #[test]
    fn checks_that_need_the_same_credentials_name_them_in_one_order() {
        let snapshot = Snapshot::healthy();
        let report = checks::evaluate(&snapshot, None);
        let of = |id: &str| missing_credentials(&snapshot, report.checks.iter().find(|check| check.id == id).unwrap());
        assert_eq!(of("group_names_map"), [Credential::AppKey, Credential::ProviderAdminKey]);
        assert_eq!(of("logout_url_registered"), of("group_names_map"));
    }

    #[test]
    fn upkeep_never_names_a_date_that_is_past() {
        let mut report = checks::evaluate(&Snapshot::healthy(), None);
        let told = |report: &Report| good(report, &Snapshot::healthy(), Stage::Upkeep);
        assert_eq!(told(&report).as_deref(), Some("nothing expires before 2027-01-23"));
        report.expiries[0].at = report.at - chrono::TimeDelta::days(3);
        assert_eq!(told(&report).as_deref(), Some("nothing else expires before 2027-01-23"));
        report.expiries.truncate(1);
        assert_eq!(told(&report), None);
    }

    #[test]
    fn fields_and_counts_read_as_people_say_them() {
        assert_eq!(field_in_words("redirect_url"), "redirect URL");
        assert_eq!(field_in_words("client_id"), "client ID");
        assert_eq!((days(1).as_str(), days(2).as_str()), ("1 day", "2 days"));
        assert_eq!((checks_in_words(1).as_str(), checks_in_words(0).as_str()), ("1 check", "0 checks"));
        let all = [Credential::AppKey, Credential::ClientSecret, Credential::ProviderKey];
        assert_eq!(in_words(all), "a Kasm key, the client secret and a Pocket ID key");
    }
}

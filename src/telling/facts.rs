//! Facts of a report or a snapshot in a few words.

use crate::{
    checks,
    clock::Time,
    kasm::{Chosen, StartOutcome},
    model::{CheckReport, Credential, Report, Snapshot, Stage},
};

/// The provider's name: `Pocket ID`, or `Provider` where it is another or not known.
pub(super) fn provider_name(report: &Report) -> &'static str {
    if report.provider.starts_with("Pocket ID") { "Pocket ID" } else { "Provider" }
}

/// A field as people say it: `redirect_url` is a redirect URL.
pub(super) fn field_in_words(field: &str) -> String {
    let words: Vec<String> = field
        .split('_')
        .map(|word| match word {
            "url" | "uri" | "id" | "jwks" | "pkce" => word.to_uppercase(),
            _ => word.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// What is worth saying about a stage that is good.
pub(super) fn good(report: &Report, snapshot: &Snapshot, stage: Stage) -> Option<String> {
    match stage {
        Stage::Kasm => Some(kasm(report, snapshot)),
        Stage::Offer => offered(report, snapshot),
        Stage::Start => sent_to(snapshot),
        Stage::Provider => Some(provider(report, snapshot)),
        Stage::Authorize => snapshot
            .authorize_dry_run
            .ok()
            .filter(|answer| answer.is_accepted())
            .map(|_| format!("{} takes Kasm's request, tried without a user", provider_name(report))),
        Stage::Upkeep => report.expiries.first().map(|expiry| format!("nothing expires before {}", date(expiry.at))),
        Stage::Token | Stage::Claims | Stage::Landing | Stage::Logout => None,
    }
}

fn provider(report: &Report, snapshot: &Snapshot) -> String {
    let url = &snapshot.target.provider.url;
    match report.provider.strip_prefix("Pocket ID") {
        Some("") => url.clone(),
        Some(version) => format!("{} at {url}", version.trim_start()),
        None => url.clone(),
    }
}

fn kasm(report: &Report, snapshot: &Snapshot) -> String {
    let url = &snapshot.target.kasm.url;
    match report.expiries.iter().find(|expiry| expiry.item == "kasm_certificate") {
        Some(expiry) if expiry.at > report.at => {
            format!("{url}, certificate lasts {}", days((expiry.at - report.at).num_days()))
        }
        _ => url.clone(),
    }
}

fn offered(report: &Report, snapshot: &Snapshot) -> Option<String> {
    let settings = snapshot.kasm_login_settings.ok()?;
    let ours = snapshot.kasm_start.ok().and_then(|start| match start.ours(&snapshot.target) {
        Chosen::Ours(start) => Some(&start.config_id),
        _ => None,
    });
    let config = settings.configs.iter().find(|config| Some(&config.id) == ours)?;
    let shown = format!("\"{}\" is shown", config.display_name);
    Some(if report.auto_login == Some(true) { format!("{shown}, and auto login is on") } else { shown })
}

fn sent_to(snapshot: &Snapshot) -> Option<String> {
    let Chosen::Ours(start) = snapshot.kasm_start.ok()?.ours(&snapshot.target) else { return None };
    let StartOutcome::Url(url) = &start.outcome else { return None };
    Some(format!("at {}", url.endpoint))
}

/// The credentials that a check needs and the config does not name.
pub(super) fn missing_credentials(snapshot: &Snapshot, check: &CheckReport) -> Vec<Credential> {
    let needs = checks::find(&check.id).map_or(&[][..], |(_, check)| check.needs);
    needs.iter().copied().filter(|credential| !snapshot.target.credentials.contains(credential)).collect()
}

/// Credentials in words: `a Kasm key and the client secret`.
pub(super) fn in_words(credentials: impl IntoIterator<Item = Credential>) -> String {
    let names: Vec<String> = credentials.into_iter().map(|credential| credential.to_string()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// A number of days in words.
pub(super) fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

/// A number of checks in words.
pub(super) fn checks_in_words(count: usize) -> String {
    if count == 1 { "1 check".to_owned() } else { format!("{count} checks") }
}

/// A date.
pub(super) fn date(at: Time) -> String {
    at.format("%Y-%m-%d").to_string()
}

//! What a probe tells: its own figures under the names of blackbox_exporter, and ours about the target.

use crate::{
    clock::{Time, unix_seconds},
    config::Target,
    metrics::{Family, MetricsBuilder, target_metrics},
    model::{AddressAnswer, AddressState, Answered, Connection, Login, Missing, Observed, SourceId, SourceReport},
    oidc::Discovery,
    results::Entry,
};

/// The round of a target; whether people can sign in.
pub(super) fn login(sheet: &mut MetricsBuilder, entry: &Entry, now: Time) -> bool {
    let Some(latest) = &entry.latest else { return false };
    target_metrics::target(sheet, entry, now);
    let snapshot = &latest.snapshot;
    exchange(sheet, &snapshot.provider_connection, &snapshot.discovery);
    expiry(sheet, &[&snapshot.provider_connection, &snapshot.app_connection]);
    matches!(latest.report.login, Login::Ok | Login::Degraded)
}

/// A discovery document that was asked anew; whether it is that of the issuer that is configured.
pub(super) fn discovery(
    sheet: &mut MetricsBuilder,
    target: &Target,
    connection: &Observed<Connection>,
    discovery: &Observed<Answered<Discovery>>,
) -> bool {
    let name = &target.name;
    target_metrics::source(sheet, name, &source_report(SourceId::ProviderConnection, connection));
    target_metrics::source(sheet, name, &source_report(SourceId::Discovery, discovery));
    target_metrics::provider(sheet, name, connection, discovery);
    exchange(sheet, connection, discovery);
    expiry(sheet, &[connection]);
    let issuer = discovery.ok().and_then(|answer| answer.fact.issuer.as_deref());
    issuer.is_some_and(|issuer| issuer.trim_end_matches('/') == target.provider.url.as_str().trim_end_matches('/'))
}

fn source_report<T>(id: SourceId, seen: &Observed<T>) -> SourceReport {
    let (ok, reason) = match &seen.value {
        Ok(_) => (Some(true), None),
        Err(Missing::Failed { reason, .. }) => (Some(false), Some(*reason)),
        Err(_) => (None, None),
    };
    SourceReport { id, ok, reason, detail: None, at: seen.at, took_seconds: seen.took_seconds }
}

/// One exchange with the provider under the names of blackbox_exporter.
fn exchange(sheet: &mut MetricsBuilder, connected: &Observed<Connection>, discovery: &Observed<Answered<Discovery>>) {
    if let Some(connection) = connected.ok() {
        for (phase, seconds) in target_metrics::connection_phases(connection) {
            sheet.set(Family::ProbeHttpDuration, &[phase], seconds);
        }
        sheet.set(Family::ProbeDns, &[], connection.resolve_seconds);
        if let Some(version) = ip_version(connection) {
            sheet.set(Family::ProbeIpProtocol, &[], version);
        }
    }
    if let Some(answer) = discovery.ok() {
        for (phase, seconds) in target_metrics::exchange_phases(answer.timing) {
            sheet.set(Family::ProbeHttpDuration, &[phase], seconds);
        }
    }
    let status = discovery.ok().map_or(0.0, |answer| f64::from(answer.fact.status));
    sheet.set(Family::ProbeHttpStatus, &[], status);
}

fn ip_version(connection: &Connection) -> Option<f64> {
    let answered = |address: &&AddressAnswer| address.answer == AddressState::Answered;
    let first = connection.addresses.iter().find(answered)?;
    Some(if first.address.is_ipv4() { 4.0 } else { 6.0 })
}

fn expiry(sheet: &mut MetricsBuilder, connections: &[&Observed<Connection>]) {
    let chains = connections.iter().filter_map(|seen| seen.ok()?.tls.as_ref()).flat_map(|tls| &tls.chain);
    if let Some(earliest) = chains.map(|certificate| certificate.not_after).min() {
        sheet.set(Family::ProbeCertExpiry, &[], unix_seconds(earliest));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        metrics::flatten,
        model::{Reason, Snapshot},
    };

    fn target() -> Target {
        let url = |text: &str| text.parse().unwrap();
        Target::of_two_urls("home", url("https://id.example.test"), url("https://kasm.example.test"))
    }

    #[test]
    fn a_discovery_probe_succeeds_by_the_configured_issuer_alone() {
        let seen = Snapshot::healthy();
        for (issuer, success) in [
            (Some("https://id.example.test"), true),
            (Some("https://id.example.test/"), true),
            (Some("https://other.example.test"), false),
            (None, false),
        ] {
            let mut document = seen.discovery.clone();
            document.value.as_mut().unwrap().fact.issuer = issuer.map(str::to_owned);
            let mut sheet = MetricsBuilder::of_one_target();
            assert_eq!(discovery(&mut sheet, &target(), &seen.provider_connection, &document), success, "{issuer:?}");
        }
    }

    #[test]
    fn a_discovery_probe_without_an_answer_tells_why() {
        let seen = Snapshot::healthy();
        let failed = Missing::failed(SourceId::Discovery, Reason::Timeout, "no whole answer in 10 s");
        let document = Observed::missing(seen.taken_at, failed);
        let mut sheet = MetricsBuilder::of_one_target();
        assert!(!discovery(&mut sheet, &target(), &seen.provider_connection, &document));
        let samples: BTreeMap<String, f64> = flatten(&sheet.finish()).into_iter().collect();
        assert_eq!(samples["ssowatch_source_failing{source=\"discovery\",reason=\"timeout\"}"], 1.0);
        assert_eq!(samples["probe_http_status_code"], 0.0);
        assert_eq!(samples["probe_ip_protocol"], 4.0);
        assert!(!samples.contains_key("probe_http_duration_seconds{phase=\"processing\"}"));
    }
}

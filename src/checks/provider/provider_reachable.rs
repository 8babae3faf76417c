//! The provider takes connections and answers HTTP.
//!
//! When it does not, this check alone fails; whatever needs an answer is unknown. The connection is looked at anew each
//! time, as a browser makes it: an HTTP client with an old connection may still get answers when nobody else can.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Connection, Finding, Missing, Observed, Outcome, Reason},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "provider_reachable",
    severity: SeverityRule::OUTAGE,
    title: "The provider takes connections and answers HTTP",
    why: "Browsers and Kasm both need the provider for every sign-in; while it does not answer, nobody gets in.",
    fix: "Start Pocket ID and the reverse proxy before it, and look at their logs. A wrong or short ENCRYPTION_KEY, \
           or a database that is away, makes Pocket ID end itself at the start.",
    needs: &[],
    since: "",
    source: "RFC 9110; Pocket ID's environment variables",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let connection = case.now.provider_connection();
    let answer = transport_failure(case.now.discovery());
    if let Some(neither) = case.neither_is_reached() {
        return Ok(neither);
    }
    if let Some((reason, detail)) = transport_failure(connection) {
        return Ok(Outcome::fail(finding(case, reason, detail)));
    }
    match answer {
        // The certificate's own checks tell why.
        Some((Reason::Tls, _)) if connection.ok().is_some_and(is_distrusted) => {
            Ok(Outcome::noting("it takes connections; its certificate is evaluated by itself"))
        }
        Some((reason, detail)) => Ok(Outcome::fail(finding(case, reason, detail))),
        None if has_answered(case.now.discovery()) => Ok(Outcome::OK),
        None => case.discovery().map(|_| Outcome::OK),
    }
}

/// Why no HTTP answer came, where none came.
fn transport_failure<T>(observed: &Observed<T>) -> Option<(Reason, &str)> {
    observed.failure().filter(|(reason, _)| reason.is_transport())
}

/// Whether an HTTP answer came, whatever it said; what was never asked is none.
fn has_answered<T>(observed: &Observed<T>) -> bool {
    observed.failure().map_or(observed.ok().is_some(), |(reason, _)| reason != Reason::Blocked)
}

fn is_distrusted(connection: &Connection) -> bool {
    !connection.is_trusted() || connection.tls.as_ref().is_some_and(|tls| !tls.name_matches)
}

fn finding(case: &Case<'_>, reason: Reason, detail: &str) -> Finding {
    let url = &case.target().provider.url;
    let connects = case.now.provider_connection().ok().is_some();
    let said = match reason {
        Reason::Dns => format!("The name in {url} does not resolve: {detail}"),
        Reason::Tls => format!("{url} does not complete a TLS handshake: {detail}"),
        Reason::Timeout => format!("{url} does not answer in time: {detail}"),
        _ if connects => format!("{url} takes connections and gives no whole answer: {detail}"),
        _ => format!("{url} takes no connection: {detail}"),
    };
    let finding = Finding::new(reason.id(), said);
    match reason {
        Reason::Dns => finding.fix(
            "DNS: let the provider's name lead to its reverse proxy, also for this host (`connect_to` serves \
             split DNS).",
        ),
        Reason::Tls if case.kind != ProviderKind::PocketId => finding
            .fix("Reverse proxy, or the provider itself: serve TLS 1.2 or later with a certificate for this name."),
        Reason::Tls => finding.fix(
            "Reverse proxy (or Pocket ID's TLS_CERT and TLS_KEY): serve TLS 1.2 or later with a certificate \
             for this name.",
        ),
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{blocked, edit, failed, healthy_but, report, said},
        model::{Snapshot, SourceId, Trust},
    };

    fn with(connection: Option<Reason>, discovery: Option<Reason>) -> Snapshot {
        healthy_but(|now| {
            if let Some(reason) = connection {
                now.provider_connection = failed(SourceId::ProviderConnection, reason, "no answer");
            }
            if let Some(reason) = discovery {
                now.discovery = failed(SourceId::Discovery, reason, "no answer");
            }
        })
    }

    #[test]
    fn a_connection_and_any_http_answer_make_it_reachable() {
        let cases = [
            (with(None, None), "ok"),
            (with(None, Some(Reason::Status)), "ok"),
            (with(None, Some(Reason::Body)), "ok"),
            (with(None, Some(Reason::Throttled)), "ok"),
            (with(None, Some(Reason::Challenged)), "ok"),
            (with(Some(Reason::Dns), Some(Reason::Dns)), "fail dns"),
            (with(Some(Reason::Connect), Some(Reason::Connect)), "fail connect"),
            (with(Some(Reason::Tls), Some(Reason::Tls)), "fail tls"),
            (with(Some(Reason::Timeout), None), "fail timeout"),
            (with(None, Some(Reason::Connect)), "fail connect"),
            (with(None, Some(Reason::Timeout)), "fail timeout"),
            (with(None, Some(Reason::Tls)), "fail tls"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.discovery.value.as_ref().err());
        }
    }

    #[test]
    fn behind_a_proxy_the_answer_alone_counts() {
        let proxied = |discovery: Option<Reason>| {
            let mut now = with(None, discovery);
            now.provider_connection = Observed::missing(now.taken_at, Missing::OutOfReach("a proxy".to_owned()));
            now
        };
        assert_eq!(said(CHECK.id, &proxied(None)), "ok");
        assert_eq!(said(CHECK.id, &proxied(Some(Reason::Timeout))), "fail timeout");
    }

    #[test]
    fn a_certificate_that_is_refused_is_not_told_here() {
        let refused = healthy_but(|now| {
            edit(&mut now.provider_connection, |connection| {
                connection.tls.as_mut().unwrap().trust = Trust::SelfSigned;
            });
            now.discovery = failed(SourceId::Discovery, Reason::Tls, "unknown issuer");
        });
        assert_eq!(said(CHECK.id, &refused), "ok");
    }

    #[test]
    fn it_is_unknown_while_nothing_was_asked() {
        assert_eq!(
            said(CHECK.id, &healthy_but(|now| now.discovery = blocked(SourceId::ProviderConnection))),
            "unknown"
        );
    }

    #[test]
    fn when_kasm_is_gone_as_well_nothing_is_said_of_it_and_this_host_is_named_first() {
        let mut alone = with(Some(Reason::Dns), Some(Reason::Dns));
        assert_eq!(said(CHECK.id, &alone), "fail dns");
        alone.app_connection = failed(SourceId::AppConnection, Reason::Timeout, "no answer");
        assert_eq!(said(CHECK.id, &alone), "fail dns");
        alone.app_connection = failed(SourceId::AppConnection, Reason::Connect, "no route");
        let told = report(CHECK.id, &alone);
        assert_eq!((told.verdict.id(), told.findings.len()), ("unknown", 0));
        assert!(told.reason.unwrap().contains("look at this host first"));
    }

    #[test]
    fn an_answer_that_breaks_off_is_not_told_as_a_closed_port() {
        let message = |snapshot: &Snapshot| report(CHECK.id, snapshot).findings[0].message.clone();
        let broken = with(None, Some(Reason::Connect));
        assert!(message(&broken).contains("takes connections and gives no whole answer"), "{}", message(&broken));
        let closed = with(Some(Reason::Connect), Some(Reason::Connect));
        assert!(message(&closed).contains("takes no connection"), "{}", message(&closed));
    }
}

//! Pocket ID's database answers, which its health, discovery and key set do not show.
//!
//! The client's public entry is read from the database on every release: a 404 proves it as well as a 200. Before
//! anything is said, discovery must be there: else a proxy without its Pocket ID (502) would look like a database
//! fault.

use super::{Case, Check, SeverityRule};
use crate::model::{Finding, Missing, Outcome, Reason};

pub(super) const CHECK: Check = Check {
    id: "provider_database",
    severity: SeverityRule::OUTAGE,
    title: "Pocket ID's database answers",
    why: "With its database gone, Pocket ID still serves its health, discovery and pages, and refuses every sign-in \
          with errors that look like a wrong secret, a deleted client or a bad API key. From 2.0 it ends itself after \
          half a minute.",
    fix: "Pocket ID: look at its log and at DB_CONNECTION_STRING. SQLite: a full disk, a lock, a network file system; \
           PostgreSQL: start it, and see that Pocket ID's host reaches it.",
    needs: &[],
    since: "",
    source: "measured: Pocket ID 1.16 to 2.14 with its database stopped, hung and locked",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    let meta = case.now.client_meta();
    if meta.ok().is_some() {
        return Ok(Outcome::OK);
    }
    case.discovery()?;
    if let Some(detail) = meta.value.as_ref().err().and_then(Missing::server_error) {
        return Ok(Outcome::fail(Finding::new(
            "server_error",
            format!("Pocket ID answers what needs its database with an error ({detail}), and discovery without"),
        )));
    }
    match meta.failure() {
        Some((Reason::Timeout, detail)) => Ok(Outcome::fail(Finding::new(
            "no_answer",
            format!("What needs the database gets no answer in time ({detail}), while discovery is answered"),
        ))),
        _ => meta.get().map(|_| Outcome::OK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{answered, blocked, edit, failed, healthy_but, said},
        model::{Snapshot, SourceId},
        providers::ProviderKind,
    };

    fn with(reason: Reason, detail: &str) -> Snapshot {
        healthy_but(|now| now.client_meta = failed(SourceId::ClientMeta, reason, detail))
    }

    fn answering(status: u16) -> Snapshot {
        healthy_but(|now| now.client_meta = answered(SourceId::ClientMeta, status))
    }

    #[test]
    fn a_server_error_or_silence_beside_good_discovery_is_the_database() {
        let cases = [
            (Snapshot::healthy(), "ok"),
            (healthy_but(|now| edit(&mut now.client_meta, |meta| meta.name = None)), "ok"),
            (answering(500), "fail server_error"),
            (answering(503), "fail server_error"),
            (answering(403), "unknown"),
            (answering(401), "unknown"),
            (with(Reason::Status, "HTTP 500, as a snapshot from before had it"), "unknown"),
            (with(Reason::Timeout, "no answer in 10 s"), "fail no_answer"),
            (with(Reason::Connect, "reset"), "unknown"),
            (with(Reason::Body, "a web page"), "unknown"),
            (with(Reason::Throttled, "status 429"), "unknown"),
            (with(Reason::Challenged, "status 503, a challenge"), "unknown"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.client_meta.value);
        }
    }

    #[test]
    fn nothing_is_said_without_discovery() {
        let mut gone = answering(502);
        gone.discovery = answered(SourceId::Discovery, 502);
        gone.target.provider.kind = Some(ProviderKind::PocketId);
        assert_eq!(said(CHECK.id, &gone), "unknown");
        assert_eq!(said(CHECK.id, &healthy_but(|now| now.client_meta = blocked(SourceId::Discovery))), "unknown");
    }

    #[test]
    fn it_does_not_apply_to_other_providers() {
        let mut other = answering(500);
        other.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &other), "not_applicable");
    }
}

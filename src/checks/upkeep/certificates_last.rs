//! The certificates of both sides last a while.
//!
//! Short-lived certificates are renewed when a third of their lifetime is left, so a warning begins below that. Nobody
//! renews a ten-year certificate three years ahead: a leaf is warned of 90 days before its end at most, an authority's
//! certificate 30 days.

use chrono::TimeDelta;

use super::{Case, Check, SeverityRule};
use crate::{
    clock::{Time, span},
    model::{Certificate, Connection, Finding, Missing, Outcome, Side},
};

pub(super) const CHECK: Check = Check {
    id: "certificates_last",
    severity: SeverityRule::RISK,
    title: "The certificates of both sides last more than a third of their lifetime",
    why: "An expired certificate ends every sign-in at once: at the provider for Kasm too, which calls it from \
           behind.",
    fix: "See why it was not renewed (the ACME client's timer and log, the port that the challenge needs), renew it, \
           and restart what serves it.",
    needs: &[],
    since: "",
    source: "RFC 5280, section 4.1.2.5",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let now = &case.now;
    let sides = [(Side::Provider, now.provider_connection()), (Side::App, now.app_connection())];
    let findings: Vec<Finding> = sides
        .iter()
        .filter_map(|(side, seen)| Some((*side, seen.ok()?)))
        .flat_map(|(side, connection)| near_their_end(case, side, connection))
        .collect();
    if !findings.is_empty() {
        return Ok(Outcome::Fail(findings));
    }
    let mut is_plain = true;
    for (_, seen) in sides {
        is_plain &= seen.get()?.tls.is_none();
    }
    if is_plain {
        return Ok(Outcome::NotApplicable("both sides are watched over plain HTTP".to_owned()));
    }
    Ok(Outcome::OK)
}

/// One finding at most for a side: its certificate that ends first.
fn near_their_end(case: &Case<'_>, side: Side, connection: &Connection) -> Option<Finding> {
    let at = case.now.taken_at;
    let chain = &connection.tls.as_ref()?.chain;
    let warn = case.target().warn_seconds.get(CHECK.id).map(|seconds| span(std::time::Duration::from_secs(*seconds)));
    chain
        .iter()
        .enumerate()
        // What has ended is reported by the certificate's own check.
        .filter(|(_, certificate)| certificate.not_after > at)
        .filter(|(index, certificate)| certificate.not_after - at < warn.unwrap_or_else(|| margin(certificate, *index)))
        .min_by_key(|(_, certificate)| certificate.not_after)
        .map(|(index, certificate)| finding(side, certificate, margin(certificate, index), at))
}

/// How long before its end the warning begins.
fn margin(certificate: &Certificate, index: usize) -> TimeDelta {
    let most = if index == 0 { TimeDelta::days(90) } else { TimeDelta::days(30) };
    ((certificate.not_after - certificate.not_before) / 3).min(most)
}

fn finding(side: Side, certificate: &Certificate, margin: TimeDelta, at: Time) -> Finding {
    let (whose, item) = match side {
        Side::Provider => ("The provider's", "provider_certificate"),
        Side::App => ("Kasm's", "app_certificate"),
    };
    let left = certificate.not_after - at;
    // A tenth of the lifetime, where the margin is a third of it.
    let is_urgent = left < margin * 3 / 10;
    let (code, urgency) = if is_urgent { ("ends_very_soon", ": renew it now") } else { ("ends_soon", "") };
    let left = if left < TimeDelta::days(2) {
        format!("{} hours", left.num_hours())
    } else {
        format!("{} days", left.num_days())
    };
    let message = format!(
        "{whose} certificate {} ends in {left}, on {}{urgency}",
        certificate.subject,
        certificate.not_after.format("%Y-%m-%d %H:%M UTC")
    );
    Finding::new(code, message).expiry(item)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::CHECK;
    use crate::{
        checks::testing::{connection, evaluated, kasm_tls, lose, table},
        model::{Reason, Snapshot, SourceId},
    };

    /// Kasm's leaf, `lived` days old, with `left` days to live.
    fn leaf(now: &mut Snapshot, lived: i64, left: i64) {
        let at = now.taken_at;
        let leaf = &mut kasm_tls(now).chain[0];
        leaf.not_before = at - TimeDelta::days(lived);
        leaf.not_after = at + TimeDelta::days(left);
    }

    fn intermediate(now: &mut Snapshot, left: i64) {
        let at = now.taken_at;
        let mut authority = kasm_tls(now).chain[0].clone();
        authority.not_before = at - TimeDelta::days(1_700);
        authority.not_after = at + TimeDelta::days(left);
        kasm_tls(now).chain.push(authority);
    }

    #[test]
    fn a_warning_begins_below_a_third_of_the_lifetime() {
        table(
            &CHECK,
            &[
                ("60 of 90 days", |_| {}, "ok"),
                ("exactly a third", |now| leaf(now, 60, 30), "ok"),
                ("below a third", |now| leaf(now, 61, 29), "fail ends_soon"),
                ("below a tenth", |now| leaf(now, 82, 8), "fail ends_very_soon"),
                ("a year's, 100 days left", |now| leaf(now, 265, 100), "ok"),
                ("a year's, 89 days left", |now| leaf(now, 276, 89), "fail ends_soon"),
                ("ten years', three left", |now| leaf(now, 2_555, 1_095), "ok"),
                ("six days', two left", |now| leaf(now, 4, 2), "ok"),
                ("ended: told by its own check", |now| leaf(now, 90, -1), "ok"),
                ("an authority's, a year left", |now| intermediate(now, 365), "ok"),
                ("an authority's, 29 days left", |now| intermediate(now, 29), "fail ends_soon"),
                (
                    "sooner than asked for",
                    |now| {
                        now.target.warn_seconds.insert("certificates_last".to_owned(), 14 * 86_400);
                        leaf(now, 75, 15);
                    },
                    "ok",
                ),
                (
                    "as asked for",
                    |now| {
                        now.target.warn_seconds.insert("certificates_last".to_owned(), 61 * 86_400);
                    },
                    "fail ends_soon ends_soon",
                ),
                (
                    "plain HTTP",
                    |now| {
                        connection(&mut now.app_connection).tls = None;
                        connection(&mut now.provider_connection).tls = None;
                    },
                    "not_applicable",
                ),
                (
                    "one side is away",
                    |now| {
                        lose(&mut now.provider_connection, SourceId::ProviderConnection, Reason::Connect);
                    },
                    "unknown",
                ),
                (
                    "one side is away, the other ends",
                    |now| {
                        lose(&mut now.provider_connection, SourceId::ProviderConnection, Reason::Connect);
                        leaf(now, 61, 29);
                    },
                    "fail ends_soon",
                ),
            ],
        );
    }

    #[test]
    fn side_and_date_are_told() {
        let report = evaluated(&CHECK, |now| leaf(now, 89, 1));
        assert_eq!(
            report.findings[0].message,
            "Kasm's certificate CN=kasm.example.test ends in 24 hours, on 2026-11-25 12:00 UTC: renew it now"
        );
    }
}

//! The provider's certificate is in date and for its name: what every browser demands.

use super::{Case, Check, SeverityRule};
use crate::{
    clock::Time,
    model::{Certificate, Finding, Missing, Tls, Trust, Verdict},
    oidc::short,
};

/// Beyond this, a date in a certificate may look wrong because of a clock, not of the certificate.
const CLOCK_MATTERS_SECONDS: f64 = 3600.0;

pub(super) const CHECK: Check = Check {
    id: "provider_certificate_valid",
    severity: SeverityRule::OUTAGE,
    title: "The provider's certificate is in date and for its name",
    why: "Browsers stop at a warning page, passkeys refuse to work behind it, and Kasm's own calls to the provider \
          fail.",
    fix: "Reverse proxy before Pocket ID (or Pocket ID's TLS_CERT and TLS_KEY): renew the certificate for the \
           provider's host name and reload it.",
    needs: &[],
    since: "",
    source: "RFC 5280, section 4.1.2.5; RFC 9525",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let connection = case.now.provider_connection.get()?;
    let Some(tls) = &connection.tls else {
        return Err(Missing::NotApplicable("plain HTTP has no certificate".to_owned()));
    };
    let Some(leaf) = tls.chain.first() else {
        return Ok(Verdict::Unknown("the server showed no certificate".to_owned()));
    };
    let now = case.now.taken_at;
    let mut findings: Vec<Finding> = date_finding(leaf, now, case).into_iter().collect();
    if findings.is_empty() && tls.trust == Trust::OutOfDate {
        findings.push(chain_out_of_date(tls, now, case));
    }
    if !tls.name_matches || tls.trust == Trust::OtherName {
        let message = format!("The certificate is for {}, not for {}", names(leaf), connection.host);
        findings.push(Finding::new("wrong_name", message).fix(format!(
            "Reverse proxy: serve a certificate with {} among its subject alternative names.",
            connection.host
        )));
    }
    if findings.is_empty() {
        return Ok(Verdict::noting(format!("until {}", day(leaf.not_after))));
    }
    Ok(Verdict::Fail(findings))
}

/// The names of a certificate; of many, the first few.
fn names(leaf: &Certificate) -> String {
    const MOST: usize = 5;
    let shown: Vec<String> = leaf.names.iter().take(MOST).map(|name| short(name)).collect();
    match leaf.names.len() {
        0 => "no name at all".to_owned(),
        count if count > MOST => format!("{} and {} more", shown.join(", "), count - MOST),
        _ => shown.join(", "),
    }
}

fn date_finding(leaf: &Certificate, now: Time, case: &Case<'_>) -> Option<Finding> {
    let (code, message) = if leaf.not_after <= now {
        ("expired", format!("The certificate expired on {}", day(leaf.not_after)))
    } else if leaf.not_before > now {
        ("not_yet_valid", format!("The certificate is not valid before {}", day(leaf.not_before)))
    } else {
        return None;
    };
    Some(Finding::new(code, message + &clock_hint(case)))
}

/// A date in the chain above the leaf. Only where that is what verifying stumbled over: servers often send an old
/// cross-signed certificate that nobody needs.
fn chain_out_of_date(tls: &Tls, now: Time, case: &Case<'_>) -> Finding {
    let culprit = tls.chain.iter().skip(1).find(|above| above.not_after <= now || above.not_before > now);
    let message = match culprit {
        Some(above) => {
            format!("The chain's certificate \"{}\" was valid until {}", short(&above.subject), day(above.not_after))
        }
        None => "A certificate above the served chain is out of date".to_owned(),
    };
    Finding::new("chain_out_of_date", message + &clock_hint(case))
        .fix("Reverse proxy: serve the chain that came with the certificate (the full chain), renewed.")
}

/// Says so where our clock and theirs disagree: then the date may be ours.
fn clock_hint(case: &Case<'_>) -> String {
    let skew = case.now.discovery.ok().and_then(|answer| answer.clock.as_ref()).map_or(0.0, |clock| clock.skew_seconds);
    if skew.abs() < CLOCK_MATTERS_SECONDS {
        return String::new();
    }
    "; the clock of this host and the provider's differ by more than an hour: check this host's clock first".to_owned()
}

fn day(time: Time) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        checks::provider::table::{edit, failed, healthy_but, report, said},
        model::{Reason, Snapshot, SourceId},
    };

    fn with(change: impl FnOnce(&mut Tls, Time)) -> Snapshot {
        healthy_but(|now| {
            let at = now.taken_at;
            edit(&mut now.provider_connection, |connection| change(connection.tls.as_mut().unwrap(), at));
        })
    }

    #[test]
    fn dates_and_names_are_evaluated() {
        let second = TimeDelta::seconds(1);
        let cases: [(Snapshot, &str); 8] = [
            (with(|_, _| {}), "ok"),
            (with(|tls, at| tls.chain[0].not_after = at), "fail expired"),
            (with(|tls, at| tls.chain[0].not_after = at + second), "ok"),
            (with(|tls, at| tls.chain[0].not_before = at + second), "fail not_yet_valid"),
            (with(|tls, _| tls.name_matches = false), "fail wrong_name"),
            (with(|tls, _| tls.trust = Trust::SelfSigned), "ok"),
            (
                with(|tls, at| {
                    tls.chain[0].not_after = at;
                    tls.trust = Trust::OutOfDate;
                    tls.name_matches = false;
                }),
                "fail expired wrong_name",
            ),
            (with(|tls, _| tls.chain.clear()), "unknown"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.provider_connection.value);
        }
    }

    #[test]
    fn an_old_certificate_above_the_leaf_matters_only_where_verifying_stumbled_over_it() {
        let chain = |trust: Trust| {
            with(|tls, at| {
                let mut above = tls.chain[0].clone();
                above.subject = "CN=Old Intermediate".to_owned();
                above.not_after = at;
                tls.chain.push(above);
                tls.trust = trust;
            })
        };
        assert_eq!(said(CHECK.id, &chain(Trust::Verified)), "ok");
        let stumbled = chain(Trust::OutOfDate);
        assert_eq!(said(CHECK.id, &stumbled), "fail chain_out_of_date");
        assert!(report(CHECK.id, &stumbled).findings[0].message.contains("CN=Old Intermediate"));
    }

    #[test]
    fn the_names_of_the_certificate_are_told_the_first_few() {
        let named = |count: usize| {
            let snapshot = with(|tls, _| {
                tls.chain[0].names = (0..count).map(|n| format!("n{n}.test")).collect();
                tls.name_matches = false;
            });
            report(CHECK.id, &snapshot).findings[0].message.clone()
        };
        assert_eq!(named(0), "The certificate is for no name at all, not for id.example.test");
        assert_eq!(named(2), "The certificate is for n0.test, n1.test, not for id.example.test");
        assert!(named(7).contains("n4.test and 2 more"), "{}", named(7));
    }

    #[test]
    fn a_clock_that_is_far_off_is_named_with_the_date() {
        let mut snapshot = with(|tls, at| tls.chain[0].not_after = at);
        assert!(!report(CHECK.id, &snapshot).findings[0].message.contains("clock"));
        edit(&mut snapshot.discovery, |answer| answer.clock.as_mut().unwrap().skew_seconds = -90_000.0);
        assert!(report(CHECK.id, &snapshot).findings[0].message.contains("check this host's clock first"));
    }

    #[test]
    fn plain_http_has_no_certificate_and_no_connection_says_nothing() {
        let plain = healthy_but(|now| edit(&mut now.provider_connection, |connection| connection.tls = None));
        assert_eq!(said(CHECK.id, &plain), "not_applicable");
        let down = healthy_but(|now| {
            now.provider_connection = failed(SourceId::ProviderConnection, Reason::Connect, "refused");
        });
        assert_eq!(said(CHECK.id, &down), "unknown");
    }
}

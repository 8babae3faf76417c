//! Kasm's certificate is in date, and for this name where somebody vouches for it.
//!
//! A self-signed certificate (Kasm's default) seldom holds the public name, and whoever uses it has accepted it by
//! hand: there only the dates are evaluated.

use super::{Case, Check, SeverityRule};
use crate::{
    clock::Time,
    model::{Certificate, Finding, Missing, Trust, Verdict},
};

pub(super) const CHECK: Check = Check {
    id: "app_certificate_valid",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's certificate is in date and for this name",
    why: "Browsers stop at a certificate that has expired or is for another name; with HSTS, which Kasm's proxy \
           sends, people cannot even click through.",
    fix: "Renew the certificate of Kasm's proxy, or of the reverse proxy before it, for the name that users type, \
           and restart that proxy.",
    needs: &[],
    since: "",
    source: "RFC 5280, section 4.1.2.5; RFC 9525; Kasm documentation, Certificates",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let connection = case.now.app_connection.get()?;
    let Some(tls) = &connection.tls else {
        return Ok(Verdict::NotApplicable("Kasm is watched over plain HTTP".to_owned()));
    };
    let at = case.now.taken_at;
    let is_ours_to_evaluate = |index: usize| index == 0 || tls.trust == Trust::OutOfDate;
    let mut findings: Vec<Finding> = tls
        .chain
        .iter()
        .enumerate()
        .filter(|(index, _)| is_ours_to_evaluate(*index))
        .filter_map(|(_, certificate)| out_of_date(certificate, at))
        .collect();
    if findings.is_empty() && tls.trust == Trust::OutOfDate {
        findings.push(Finding::new("out_of_date", "A certificate of Kasm's chain is out of date"));
    }
    if tls.trust == Trust::OtherName {
        let names = tls.chain.first().map_or_else(String::new, |leaf| leaf.names.join(", "));
        let message = format!("The certificate is for {names}, not for {}", connection.host);
        findings.push(Finding::new("other_name", message));
    }
    Ok(Verdict::from_findings(findings))
}

fn out_of_date(certificate: &Certificate, at: Time) -> Option<Finding> {
    let day = |time: Time| time.format("%Y-%m-%d %H:%M UTC");
    let subject = &certificate.subject;
    if certificate.not_after <= at {
        return Some(Finding::new("expired", format!("{subject} expired on {}", day(certificate.not_after))));
    }
    (certificate.not_before > at)
        .then(|| Finding::new("not_yet_valid", format!("{subject} is valid only from {}", day(certificate.not_before))))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::CHECK;
    use crate::{
        checks::testing::{connection, evaluated, kasm_tls, table},
        model::Trust,
    };

    #[test]
    fn dates_are_evaluated_always_and_the_name_where_the_chain_is_trusted() {
        table(
            &CHECK,
            &[
                ("all is well", |_| {}, "ok"),
                (
                    "expired",
                    |now| {
                        let past = now.taken_at - TimeDelta::hours(1);
                        kasm_tls(now).chain[0].not_after = past;
                        kasm_tls(now).trust = Trust::OutOfDate;
                    },
                    "fail expired",
                ),
                (
                    "to come",
                    |now| {
                        let future = now.taken_at + TimeDelta::hours(1);
                        kasm_tls(now).chain[0].not_before = future;
                    },
                    "fail not_yet_valid",
                ),
                (
                    "self-signed and expired",
                    |now| {
                        let past = now.taken_at - TimeDelta::hours(1);
                        kasm_tls(now).chain[0].not_after = past;
                        kasm_tls(now).trust = Trust::SelfSigned;
                    },
                    "fail expired",
                ),
                (
                    "an intermediate that nobody needs has expired",
                    |now| {
                        let mut old = kasm_tls(now).chain[0].clone();
                        old.not_after = now.taken_at - TimeDelta::hours(1);
                        kasm_tls(now).chain.push(old);
                    },
                    "ok",
                ),
                (
                    "an intermediate has expired and the chain is refused for it",
                    |now| {
                        let mut old = kasm_tls(now).chain[0].clone();
                        old.not_after = now.taken_at - TimeDelta::hours(1);
                        kasm_tls(now).chain.push(old);
                        kasm_tls(now).trust = Trust::OutOfDate;
                    },
                    "fail expired",
                ),
                ("for another name", |now| kasm_tls(now).trust = Trust::OtherName, "fail other_name"),
                (
                    "self-signed for another name",
                    |now| {
                        kasm_tls(now).trust = Trust::SelfSigned;
                        kasm_tls(now).name_matches = false;
                    },
                    "ok",
                ),
                ("plain HTTP", |now| connection(&mut now.app_connection).tls = None, "not_applicable"),
            ],
        );
    }

    #[test]
    fn the_names_that_it_is_for_are_told() {
        let report = evaluated(&CHECK, |now| {
            kasm_tls(now).trust = Trust::OtherName;
            kasm_tls(now).chain[0].names = vec!["old.example.test".to_owned()];
        });
        assert_eq!(report.findings[0].message, "The certificate is for old.example.test, not for kasm.example.test");
    }
}

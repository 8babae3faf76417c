//! The provider's certificate leads to an authority that is trusted here.
//!
//! Dates and names are reported by `provider_certificate_valid`.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, Tls, Trust},
    oidc::short,
};

pub(super) const CHECK: Check = Check {
    id: "provider_certificate_trusted",
    severity: SeverityRule::DEGRADED,
    title: "The provider's certificate leads to a trusted authority, with its whole chain",
    why: "Browsers fix an incomplete chain, Kasm's back channel does not: people sign in with their passkey and still \
          land on an error. A private authority must be known to every browser and inside Kasm's containers.",
    fix: "Reverse proxy: serve the certificate with its intermediates (the full chain). Where a private authority is \
           meant, name it in ssowatch's `provider.tls_config.ca_file`, and add it to Kasm's API containers.",
    needs: &[],
    since: "",
    source: "RFC 5280, section 6; RFC 8446, section 4.4.2",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let connection = case.now.provider_connection().get()?;
    let Some(tls) = &connection.tls else {
        return Err(Missing::NotApplicable("plain HTTP has no certificate".to_owned()));
    };
    Ok(evaluate(tls))
}

fn evaluate(tls: &Tls) -> Outcome {
    let issuer = tls.chain.last().map_or_else(|| "an unknown authority".to_owned(), |top| short(&top.issuer));
    match &tls.trust {
        Trust::Verified => Outcome::OK,
        Trust::Pinned => Outcome::noting("this very certificate is named in the config"),
        Trust::OutOfDate | Trust::OtherName => Outcome::noting("trusted, but for a date or a name"),
        Trust::SelfSigned => {
            Outcome::fail(Finding::new("self_signed", "The certificate is self-signed, and no authority vouches for it").fix(
                "Reverse proxy: use a certificate of an authority that browsers know (for example by ACME). Where this \
                 one is meant, pin it in ssowatch by `tls_config.ca_file` or `fingerprint_sha256`.",
            ))
        }
        Trust::UnknownIssuer => {
            let message = format!("It is signed by {issuer}, which is not trusted here");
            Outcome::fail(Finding::new("unknown_issuer", message))
        }
        Trust::Incomplete => Outcome::fail(
            Finding::new("incomplete_chain", format!("The server leaves out an intermediate certificate ({issuer})"))
                .fix("Reverse proxy: serve the full chain (for example fullchain.pem, not cert.pem)."),
        ),
        Trust::OtherThanPinned => Outcome::fail(
            Finding::new(
                "other_than_pinned",
                "The server shows another certificate than the one that the config pins",
            )
            .fix(
                "If the certificate was renewed, pin the new one (`tls_config.ca_file` or `fingerprint_sha256`); if \
                 not, find out who answers in the provider's place.",
            ),
        ),
        Trust::Refused(why) => Outcome::fail(Finding::new("refused", format!("The certificate is refused: {why}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{edit, healthy_but, report, said},
        model::Snapshot,
    };

    fn with(trust: Trust) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.provider_connection, |connection| connection.tls.as_mut().unwrap().trust = trust);
        })
    }

    #[test]
    fn every_kind_of_trust_has_its_verdict() {
        let cases = [
            (Trust::Verified, "ok"),
            (Trust::Pinned, "ok"),
            (Trust::OutOfDate, "ok"),
            (Trust::OtherName, "ok"),
            (Trust::SelfSigned, "fail self_signed"),
            (Trust::UnknownIssuer, "fail unknown_issuer"),
            (Trust::Incomplete, "fail incomplete_chain"),
            (Trust::OtherThanPinned, "fail other_than_pinned"),
            (Trust::Refused("a weak signature".to_owned()), "fail refused"),
        ];
        for (trust, expected) in cases {
            assert_eq!(said(CHECK.id, &with(trust.clone())), expected, "{trust:?}");
        }
    }

    #[test]
    fn the_authority_is_named() {
        let report = report(CHECK.id, &with(Trust::UnknownIssuer));
        assert_eq!(report.findings[0].message, "It is signed by CN=Example CA, which is not trusted here");
    }

    #[test]
    fn plain_http_has_no_certificate() {
        let plain = healthy_but(|now| edit(&mut now.provider_connection, |connection| connection.tls = None));
        assert_eq!(said(CHECK.id, &plain), "not_applicable");
    }
}

//! Somebody vouches for Kasm's certificate, or it is pinned.

use super::{Case, Check, SeverityRule};
use crate::model::{Certificate, Finding, Missing, Outcome, Trust};

pub(super) const CHECK: Check = Check {
    id: "app_certificate_trusted",
    severity: SeverityRule::RISK,
    title: "Kasm's certificate is trusted here, or pinned",
    why: "Kasm signs in people with a self-signed certificate too, but browsers warn, nobody notices another server \
           in its place, and no Kasm key is sent to it from here.",
    fix: "Give Kasm a certificate of a public authority; or name its authority, or the certificate itself, in \
           kasm.tls_config.ca_file.",
    needs: &[],
    since: "",
    source: "RFC 5280, section 6; Kasm documentation, Certificates",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let connection = case.now.app_connection().get()?;
    let Some(tls) = &connection.tls else {
        return Ok(Outcome::NotApplicable("Kasm is watched over plain HTTP".to_owned()));
    };
    let leaf = tls.chain.first();
    let issuer = leaf.map_or("an unknown issuer", |leaf| leaf.issuer.as_str());
    let finding = match &tls.trust {
        Trust::Verified => return Ok(Outcome::OK),
        Trust::Pinned => return Ok(Outcome::noting("pinned")),
        Trust::OutOfDate | Trust::OtherName => {
            return Ok(Outcome::noting("its issuer is trusted; app_certificate_valid evaluates dates and name"));
        }
        Trust::SelfSigned => {
            Finding::new("self_signed", format!("The certificate is self-signed.{}", print(leaf))).fix(how_to_pin(leaf))
        }
        Trust::UnknownIssuer => Finding::new("unknown_issuer", format!("{issuer} is not trusted here.{}", print(leaf)))
            .fix(
                "Name that authority's certificate in kasm.tls_config.ca_file, or give Kasm a certificate of a public \
                 authority.",
            ),
        Trust::Incomplete => {
            Finding::new("incomplete_chain", format!("The server leaves out the certificate of {issuer}"))
                .fix("Append the intermediate certificate to the certificate file of Kasm's proxy (the full chain).")
        }
        Trust::OtherThanPinned => Finding::new(
            "other_than_pinned",
            format!("This is not the pinned certificate.{}", print(leaf)),
        )
        .fix(
            "If Kasm's certificate was renewed, change kasm.tls_config to the new one; if not, find out who answers \
                 in Kasm's place.",
        ),
        Trust::Refused(why) => {
            Finding::new("refused", format!("The certificate is refused: {why}.{}", print(leaf))).fix(how_to_pin(leaf))
        }
    };
    Ok(Outcome::fail(finding))
}

fn print(leaf: Option<&Certificate>) -> String {
    leaf.map_or_else(String::new, |leaf| format!(" Its SHA-256 fingerprint is {}", leaf.fingerprint_sha256))
}

fn how_to_pin(leaf: Option<&Certificate>) -> String {
    let fingerprint = leaf.map_or("its SHA-256 fingerprint", |leaf| leaf.fingerprint_sha256.as_str());
    format!(
        "Compare the fingerprint on Kasm's host, then pin it: kasm.tls_config.fingerprint_sha256: {fingerprint}, or \
         save the certificate and name it in kasm.tls_config.ca_file. Better still, give Kasm a certificate of a \
         public authority."
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{connection, evaluated, kasm_tls, table},
        model::Trust,
    };

    #[test]
    fn each_way_of_not_being_trusted_has_its_finding() {
        table(
            &CHECK,
            &[
                ("verified", |_| {}, "ok"),
                ("pinned", |now| kasm_tls(now).trust = Trust::Pinned, "ok"),
                ("Kasm's default", |now| kasm_tls(now).trust = Trust::SelfSigned, "fail self_signed"),
                ("a private authority", |now| kasm_tls(now).trust = Trust::UnknownIssuer, "fail unknown_issuer"),
                ("no intermediate", |now| kasm_tls(now).trust = Trust::Incomplete, "fail incomplete_chain"),
                ("another than pinned", |now| kasm_tls(now).trust = Trust::OtherThanPinned, "fail other_than_pinned"),
                ("refused", |now| kasm_tls(now).trust = Trust::Refused("weak".to_owned()), "fail refused"),
                ("expired is told by another check", |now| kasm_tls(now).trust = Trust::OutOfDate, "ok"),
                ("another name is told by another check", |now| kasm_tls(now).trust = Trust::OtherName, "ok"),
                ("plain HTTP", |now| connection(&mut now.app_connection).tls = None, "not_applicable"),
            ],
        );
    }

    #[test]
    fn a_self_signed_certificate_comes_with_the_line_that_pins_it() {
        let report = evaluated(&CHECK, |now| kasm_tls(now).trust = Trust::SelfSigned);
        let fix = report.findings[0].fix.as_deref().unwrap();
        assert!(fix.contains(&format!("fingerprint_sha256: {}", "ab".repeat(32))), "{fix}");
    }
}

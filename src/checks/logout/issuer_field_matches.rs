//! The issuer that Kasm holds is the provider's.

use super::{Case, Check, SeverityRule, logout_is_on};
use crate::{
    apps::kasm::Field,
    model::{Credential, Drift, Missing, Outcome},
    oidc::{is_issuer_of, is_template},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "issuer_field_matches",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's OpenID Connect Issuer is the provider's issuer",
    why: "Kasm presumably finds the logout address by its issuer: a wrong one breaks logout.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > OpenID Connect Issuer: enter the issuer \
           of the discovery document, to the letter.",
    needs: &[Credential::AppKey],
    since: "Kasm 1.17 or 1.18 (unconfirmed)",
    source: "OpenID Connect Discovery 1.0, section 4.3; Pocket ID's guide for Kasm",
    fields: &["issuer_field"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if logout_is_on(case)? == Some(false) {
        return Err(Missing::NotApplicable("Logout with OIDC Provider is off in Kasm".to_owned()));
    }
    let stored = match &case.stored()?.issuer {
        Field::Is(issuer) => issuer,
        Field::Absent => return Err(Missing::OutOfReach("this Kasm's answer has no issuer field".to_owned())),
        Field::Empty => return Err(Missing::NotApplicable("none is entered: told by logout_configured".to_owned())),
    };
    let issuer = issuer(case)?;
    // A template's placeholder stands for the tenant, which Kasm holds.
    if is_template(issuer) && is_issuer_of(issuer, stored) {
        return Ok(Outcome::OK);
    }
    let drift = Drift::of("issuer_field", ("The provider has", issuer), ("Kasm stores", stored));
    Ok(drift.map_or(Outcome::OK, Outcome::drifted))
}

/// The provider's issuer; `provider.url` where Pocket ID's document is of another base, which is reported by `issuer_matches`.
fn issuer<'a>(case: &Case<'a>) -> Result<&'a str, Missing> {
    let expected = &case.target().provider.url;
    let announced = case.discovery()?.issuer.as_deref().unwrap_or(expected);
    let is_other_base = case.kind == ProviderKind::PocketId && !is_issuer_of(announced, expected);
    Ok(if is_other_base { expected } else { announced })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        apps::kasm::Field,
        checks::testing::{document, evaluated_with_credentials, lose, stored, table, table_with_credentials},
        model::{Reason, Snapshot, SourceId},
    };

    fn store(now: &mut Snapshot, issuer: &str) {
        stored(now).issuer = Field::Is(issuer.to_owned());
    }

    #[test]
    fn the_issuer_must_be_the_providers_to_the_letter() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("the same", |_| {}, "ok"),
                ("another host", |now| store(now, "https://old.example.test"), "fail differs"),
                ("a slash too many", |now| store(now, "https://id.example.test/"), "fail differs"),
                (
                    "the provider's issuer ends in a slash",
                    |now| {
                        document(now, &json!({"issuer": "https://id.example.test/"}));
                        store(now, "https://id.example.test/");
                    },
                    "ok",
                ),
                (
                    "the document is of another base",
                    |now| document(now, &json!({"issuer": "https://login.example.test"})),
                    "ok",
                ),
                ("an older release", |now| stored(now).issuer = Field::Absent, "unverified"),
                ("none entered: told by logout_configured", |now| stored(now).issuer = Field::Empty, "not_applicable"),
                (
                    "logout is off",
                    |now| {
                        stored(now).logout_with_oidc_provider = Some(false);
                        store(now, "https://old.example.test");
                    },
                    "not_applicable",
                ),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Timeout), "unknown"),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, |now| store(now, "https://id.example.test/"));
        assert_eq!(report.findings[0].drift.as_ref().unwrap().first_difference(), 23);
    }
}

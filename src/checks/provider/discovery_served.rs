//! The provider serves a discovery document with the addresses that a sign-in needs.
//!
//! A wrong content type or further faults are told by `discovery_conforms`: Kasm itself does not read the document.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, Reason},
    oidc::Discovery,
};

pub(super) const CHECK: Check = Check {
    id: "discovery_served",
    severity: SeverityRule::OUTAGE,
    title: "The provider serves its discovery document with every address that a sign-in needs",
    why: "An error or a web page in its place means that something else answers at the provider's address: a proxy \
          without its Pocket ID, a login wall, another site. Sign-ins meet the same.",
    fix: "Open `/.well-known/openid-configuration` below `provider.url` in a browser. Reverse proxy: pass all paths \
           to Pocket ID, without a login wall before it. `provider.url` must be the very address in APP_URL, without a \
           redirect.",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, sections 3 and 4",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    match &case.now.discovery().value {
        Ok(answer) => Ok(Outcome::from_findings(incomplete(&answer.fact).into_iter().collect())),
        Err(Missing::Failed { reason: reason @ (Reason::Status | Reason::Body), detail, .. }) => {
            let url = &case.target().provider.url;
            let message = format!("{url}/.well-known/openid-configuration: {detail}");
            Ok(Outcome::fail(Finding::new(reason.id(), message)))
        }
        Err(missing) => Err(missing.clone()),
    }
}

fn incomplete(discovery: &Discovery) -> Option<Finding> {
    let fields = [
        ("issuer", &discovery.issuer),
        ("authorization_endpoint", &discovery.authorization_endpoint),
        ("token_endpoint", &discovery.token_endpoint),
        ("userinfo_endpoint", &discovery.userinfo_endpoint),
        ("jwks_uri", &discovery.jwks_uri),
    ];
    let lacking: Vec<&str> =
        fields.iter().filter(|(_, value)| value.as_deref().is_none_or(str::is_empty)).map(|(name, _)| *name).collect();
    (!lacking.is_empty())
        .then(|| Finding::new("incomplete", format!("The discovery document lacks {}", lacking.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{blocked, edit, failed, healthy_but, report, said},
        model::{Snapshot, SourceId},
    };

    fn with(reason: Reason) -> Snapshot {
        healthy_but(|now| now.discovery = failed(SourceId::Discovery, reason, "status 404"))
    }

    fn edited(change: impl FnOnce(&mut Discovery)) -> Snapshot {
        healthy_but(|now| edit(&mut now.discovery, |answer| change(&mut answer.fact)))
    }

    #[test]
    fn an_answer_in_its_place_fails_and_no_answer_is_unknown() {
        let cases = [
            (Snapshot::healthy(), "ok"),
            (with(Reason::Status), "fail status"),
            (with(Reason::Body), "fail body"),
            (with(Reason::TooLarge), "unknown"),
            (with(Reason::Timeout), "unknown"),
            (with(Reason::Connect), "unknown"),
            (with(Reason::Throttled), "unknown"),
            (with(Reason::Challenged), "unknown"),
            (healthy_but(|now| now.discovery = blocked(SourceId::ProviderConnection)), "unknown"),
            (edited(|discovery| discovery.content_type = Some("text/plain".to_owned())), "ok"),
            (edited(|discovery| discovery.end_session_endpoint = None), "ok"),
            (edited(|discovery| discovery.jwks_uri = None), "fail incomplete"),
            (edited(|discovery| discovery.userinfo_endpoint = Some(String::new())), "fail incomplete"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.discovery.value.as_ref().err());
        }
    }

    #[test]
    fn every_lacking_address_is_named() {
        let bare = edited(|discovery| {
            *discovery = Discovery::parse(200, None, br#"{"issuer":"https://id.example.test"}"#).unwrap();
        });
        assert_eq!(
            report(CHECK.id, &bare).findings[0].message,
            "The discovery document lacks authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri"
        );
    }
}

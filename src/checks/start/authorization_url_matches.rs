//! Kasm sends browsers to the authorization endpoint that the provider announces.
//!
//! Kasm stores the address by hand (`auth_url`), so a renamed host or a changed APP_URL leaves it behind.

use super::{Case, Check, SeverityRule};
use crate::model::{Drift, Missing, SourceId, Verdict};

pub(super) const CHECK: Check = Check {
    id: "authorization_url_matches",
    severity: SeverityRule::OUTAGE,
    title: "Kasm sends browsers to the provider's authorization endpoint",
    why: "Kasm stores this address by hand; after a rename of the provider, people land on a page that is gone.",
    mend: "Kasm: Access Management > Authentication > OpenID > Authorization URL: enter the provider's value.",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; Kasm's set-up guide",
    fields: &["authorization_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let start = case.authorize_url()?;
    let discovery = case.discovery()?;
    let endpoint = discovery.authorization_endpoint.as_deref().ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    // Where the issuer is not the one configured, the document speaks of another base: that drift waits for the issuer.
    let expected = if discovery.issuer.as_deref() == Some(case.target().provider.url.as_str()) {
        endpoint.to_owned()
    } else {
        format!(
            "{}{}",
            case.target().provider.url,
            url::Url::parse(endpoint).map_or_else(|_| String::new(), |url| url.path().to_owned())
        )
    };
    Ok(Drift::between("authorization_url", &expected, &start.endpoint).map_or(Verdict::OK, Verdict::drifted))
}

//! The response type that Kasm asks for is supported.

use super::{Case, Check, SeverityRule};
use crate::model::{Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "response_type_supported",
    severity: SeverityRule::OUTAGE,
    title: "The provider supports the response type that Kasm asks for",
    why: "Kasm asks for a code; a provider that does not give one sends people back with unsupported_response_type.",
    fix: "Pocket ID always supports code: see that Kasm's Authorization URL (Access Management > Authentication > \
           OpenID > your config) is the provider's, without parameters of its own. Of another provider, allow the \
           authorization code flow for this client.",
    needs: &[],
    since: "",
    source: "OpenID Connect Core 1.0, section 3; OpenID Connect Discovery 1.0, section 3",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let Some(sent) = case.authorize_url()?.response_type.as_deref() else {
        return Ok(Outcome::fail(Finding::new("missing", "Kasm sends no response_type")));
    };
    let Some(supported) = &case.document()?.response_types_supported else {
        return Ok(Outcome::Unverified("the discovery document has no response_types_supported".to_owned()));
    };
    let wanted = sorted(sent);
    if supported.iter().any(|known| sorted(known) == wanted) {
        return Ok(Outcome::OK);
    }
    let message = format!("Kasm asks for response_type {sent}; the provider supports {}", supported.join(", "));
    Ok(Outcome::fail(Finding::new("unsupported", message)))
}

/// The order of the values does not matter (OAuth 2.0 Multiple Response Type Encoding Practices, section 3).
fn sorted(response_type: &str) -> Vec<&str> {
    let mut values: Vec<&str> = response_type.split_whitespace().collect();
    values.sort_unstable();
    values
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, lose, table, url},
        model::{Reason, SourceId},
    };

    #[test]
    fn the_type_must_be_in_the_document_in_any_order() {
        table(
            &CHECK,
            &[
                ("code", |_| {}, "ok"),
                ("none", |now| url(now).response_type = None, "fail missing"),
                ("another", |now| url(now).response_type = Some("token".to_owned()), "fail unsupported"),
                (
                    "in another order",
                    |now| {
                        document(now, &json!({"response_types_supported": ["code id_token"]}));
                        url(now).response_type = Some("id_token code".to_owned());
                    },
                    "ok",
                ),
                (
                    "the document does not say",
                    |now| document(now, &json!({"response_types_supported": null})),
                    "unverified",
                ),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Connect), "unknown"),
            ],
        );
    }
}

//! Kasm asks only for scopes that the provider supports.

use super::{Case, Check, SeverityRule, after, scope};
use crate::{
    model::{Drift, Finding, Missing, Severity, Verdict},
    providers::pocket_id::Dialect,
};

pub(super) const CHECK: Check = Check {
    id: "scopes_supported",
    severity: SeverityRule::By(severity),
    title: "The provider supports every scope that Kasm asks for",
    why: "Pocket ID drops a scope that it does not know. From 2.10 on its token answer names what is left, and Kasm's \
           library ends in an Internal Error after the passkey (\"Scope has changed\").",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Scope: one per line, only openid, \
           profile, email, groups.",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; RFC 6749, section 5.1; kasmtech/workspaces-issues 894",
    fields: &["scope"],
    run,
};

fn severity(dialect: Dialect) -> Severity {
    match dialect {
        Dialect::Fosite => Severity::Outage,
        Dialect::Legacy | Dialect::Openid => Severity::Risk,
    }
}

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let sent = scope(case)?;
    if sent.contains([',', ';']) {
        return Err(after("scope_list_shape", "commas join its scopes"));
    }
    let Some(supported) = &case.document()?.scopes_supported else {
        return Ok(Verdict::Unverified("the discovery document has no scopes_supported".to_owned()));
    };
    let dropped = unsupported(&sent, supported);
    if dropped.is_empty() {
        return Ok(Verdict::OK);
    }
    let hints: Vec<String> = dropped.iter().map(|scope| with_hint(scope, supported)).collect();
    let message = format!("Kasm asks for {}, which the provider does not support", hints.join(", "));
    let drift = Drift::of("scope", ("The provider supports", &supported.join(" ")), ("Kasm sends", &sent));
    let finding = Finding::new("unsupported", message);
    Ok(Verdict::fail(match drift {
        Some(drift) => finding.drift(drift),
        None => finding,
    }))
}

/// The scopes that are asked for and not supported.
pub(in crate::checks) fn unsupported<'a>(sent: &'a str, supported: &[String]) -> Vec<&'a str> {
    sent.split_whitespace().filter(|scope| !supported.iter().any(|known| known == scope)).collect()
}

/// A slip of the pen is told with what was meant.
fn with_hint(scope: &str, supported: &[String]) -> String {
    let likeness = |known: &str| strsim::jaro_winkler(&scope.to_lowercase(), known);
    let meant = supported
        .iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    meant.map_or_else(|| scope.to_owned(), |(_, known)| format!("{scope} (is {known} meant?)"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, evaluated, generic, legacy, lose, table, url},
        model::{Reason, Severity, Snapshot, SourceId},
    };

    fn send(now: &mut Snapshot, scope: &str) {
        url(now).scope = Some(scope.to_owned());
    }

    #[test]
    fn every_scope_must_be_in_the_document() {
        table(
            &CHECK,
            &[
                ("all supported", |_| {}, "ok"),
                ("none asked for", |now| url(now).scope = None, "ok"),
                ("one is not", |now| send(now, "openid profile phone"), "fail unsupported"),
                ("in capitals", |now| send(now, "openid PROFILE"), "fail unsupported"),
                ("the document does not say", |now| document(now, &json!({"scopes_supported": null})), "unverified"),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Body), "unverified"),
                ("commas: told by scope_list_shape", |now| send(now, "openid,phone"), "unknown"),
            ],
        );
        let risk = |change: fn(&mut Snapshot)| evaluated(&CHECK, change).severity;
        assert_eq!([risk(|_| {}), risk(legacy), risk(generic)], [Severity::Outage, Severity::Risk, Severity::Risk]);
    }

    #[test]
    fn a_slip_of_the_pen_is_told_with_what_was_meant() {
        let report = evaluated(&CHECK, |now| send(now, "openid group phone"));
        assert_eq!(
            report.findings[0].message,
            "Kasm asks for group (is groups meant?), phone, which the provider does not support"
        );
    }
}

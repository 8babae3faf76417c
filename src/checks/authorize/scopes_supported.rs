//! Kasm asks only for scopes that the provider supports.

use std::collections::HashSet;

use super::{Case, Check, SeverityRule, after, scope};
use crate::{
    checks::likeness::meant,
    model::{Drift, Finding, Missing, Outcome, Severity},
    providers::{ProviderKind, pocket_id::Dialect},
};

/// So many scopes are named before the rest is only counted.
const MOST_NAMED: usize = 10;

pub(super) const CHECK: Check = Check {
    id: "scopes_supported",
    // That its library refuses the token is known of Kasm; the libraries of others take what they get.
    severity: SeverityRule::ByDialectAndApp(severity, Severity::Risk),
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

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let sent = scope(case)?;
    if sent.contains([',', ';']) {
        return Err(after("scope_list_shape", "commas join its scopes"));
    }
    let Some(supported) = &case.document()?.scopes_supported else {
        return Ok(Outcome::Unverified("the discovery document has no scopes_supported".to_owned()));
    };
    let dropped = unsupported(case, &sent, supported);
    if dropped.is_empty() {
        return Ok(Outcome::OK);
    }
    let mut hints: Vec<String> = dropped.iter().take(MOST_NAMED).map(|scope| with_hint(scope, supported)).collect();
    if dropped.len() > MOST_NAMED {
        hints.push(format!("{} more", dropped.len() - MOST_NAMED));
    }
    let message = format!("Kasm asks for {}, which the provider does not support", hints.join(", "));
    let drift = Drift::of("scope", ("The provider supports", &supported.join(" ")), ("Kasm sends", &sent));
    let finding = Finding::new("unsupported", message);
    Ok(Outcome::fail(match drift {
        Some(drift) => finding.drift(drift),
        None => finding,
    }))
}

/// The scopes that are asked for and not supported. Pocket ID grants `offline_access` from 2.10 on, and before that its
/// token answer does not say that it was dropped (measured): it harms nobody.
pub(in crate::checks) fn unsupported<'a>(case: &Case<'_>, sent: &'a str, supported: &[String]) -> Vec<&'a str> {
    let supported: HashSet<&str> = supported.iter().map(String::as_str).collect();
    let is_harmless = |scope: &str| case.kind == ProviderKind::PocketId && scope == "offline_access";
    sent.split_whitespace().filter(|scope| !supported.contains(scope) && !is_harmless(scope)).collect()
}

/// A slip of the pen is reported with what was meant.
fn with_hint(scope: &str, supported: &[String]) -> String {
    meant(scope, supported).map_or_else(|| scope.to_owned(), |known| format!("{scope} (is {known} meant?)"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        apps::AppKind,
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
                ("offline_access", |now| send(now, "openid offline_access"), "ok"),
                (
                    "offline_access, which 2.9 drops without a word",
                    |now| {
                        legacy(now);
                        send(now, "openid offline_access");
                    },
                    "ok",
                ),
                (
                    "offline_access, which another provider does not support",
                    |now| {
                        generic(now);
                        document(now, &json!({"scopes_supported": ["openid"]}));
                        send(now, "openid offline_access");
                    },
                    "fail unsupported",
                ),
                ("in capitals", |now| send(now, "openid PROFILE"), "fail unsupported"),
                ("the document does not say", |now| document(now, &json!({"scopes_supported": null})), "unverified"),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Body), "unverified"),
                ("commas: told by scope_list_shape", |now| send(now, "openid,phone"), "unknown"),
            ],
        );
        let risk = |change: fn(&mut Snapshot)| evaluated(&CHECK, change).severity;
        assert_eq!([risk(|_| {}), risk(legacy), risk(generic)], [Severity::Outage, Severity::Risk, Severity::Risk]);
        assert_eq!(risk(|now| now.target.app.kind = Some(AppKind::Grafana)), Severity::Risk);
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

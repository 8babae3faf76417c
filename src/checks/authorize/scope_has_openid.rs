//! Kasm asks for the scope `openid`.

use super::{Case, Check, SeverityRule, after, scope};
use crate::{
    model::{Finding, Missing, Severity, Verdict},
    providers::pocket_id::Dialect,
};

pub(super) const CHECK: Check = Check {
    id: "scope_has_openid",
    severity: SeverityRule::By(severity),
    title: "Kasm asks for the scope openid",
    why: "Without it a login is not OpenID: from 2.10 on Pocket ID gives no ID token, and userinfo answers 403.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Scope: add openid on a line of its own, \
           and read the saved config back.",
    needs: &[],
    since: "",
    source: "OpenID Connect Core 1.0, section 3.1.2.1; Pocket ID 2.10 (measured); kasmtech/workspaces-issues 717",
    fields: &[],
    run,
};

fn severity(dialect: Dialect) -> Severity {
    match dialect {
        Dialect::Fosite | Dialect::Openid => Severity::Outage,
        Dialect::Legacy => Severity::Degraded,
    }
}

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let sent = scope(case)?;
    if sent.split_whitespace().any(|one| one == "openid") {
        return Ok(Verdict::OK);
    }
    if sent.split([',', ';']).any(|one| one.trim() == "openid") {
        return Err(after("scope_list_shape", "openid stands in one word with other scopes"));
    }
    let sent = if sent.is_empty() { "no scope" } else { &sent };
    Ok(Verdict::fail(Finding::new("missing", format!("Kasm asks for {sent}, without openid"))))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, legacy, table, url},
        model::{Severity, Snapshot},
    };

    fn send(now: &mut Snapshot, scope: &str) {
        url(now).scope = Some(scope.to_owned());
    }

    #[test]
    fn openid_must_be_an_entry_of_its_own() {
        table(
            &CHECK,
            &[
                ("asked for", |_| {}, "ok"),
                ("alone", |now| send(now, "openid"), "ok"),
                ("not asked for", |now| send(now, "profile email groups"), "fail missing"),
                ("in capitals", |now| send(now, "OpenID profile"), "fail missing"),
                ("a word that holds it", |now| send(now, "openid2 profile"), "fail missing"),
                ("nothing asked for", |now| url(now).scope = None, "fail missing"),
                ("hidden by commas: told by scope_list_shape", |now| send(now, "openid,profile"), "unknown"),
                ("commas without it", |now| send(now, "profile,email"), "fail missing"),
            ],
        );
        assert_eq!(evaluated(&CHECK, |_| {}).severity, Severity::Outage);
        assert_eq!(evaluated(&CHECK, legacy).severity, Severity::Degraded);
    }
}

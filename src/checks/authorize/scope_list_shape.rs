//! Kasm holds its scopes one per entry.
//!
//! How they are stored, only a key shows; what a comma or a stray blank in the authorize URL shows is
//! proof without one.

use super::{Case, Check, SeverityRule, needs_kasm_key, scope};
use crate::{
    model::{Credential, Finding, Missing, Severity, Verdict},
    pocket_id::Dialect,
};

pub(super) const CHECK: Check = Check {
    id: "scope_list_shape",
    severity: SeverityRule::By(severity),
    title: "Kasm holds its scopes one per line",
    why: "Scopes in one entry look right in the browser. From 2.10 on the token answer names what was granted; Kasm's \
           library then likely finds another list than it asked for and ends in an Internal Error after the passkey. \
           With commas nothing is granted at all.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Scope: enter openid, email, profile and \
           groups, one per line, without commas or blanks.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "RFC 6749, section 3.3; kasmtech/workspaces-issues 894 and 717; Pocket ID 2.10 (measured)",
    fields: &[],
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
        return Ok(Verdict::fail(Finding::new("commas", format!("Kasm sends scopes joined by commas: {sent}"))));
    }
    // Kasm joins its entries by one blank: another one is inside an entry.
    if sent.split(' ').any(|one| one.is_empty() || one.contains(char::is_whitespace)) && !sent.is_empty() {
        return Ok(Verdict::fail(Finding::new("blanks", format!("Kasm sends scopes with stray blanks: \"{sent}\""))));
    }
    needs_kasm_key(case)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{judged, legacy, table, url},
        model::{Severity, Snapshot},
    };

    fn send(now: &mut Snapshot, scope: &str) {
        url(now).scope = Some(scope.to_owned());
    }

    #[test]
    fn only_what_the_url_shows_is_proven() {
        table(
            &CHECK,
            &[
                ("joined by blanks: may be one entry", |_| {}, "unverified"),
                ("all joined by commas", |now| send(now, "openid,profile,email,groups"), "fail commas"),
                ("some joined by commas", |now| send(now, "openid profile,email"), "fail commas"),
                ("a blank at the end", |now| send(now, "openid profile "), "fail blanks"),
                ("two blanks", |now| send(now, "openid  profile"), "fail blanks"),
                ("a line feed", |now| send(now, "openid\nprofile"), "fail blanks"),
                ("none", |now| url(now).scope = None, "unverified"),
            ],
        );
        assert_eq!(judged(&CHECK, |_| {}).severity, Severity::Outage);
        assert_eq!(judged(&CHECK, legacy).severity, Severity::Risk);
    }
}

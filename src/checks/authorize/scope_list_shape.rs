//! Kasm holds its scopes one per entry.
//!
//! How they are stored, only a key shows; what a comma or a stray blank in the authorize URL shows is
//! proof without one.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Credential, Finding, Missing, Severity, Verdict},
    providers::pocket_id::Dialect,
};

pub(super) const CHECK: Check = Check {
    id: "scope_list_shape",
    severity: SeverityRule::By(severity),
    title: "Kasm holds its scopes one per line",
    why: "Scopes in one entry look right in the browser. From 2.10 on the token answer names what was granted; Kasm's \
           library then likely finds another list than it asked for and ends in an Internal Error after the passkey. \
           With commas nothing is granted at all.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Scope: enter openid, email, profile and \
           groups, one per line, without commas or blanks.",
    needs: &[Credential::AppKey],
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
    let sent = case.authorize_url().map(|url| url.scope.as_deref().unwrap_or_default());
    if let Some(finding) = sent.as_ref().ok().and_then(|sent| in_the_url(sent)) {
        return Ok(Verdict::fail(finding));
    }
    if case.now.kasm_config.value == Err(Missing::NotConfigured(Credential::AppKey)) {
        // What the URL would show outranks what a key would.
        sent?;
    }
    let stored = case.stored_field("scope", |stored| stored.scope.as_ref())?;
    if let Some(finding) = in_the_list(stored) {
        return Ok(Verdict::fail(finding));
    }
    let twice = stored.iter().enumerate().find(|(index, entry)| stored[..*index].contains(entry));
    Ok(twice.map_or(Verdict::OK, |(_, entry)| Verdict::noting(format!("{entry} stands twice, which does no harm"))))
}

fn in_the_url(sent: &str) -> Option<Finding> {
    if sent.contains([',', ';']) {
        return Some(Finding::new("commas", format!("Kasm sends scopes joined by commas: {sent}")));
    }
    // Kasm joins its entries by one blank: another one is inside an entry.
    let has_stray = sent.split(' ').any(|one| one.is_empty() || one.contains(char::is_whitespace)) && !sent.is_empty();
    has_stray.then(|| Finding::new("blanks", format!("Kasm sends scopes with stray blanks: \"{sent}\"")))
}

/// The first entry that is not one scope (RFC 6749, section 3.3: no blanks; Kasm splits by lines only).
fn in_the_list(stored: &[String]) -> Option<Finding> {
    stored.iter().find_map(|entry| {
        let (code, what) = if entry.contains([',', ';']) {
            ("commas", "scopes joined by commas")
        } else if entry.split_whitespace().count() > 1 {
            ("one_entry", "several scopes in one entry")
        } else if entry.trim().is_empty() || entry.contains(char::is_whitespace) {
            ("blanks", "a scope with stray blanks")
        } else {
            return None;
        };
        Some(Finding::new(code, format!("Kasm stores {what}: \"{entry}\"")))
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, legacy, lose, stored, table, table_with_credentials, url},
        model::{Reason, Severity, Snapshot, SourceId},
    };

    fn store(now: &mut Snapshot, entries: &[&str]) {
        stored(now).scope = Some(entries.iter().map(|entry| (*entry).to_owned()).collect());
    }

    #[test]
    fn each_stored_entry_must_be_one_scope() {
        table_with_credentials(
            &CHECK,
            &[
                ("one per entry", |_| {}, "ok"),
                ("all in one entry", |now| store(now, &["openid email profile groups"]), "fail one_entry"),
                ("two in one entry", |now| store(now, &["openid", "email profile", "groups"]), "fail one_entry"),
                ("commas", |now| store(now, &["openid,email"]), "fail commas"),
                ("a blank at the end", |now| store(now, &["openid", "groups "]), "fail blanks"),
                ("an empty entry", |now| store(now, &["openid", ""]), "fail blanks"),
                ("one twice does no harm", |now| store(now, &["openid", "email", "openid"]), "ok"),
                ("none at all: told by scope_has_openid", |now| store(now, &[]), "ok"),
                ("stored right, and sent with commas", |now| send(now, "openid,email"), "fail commas"),
                ("not said", |now| stored(now).scope = None, "unknown"),
                ("no start", |now| lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout), "ok"),
                (
                    "the key is refused, and the URL shows it",
                    |now| {
                        lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Unauthorized);
                        send(now, "openid,email");
                    },
                    "fail commas",
                ),
                (
                    "the key is refused",
                    |now| lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Unauthorized),
                    "unknown",
                ),
            ],
        );
    }

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
        assert_eq!(evaluated(&CHECK, |_| {}).severity, Severity::Outage);
        assert_eq!(evaluated(&CHECK, legacy).severity, Severity::Risk);
    }
}

//! The scopes that Kasm asks for bring the claim that it takes as user name.

use super::{Case, Check, SeverityRule, scope_is_asked_for};
use crate::{
    model::{Credential, Finding, Missing, Outcome},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "scopes_cover_username",
    severity: SeverityRule::OUTAGE,
    title: "Kasm asks for the scope that brings the user name",
    why: "A claim comes only with its scope: without it Kasm finds no user name and says \"Unable to processes OIDC \
           login\".",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Scope: add profile for \
           preferred_username, or email for email.",
    needs: &[Credential::AppKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.4",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if !case.is_kasm() {
        return needed(case);
    }
    scope_is_asked_for(case, case.stored_field("username_attribute", |stored| stored.username_attribute.as_deref())?)
}

/// Of another app than Kasm: the scopes that its kind cannot do without.
fn needed(case: &Case<'_>) -> Result<Outcome, Missing> {
    let asked = case.scopes()?;
    let lacking = |scope: &&&str| **scope != "openid" && !asked.contains(*scope);
    let missing: Vec<&str> = case.app.profile().scopes.iter().filter(lacking).copied().collect();
    if missing.is_empty() {
        return Ok(Outcome::OK);
    }
    let names = missing.join(" ");
    if case.is_guess() || case.kind != ProviderKind::PocketId {
        return Ok(Outcome::Unverified(format!(
            "apps of this kind need the scope {names}, which it does not ask for; whether the provider gives its claims all \
             the same is its own affair"
        )));
    }
    let message = format!("Kasm needs the scope {names}, and asks for {}", asked.join(" "));
    Ok(Outcome::fail(Finding::new("missing", message)))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated_with_credentials, generic, stored, table, table_with_credentials, url},
        model::Snapshot,
    };

    fn scopes(now: &mut Snapshot, entries: &[&str]) {
        stored(now).scope = Some(entries.iter().map(|entry| (*entry).to_owned()).collect());
    }

    fn take(now: &mut Snapshot, claim: &str) {
        stored(now).username_attribute = Some(claim.to_owned());
    }

    #[test]
    fn the_scope_of_the_claim_must_be_asked_for() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("preferred_username with profile", |_| {}, "ok"),
                ("without profile", |now| scopes(now, &["openid", "email", "groups"]), "fail missing"),
                ("all in one entry: told by scope_list_shape", |now| scopes(now, &["openid profile"]), "ok"),
                ("commas: told by scope_list_shape", |now| scopes(now, &["openid,profile"]), "unknown"),
                ("no scope", |now| scopes(now, &[]), "fail missing"),
                (
                    "email with email",
                    |now| {
                        take(now, "email");
                        scopes(now, &["openid", "email"]);
                    },
                    "ok",
                ),
                (
                    "email without it",
                    |now| {
                        take(now, "email");
                        scopes(now, &["openid", "profile"]);
                    },
                    "fail missing",
                ),
                ("sub with openid", |now| take(now, "sub"), "ok"),
                (
                    "sub without openid: told by scope_has_openid",
                    |now| {
                        take(now, "sub");
                        scopes(now, &["profile"]);
                    },
                    "unknown",
                ),
                ("a custom claim of Pocket ID's comes with profile", |now| take(now, "login"), "ok"),
                (
                    "a claim of another provider's own",
                    |now| {
                        generic(now);
                        take(now, "login");
                    },
                    "unverified",
                ),
                ("none stored", |now| stored(now).username_attribute = None, "unknown"),
                (
                    "the stored scopes are not known: as sent",
                    |now| {
                        stored(now).scope = None;
                        url(now).scope = Some("openid email".to_owned());
                    },
                    "fail missing",
                ),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, |now| scopes(now, &["openid", "email"]));
        let expected = "preferred_username comes with the scope profile, and Kasm asks for openid email only";
        assert_eq!(report.findings[0].message, expected);
    }
}

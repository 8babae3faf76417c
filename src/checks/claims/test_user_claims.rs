//! The test user's claims are what Kasm needs.

use std::collections::BTreeMap;

use super::{Case, Check, SeverityRule, users_allowed};
use crate::{
    apps::kasm::OidcConfig,
    model::{ClaimsPreview, Credential, Finding, Missing, SourceId, Verdict},
};

/// The claim that Pocket ID's guide enters as Kasm's Username Attribute.
const BY_THE_GUIDE: &str = "preferred_username";

pub(super) const CHECK: Check = Check {
    id: "test_user_claims",
    severity: SeverityRule::DEGRADED,
    title: "The test user has the claims that Kasm needs",
    why: "What a real user's claims hold shows what the settings do not: a missing name, a missing group, a custom \
           claim that hides one.",
    fix: "Pocket ID: Administration > Users > the test user (expect.user): complete user name, e-mail and groups.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "Pocket ID, claims preview",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    let user = case.target().expect.user.as_deref().unwrap_or("the test user");
    match case.by_key(&case.now.claims_preview)? {
        ClaimsPreview::NoSuchUser => Ok(Verdict::fail(
            Finding::new("no_such_user", format!("Pocket ID has no user named {user} (expect.user)")).fix(
                "Name a test user under expect.user in ssowatch's config, or add that user in Pocket ID: Administration \
                 > Users.",
            ),
        )),
        // That nobody may is one fault, told by one check.
        ClaimsPreview::NotAllowed if users_allowed::is_closed(case) => {
            Err(Missing::Blocked { by: SourceId::ClientRegistration })
        }
        ClaimsPreview::NotAllowed => Ok(Verdict::fail(
            Finding::new("not_allowed", format!("{user} may not use Kasm's client")).fix(
                "Pocket ID: Administration > Users > the test user: add a group that is among Kasm's client's Allowed \
                 User Groups.",
            ),
        )),
        ClaimsPreview::Claims { types, groups, email_verified, .. } => {
            claims(stored(case), user, types, groups.as_deref(), *email_verified)
        }
    }
}

/// Kasm's stored config, where a Kasm key shows it.
fn stored<'a>(case: &Case<'a>) -> Option<&'a OidcConfig> {
    case.now.kasm_config.ok()?.ours(case.target().wanted(), case.now.login_start.ok()).ok()
}

fn claims(
    stored: Option<&OidcConfig>,
    user: &str,
    types: &BTreeMap<String, String>,
    groups: Option<&[String]>,
    email_verified: Option<bool>,
) -> Result<Verdict, Missing> {
    let is = |claim: &str, kinds: &[&str]| types.get(claim).is_some_and(|kind| kinds.contains(&kind.as_str()));
    let attribute = stored.and_then(|config| config.username_attribute.as_deref());
    if attribute.is_none() && !is(BY_THE_GUIDE, &["string"]) {
        // Kasm may take another claim, which only its stored config tells.
        return Err(Missing::NotConfigured(Credential::AppKey));
    }
    let mut findings = Vec::new();
    if let Some(attribute) = attribute.filter(|claim| !is(claim, &["string", "number"])) {
        let message = format!("the claims of {user} have no \"{attribute}\", from which Kasm takes the user name");
        findings.push(Finding::new("no_user_name", message));
    }
    let mapped = stored.and_then(|config| config.groups_attribute.text());
    if let Some(claim) = mapped.filter(|claim| !is(claim, &["array", "string"])) {
        let message = format!("the claims of {user} have no \"{claim}\", from which Kasm takes the groups");
        findings.push(Finding::new("no_groups", message));
    }
    if !findings.is_empty() {
        return Ok(Verdict::Fail(findings));
    }
    let mut notes = vec![format!("{user} brings \"{}\"", attribute.unwrap_or(BY_THE_GUIDE))];
    match groups {
        Some([]) => notes.push("no group".to_owned()),
        Some(names) => notes.push(format!("groups {}", names.join(", "))),
        None => {}
    }
    if email_verified == Some(false) {
        notes.push("an e-mail address that is not verified".to_owned());
    }
    Ok(Verdict::noting(notes.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::kasm::Field,
        checks::testing::{evaluated, generic, lose, table},
        model::{ClaimsPreview, Credential, Missing, Reason, Snapshot, SourceId},
    };

    fn preview(now: &mut Snapshot, preview: ClaimsPreview) {
        *now = Snapshot::healthy_with_credentials();
        now.claims_preview.value = Ok(preview);
    }

    /// With that username attribute and groups attribute in Kasm.
    fn stored(now: &mut Snapshot, user_name: &str, groups: &str) {
        *now = Snapshot::healthy_with_credentials();
        let config = &mut now.kasm_config.value.as_mut().unwrap().configs[0];
        config.username_attribute = Some(user_name.to_owned());
        config.groups_attribute = Field::Is(groups.to_owned());
    }

    fn without(now: &mut Snapshot, claim: &str) {
        *now = Snapshot::healthy_with_credentials();
        let Ok(ClaimsPreview::Claims { types, .. }) = &mut now.claims_preview.value else { panic!("no claims") };
        types.remove(claim);
    }

    #[test]
    fn what_kasm_takes_must_be_among_the_claims() {
        table(
            &CHECK,
            &[
                ("no key", |_| {}, "unverified"),
                ("all there", |now| *now = Snapshot::healthy_with_credentials(), "ok"),
                ("no such user", |now| preview(now, ClaimsPreview::NoSuchUser), "fail no_such_user"),
                ("not in the group", |now| preview(now, ClaimsPreview::NotAllowed), "fail not_allowed"),
                (
                    "nobody is allowed: told by users_allowed",
                    |now| {
                        preview(now, ClaimsPreview::NotAllowed);
                        now.client_registration.value.as_mut().unwrap().client.allowed_user_groups.clear();
                    },
                    "unknown",
                ),
                ("another claim as user name", |now| stored(now, "email", "groups"), "ok"),
                ("a claim that is not there", |now| stored(now, "login", "groups"), "fail no_user_name"),
                ("neither is there", |now| stored(now, "login", "roles"), "fail no_user_name no_groups"),
                ("profile not asked for", |now| without(now, "preferred_username"), "fail no_user_name"),
                (
                    "without a Kasm key it could be another claim",
                    |now| {
                        without(now, "preferred_username");
                        now.kasm_config.value = Err(Missing::NotConfigured(Credential::AppKey));
                    },
                    "unverified",
                ),
                (
                    "without a Kasm key, by the guide",
                    |now| {
                        without(now, "groups");
                        now.kasm_config.value = Err(Missing::NotConfigured(Credential::AppKey));
                    },
                    "ok",
                ),
                (
                    "the database fails",
                    |now| {
                        preview(now, ClaimsPreview::NoSuchUser);
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                ("another provider", generic, "not_applicable"),
            ],
        );
    }

    #[test]
    fn an_address_that_is_not_verified_is_a_note_only() {
        let report = evaluated(&CHECK, |now| {
            *now = Snapshot::healthy_with_credentials();
            let Ok(ClaimsPreview::Claims { email_verified, .. }) = &mut now.claims_preview.value else { return };
            *email_verified = Some(false);
        });
        let note = "canary brings \"preferred_username\", groups kasm-users, an e-mail address that is not verified";
        assert_eq!((report.verdict.as_str(), report.reason.as_deref()), ("ok", Some(note)));
    }
}

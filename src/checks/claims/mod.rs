//! Kasm finds user name and groups in the claims, and lets the user in.

use super::{Case, Check, SeverityRule, endpoint};
use crate::{
    apps::kasm::Field,
    checks::likeness::meant,
    model::{ClaimsPreview, Drift, Finding, Missing, Outcome, Reason, SourceId},
    providers::ProviderKind,
};

mod group_names_map;
mod groups_claim;
mod local_user_in_the_way;
mod scopes_cover_groups;
mod scopes_cover_username;
mod test_user_claims;
mod userinfo_url_matches;
mod username_claim;
mod users_allowed;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &userinfo_url_matches::CHECK,
    &scopes_cover_username::CHECK,
    &username_claim::CHECK,
    &scopes_cover_groups::CHECK,
    &groups_claim::CHECK,
    &users_allowed::CHECK,
    &test_user_claims::CHECK,
    &group_names_map::CHECK,
    &local_user_in_the_way::CHECK,
];

/// The scope that brings a claim (OpenID Connect Core 1.0, section 5.4; Pocket ID gives custom claims with `profile`, and
/// `groups` with a scope of that name); none where it is the provider's own affair.
fn scope_of(claim: &str, kind: ProviderKind) -> Option<&'static str> {
    const PROFILE: [&str; 15] = [
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "display_name",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ];
    match claim {
        "sub" => Some("openid"),
        "email" | "email_verified" => Some("email"),
        "phone_number" | "phone_number_verified" => Some("phone"),
        "address" => Some("address"),
        "groups" if kind == ProviderKind::PocketId => Some("groups"),
        "groups" => None,
        claim if PROFILE.contains(&claim) || kind == ProviderKind::PocketId => Some("profile"),
        _ => None,
    }
}

/// Whether Kasm asks for the scope that brings a claim.
fn scope_is_asked_for(case: &Case<'_>, claim: &str) -> Result<Outcome, Missing> {
    let scopes = case.scopes()?;
    match scope_of(claim.trim(), case.kind) {
        Some(scope) if scopes.contains(&scope) => Ok(Outcome::OK),
        Some("openid") => Err(Missing::failed(
            SourceId::KasmConfig,
            Reason::Blocked,
            "openid is not asked for: evaluated once scope_has_openid holds",
        )),
        // Which claims come without their scope is a matter of the provider's settings (default client scopes, at Keycloak).
        Some(scope) if case.kind != ProviderKind::PocketId => Ok(Outcome::Unverified(format!(
            "{claim} usually comes with the scope {scope}, which Kasm does not ask for; whether this provider gives it all the \
             same is its own affair"
        ))),
        Some(scope) => Ok(Outcome::fail(Finding::new(
            "missing",
            format!("{claim} comes with the scope {scope}, and Kasm asks for {}", in_words(&scopes)),
        ))),
        None => Ok(Outcome::Unverified(format!("which scope brings {claim} is this provider's own affair"))),
    }
}

fn in_words(scopes: &[&str]) -> String {
    if scopes.is_empty() { "no scope".to_owned() } else { format!("{} only", scopes.join(" ")) }
}

/// Whether the provider has a claim that Kasm takes. One that it does not announce may be a custom claim, which only an
/// admin's key shows.
fn claim_exists(case: &Case<'_>, field: &str, claim: &str) -> Result<Outcome, Missing> {
    let announced = case.discovery()?.claims_supported.as_deref().unwrap_or_default();
    if announced.iter().any(|known| known == claim) {
        return Ok(Outcome::OK);
    }
    if let Some(ClaimsPreview::Claims { types, .. }) = case.now.claims_preview().ok()
        && types.contains_key(claim)
    {
        return Ok(Outcome::noting(format!("the test user has the claim {claim}")));
    }
    if case.kind != ProviderKind::PocketId {
        let text = format!("the provider does not announce the claim {claim}, and need not announce all");
        return Ok(Outcome::Unverified(text));
    }
    match &case.now.custom_claims().value {
        Ok(custom) if custom.names.iter().any(|name| name == claim) => {
            Ok(Outcome::noting(format!("{claim} is a custom claim")))
        }
        Ok(_) => {
            database_answers(case)?;
            Ok(Outcome::fail(no_such_claim(field, claim, announced)))
        }
        Err(Missing::NotConfigured(key)) => Ok(Outcome::Unverified(format!(
            "the provider does not announce the claim {}; whether it is a custom claim, {key} shows",
            with_hint(claim, announced)
        ))),
        Err(missing) => Err(missing.clone()),
    }
}

/// Pocket ID's database answers: without that, what is missing there may only not have been found.
fn database_answers(case: &Case<'_>) -> Result<(), Missing> {
    case.now.client_meta().get().map(|_| ()).map_err(|_| Missing::Blocked { by: SourceId::ClientMeta })
}

fn no_such_claim(field: &str, claim: &str, announced: &[String]) -> Finding {
    let message = format!(
        "The provider has no claim {}, and nobody has a custom claim of that name",
        with_hint(claim, announced)
    );
    let finding = Finding::new("no_such_claim", message);
    let known = announced.join(" ");
    match Drift::of(field, ("The provider has", &known), ("Kasm takes", claim)) {
        Some(drift) => finding.drift(drift),
        None => finding,
    }
}

/// A slip of the pen is reported with what was meant.
fn with_hint(claim: &str, known: &[String]) -> String {
    match meant(claim, known) {
        Some(meant) => format!("\"{claim}\" (is {meant} meant?)"),
        None => format!("\"{claim}\""),
    }
}

/// What Kasm takes groups by.
enum Groups<'a> {
    /// The claim of that name.
    Claim(&'a str),
    /// No claim, and these groups of Kasm's are mapped all the same.
    MappedWithoutClaim(Vec<&'a str>),
}

/// What Kasm takes groups by.
///
/// # Errors
/// *Not applicable* where no groups are used.
fn groups<'a>(case: &Case<'a>) -> Result<Groups<'a>, Missing> {
    match &case.stored()?.groups_attribute {
        Field::Is(claim) => Ok(Groups::Claim(claim)),
        Field::Absent => {
            Err(Missing::failed(SourceId::KasmConfig, Reason::Body, "Kasm's answer holds no groups_attribute"))
        }
        Field::Empty => match mapped(case) {
            mapped if mapped.is_empty() => Err(Missing::NotApplicable(
                "no Groups Attribute is set, so Kasm takes no groups from the claims".to_owned(),
            )),
            mapped => Ok(Groups::MappedWithoutClaim(mapped)),
        },
    }
}

/// Kasm's groups that this config maps by name, as far as the mappings are known.
fn mapped<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let ours = case.stored().ok().and_then(|stored| stored.id.as_ref());
    let mappings = case.now.kasm_mappings().ok().map(Vec::as_slice).unwrap_or_default();
    let is_ours = |config: &Option<String>| config.is_some() && config.as_ref() == ours;
    let by_name = mappings.iter().filter(|mapping| is_ours(&mapping.config_id) && !mapping.applies_to_all);
    by_name.map(|mapping| mapping.group.as_str()).collect()
}

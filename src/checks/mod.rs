//! The rules about a snapshot. Pure: no I/O, no clock, and no check sees another check's verdict.
//!
//! One folder per stage of the login path, one file per check. A new check is a new file and two short lines in its
//! stage's `mod.rs`; metrics, alerts, pages and `explain` go by the labels and take it up by themselves.

mod app;
mod authorize;
mod claims;
mod landing;
mod logout;
mod offer;
mod provider;
mod start;
mod token;
mod upkeep;

mod case;
mod endpoint;
mod evaluate;
mod facts;
mod likeness;
mod sign_in;
#[cfg(test)]
mod testing;

pub use case::Case;
pub use evaluate::{evaluate, evaluate_as_if, self_test};
pub use facts::Facts;

use crate::{
    apps::AppKind,
    model::{Credential, Missing, Outcome, Severity, Stage},
    providers::pocket_id::Dialect,
};

/// One rule about a snapshot, with all that people read about it.
#[derive(Debug)]
pub struct Check {
    /// Its id: part of the public interface, the `check` label.
    pub id: &'static str,
    /// How bad it is when it fails.
    pub severity: SeverityRule,
    /// What holds when it is good, as a sentence.
    pub title: &'static str,
    /// Why it matters: what people see when it fails.
    pub why: &'static str,
    /// How to fix it, with the field names of both web forms.
    pub fix: &'static str,
    /// The credentials without which it is *unverified*.
    pub needs: &'static [Credential],
    /// Since which release, where that matters; else empty.
    pub since: &'static str,
    /// The specification or report that it rests on.
    pub source: &'static str,
    /// The fields that it compares: the `field` label of `ssowatch_config_drift`.
    pub fields: &'static [&'static str],
    /// The rule. `?` on a missing fact makes the verdict *unknown* or *unverified*.
    pub run: fn(&Case<'_>) -> Result<Outcome, Missing>,
}

/// How bad a failing check is: always the same, or by the provider's dialect.
#[derive(Debug, Clone, Copy)]
pub enum SeverityRule {
    /// The same for all.
    Always(Severity),
    /// By dialect.
    By(fn(Dialect) -> Severity),
    /// By dialect with Kasm, and this with any other app.
    ByDialectAndApp(fn(Dialect) -> Severity, Severity),
    /// By what else was seen: at worst this, and for one snapshot that.
    BySnapshot(Severity, fn(&Case<'_>) -> Severity),
}

impl SeverityRule {
    /// Sign-in is broken for all.
    pub const OUTAGE: Self = Self::Always(Severity::Outage);
    /// Broken for some, or partly.
    pub const DEGRADED: Self = Self::Always(Severity::Degraded);
    /// Will break.
    pub const RISK: Self = Self::Always(Severity::Risk);
    /// Worth knowing.
    pub const INFO: Self = Self::Always(Severity::Info);

    /// The severity under a dialect, at worst.
    #[must_use]
    pub fn under(self, dialect: Dialect) -> Severity {
        match self {
            Self::Always(severity) | Self::BySnapshot(severity, _) => severity,
            Self::By(rule) | Self::ByDialectAndApp(rule, _) => rule(dialect),
        }
    }

    /// The severity for one snapshot.
    #[must_use]
    pub fn of(self, case: &Case<'_>) -> Severity {
        match self {
            Self::BySnapshot(_, rule) => rule(case),
            Self::ByDialectAndApp(_, of_others) if !case.is_kasm() => of_others,
            _ => self.under(case.dialect),
        }
    }
}

/// All checks in cause order, by stage.
pub const ALL: &[(Stage, &[&Check])] = &[
    (Stage::App, app::CHECKS),
    (Stage::Offer, offer::CHECKS),
    (Stage::Start, start::CHECKS),
    (Stage::Provider, provider::CHECKS),
    (Stage::Authorize, authorize::CHECKS),
    (Stage::Token, token::CHECKS),
    (Stage::Claims, claims::CHECKS),
    (Stage::Landing, landing::CHECKS),
    (Stage::Logout, logout::CHECKS),
    (Stage::Upkeep, upkeep::CHECKS),
];

/// All checks in cause order.
pub fn all() -> impl Iterator<Item = (Stage, &'static Check)> {
    ALL.iter().flat_map(|(stage, checks)| checks.iter().map(|check| (*stage, *check)))
}

/// The checks of what only Kasm has: its API, its login page, the form that it stores its settings by.
const OF_ONE_KIND: [&str; 21] = [
    "kasm_licensed",
    "login_offered",
    "one_config_per_host",
    "start_agrees_with_config",
    "client_id_agrees",
    "token_url_matches",
    "userinfo_url_matches",
    "username_claim",
    "scopes_cover_groups",
    "groups_claim",
    "test_user_claims",
    "group_names_map",
    "local_user_in_the_way",
    "kasm_public_port",
    "logout_configured",
    "logout_url_registered",
    "issuer_field_matches",
    "auto_login_is_safe",
    "settings_as_declared",
    "debug_is_off",
    "token_auth_supported",
];

/// The checks beside those of the provider's stage that a provider alone has.
const OF_A_PROVIDER: [&str; 3] = ["own_settings", "certificates_last", "api_keys_last"];

/// Why a check does not arise for the app of a target; none where it does.
fn does_not_apply(stage: Stage, check: &Check, app: AppKind) -> Option<&'static str> {
    match app {
        AppKind::Kasm => None,
        AppKind::ProviderAlone if stage == Stage::Provider || OF_A_PROVIDER.contains(&check.id) => None,
        AppKind::ProviderAlone => Some("this target is a provider alone"),
        _ => OF_ONE_KIND.contains(&check.id).then_some("this kind of app has no such settings to look at"),
    }
}

/// The check of that id.
#[must_use]
pub fn find(id: &str) -> Option<(Stage, &'static Check)> {
    all().find(|(_, check)| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_snake_case_and_every_text_is_there() {
        let mut seen = BTreeSet::new();
        for (_, check) in all() {
            assert!(seen.insert(check.id), "{} stands twice", check.id);
            assert!(check.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", check.id);
            for text in [check.title, check.why, check.fix, check.source] {
                assert!(text.len() > 10, "{} lacks a text", check.id);
            }
            assert!(
                check.fix.ends_with('.') && check.why.ends_with('.'),
                "{}: a sentence ends with a full stop",
                check.id
            );
            assert!(!check.title.ends_with('.'), "{}: a title has no full stop", check.id);
        }
    }

    #[test]
    fn what_is_kasms_alone_or_a_providers_is_a_check() {
        for id in OF_ONE_KIND.iter().chain(&OF_A_PROVIDER) {
            assert!(find(id).is_some(), "{id}");
        }
    }

    #[test]
    fn every_check_file_is_listed_in_its_stage() {
        for stage in Stage::ALL {
            let folder = format!("{}/src/checks/{}", env!("CARGO_MANIFEST_DIR"), stage.id());
            let files: BTreeSet<String> = std::fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
                .filter(|name| name != "mod")
                .collect();
            let listed: BTreeSet<String> =
                all().filter(|(of, _)| *of == stage).map(|(_, check)| check.id.to_owned()).collect();
            assert_eq!(files, listed, "in {folder}");
        }
    }
}

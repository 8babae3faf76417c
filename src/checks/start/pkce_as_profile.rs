//! The app uses PKCE as apps of its kind do.

use serde_json::Value;

use super::{Case, Check, SeverityRule};
use crate::{
    apps::Pkce,
    model::{Finding, Missing, Outcome},
};

pub(super) const CHECK: Check = Check {
    id: "pkce_as_profile",
    severity: SeverityRule::DEGRADED,
    title: "The app uses PKCE as apps of its kind do",
    why: "An app that has always sent a code_challenge and no longer does was changed, or something rewrites its \
           addresses on the way; a provider that demands PKCE refuses it.",
    fix: "See what was changed at the app, and what rewrites its addresses on the way.",
    needs: &[],
    since: "",
    source: "RFC 7636; the app's own source, as the table of app kinds says",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let profile = case.app.profile();
    let expected = match profile.pkce {
        Pkce::Always => "apps of this kind always do",
        Pkce::WhenAnnounced => "apps of this kind do where the provider announces S256, as this one does",
        Pkce::Never => return Err(Missing::NotApplicable("apps of this kind send no code_challenge".to_owned())),
        Pkce::Setting | Pkce::Unknown => {
            return Err(Missing::NotApplicable(
                "whether apps of this kind send one is a setting, or not known".to_owned(),
            ));
        }
    };
    if case.authorize_url()?.has_code_challenge {
        return Ok(Outcome::OK);
    }
    if profile.pkce == Pkce::WhenAnnounced && !announces_s256(case)? {
        return Ok(Outcome::noting("the provider does not announce S256, so none is sent"));
    }
    if case.is_guess() {
        return Ok(Outcome::Unverified("it sends no code_challenge; whether it should is unconfirmed".to_owned()));
    }
    let message = format!("Kasm sends no code_challenge, and {expected}");
    Ok(Outcome::fail(Finding::new("missing", message)))
}

fn announces_s256(case: &Case<'_>) -> Result<bool, Missing> {
    let methods = case.discovery()?.document.get("code_challenge_methods_supported");
    let methods = methods.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(methods.iter().any(|method| method == "S256"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        apps::AppKind,
        checks::testing::{document, table, url},
    };

    #[test]
    fn a_challenge_is_missed_only_where_the_kind_is_known_to_send_one() {
        table(
            &CHECK,
            &[
                ("Kasm sends none", |_| (), "not_applicable"),
                ("Grafana may", |now| now.target.app.kind = Some(AppKind::Grafana), "not_applicable"),
                ("Miniflux does", |now| now.target.app.kind = Some(AppKind::Miniflux), "fail missing"),
                (
                    "and does",
                    |now| {
                        now.target.app.kind = Some(AppKind::Miniflux);
                        url(now).has_code_challenge = true;
                    },
                    "ok",
                ),
                ("Immich does where it can", |now| now.target.app.kind = Some(AppKind::Immich), "fail missing"),
                (
                    "and not where it cannot",
                    |now| {
                        now.target.app.kind = Some(AppKind::Immich);
                        document(now, &serde_json::json!({"code_challenge_methods_supported": null}));
                    },
                    "ok",
                ),
                ("a guess is never red", |now| now.target.app.kind = Some(AppKind::Pangolin), "unverified"),
            ],
        );
    }
}

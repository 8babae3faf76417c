//! Settings that differ, credentials that are refused, risks, keys.

use super::{one_of_two_replicas, plain};
use crate::shipped::alerts::unit::{Edge, Scenario, level, only_bad};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        drift(
            "SsoConfigDriftBreaking",
            r#"ssowatch_config_drift{target="home", field="redirect_uri", breaking="true"}"#,
            (r#"ssowatch_config_drift{target="other", field="scope", breaking="false"}"#, 1.0),
        ),
        drift(
            "SsoConfigDrift",
            r#"ssowatch_config_drift{target="home", field="redirect_uri", breaking="false"}"#,
            (r#"ssowatch_config_drift{target="other", field="scope", breaking="true"}"#, 1.0),
        ),
        credential_refused(),
        canary_failing(),
        risk(),
        check("SsoProviderThrottling", "provider_not_throttling", |_| {
            "The provider of home answers \"too many requests\" (429): sign-ins may fail at random.".to_owned()
        }),
        check("SsoSigningKeyReplaced", "signing_key_id_unique", |_| {
            "The provider of home now has a different key under the same key ID: to clients that keep the old key, tokens \
             look forged."
                .to_owned()
        }),
        check("SsoSigningKeyChanged", "signing_key_kept", |_| {
            "The signing keys of the provider of home changed within the last day. To see both: ssowatch changes"
                .to_owned()
        }),
    ]
}

fn drift(alert: &'static str, series: &str, decoy: (&'static str, f64)) -> Scenario {
    Scenario {
        labels: vec![("target", "home"), ("field", "redirect_uri")],
        decoys: vec![decoy],
        edges: vec![one_of_two_replicas(series, 0.0, 1.0)],
        ..plain(alert, &[(series, level(0.0, 1.0))], |_| {
            "The app and the provider disagree about redirect_uri at home. To see both values side by side: ssowatch check\n\
             Checks that compare it: redirect_uri_registered"
                .to_owned()
        })
    }
}

fn credential_refused() -> Scenario {
    const USER: &str = r#"ssowatch_source_failing{target="home", source="kasm_user", reason="unauthorized"}"#;
    Scenario {
        edges: vec![Edge {
            says: Some(
                "A credential that ssowatch uses at home is refused. This says nothing about sign-in.\n\
                 Refused by: kasm_user."
                    .to_owned(),
            ),
            ..one_of_two_replicas(USER, 0.0, 1.0)
        }],
        decoys: vec![(r#"ssowatch_source_failing{target="other", source="kasm_config", reason="timeout"}"#, 1.0)],
        ..plain(
            "SsoCredentialRefused",
            &[
                (USER, only_bad(1.0)),
                (
                    r#"ssowatch_source_failing{target="home", source="kasm_config", reason="unauthorized"}"#,
                    only_bad(1.0),
                ),
            ],
            |_| {
                "A credential that ssowatch uses at home is refused. This says nothing about sign-in.\n\
                 Refused by: kasm_config, kasm_user."
                    .to_owned()
            },
        )
    }
}

fn canary_failing() -> Scenario {
    const PASSKEY: &str = r#"ssowatch_canary_success{target="home", step="passkey"}"#;
    Scenario {
        edges: vec![one_of_two_replicas(PASSKEY, 1.0, 0.0)],
        ..plain("SsoCanaryFailing", &[(PASSKEY, level(1.0, 0.0))], |_| {
            "The canary could not sign in at home.\n\
             It failed at the step passkey.\n\
             What was said to it: ssowatch canary status"
                .to_owned()
        })
    }
}

const OWN_ALERT: [&str; 5] = [
    r#"ssowatch_check_success{target="other", check="canary_enrolled", stage="upkeep", severity="risk"}"#,
    r#"ssowatch_check_success{target="other", check="api_keys_last", stage="upkeep", severity="risk"}"#,
    r#"ssowatch_check_success{target="other", check="certificates_last", stage="upkeep", severity="risk"}"#,
    r#"ssowatch_check_success{target="other", check="client_secret_lasts", stage="upkeep", severity="risk"}"#,
    r#"ssowatch_check_success{target="other", check="signing_key_id_unique", stage="provider", severity="risk"}"#,
];

fn risk() -> Scenario {
    let mut decoys: Vec<(&str, f64)> = OWN_ALERT.map(|series| (series, 0.0)).into();
    decoys.push((
        r#"ssowatch_check_success{target="other", check="signing_key_kept", stage="provider", severity="info"}"#,
        0.0,
    ));
    Scenario {
        labels: vec![("target", "home"), ("stage", "app"), ("check", "app_clock")],
        decoys,
        fragment: "#app_clock",
        edges: vec![one_of_two_replicas(
            r#"ssowatch_check_success{target="home", check="app_clock", stage="app", severity="risk"}"#,
            1.0,
            0.0,
        )],
        ..plain(
            "SsoRisk",
            &[(
                r#"ssowatch_check_success{target="home", check="app_clock", stage="app", severity="risk"}"#,
                level(1.0, 0.0),
            )],
            |_| {
                "At home this should hold and does not: The app's clock is within 30 seconds of ours.\n\
                 Why it matters and what fixes it: ssowatch explain app_clock"
                    .to_owned()
            },
        )
    }
}

/// An alert that goes by one check.
fn check(alert: &'static str, check: &str, description: fn(u64) -> String) -> Scenario {
    let series = |target: &str, check: &str| {
        format!(r#"ssowatch_check_success{{target="{target}", check="{check}", stage="provider", severity="risk"}}"#)
    };
    Scenario {
        decoys: vec![(
            r#"ssowatch_check_success{target="other", check="app_clock", stage="app", severity="risk"}"#,
            0.0,
        )],
        edges: vec![one_of_two_replicas(&series("home", check), 1.0, 0.0)],
        ..plain(alert, &[(&series("home", check), level(1.0, 0.0))], description)
    }
}

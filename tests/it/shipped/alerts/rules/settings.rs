//! Settings that differ, credentials that are refused, risks, keys.

use super::{CHANGES, EXPLAIN, LATEST, LOOK_NOW};
use crate::shipped::alerts::{
    rule::{Fix, Group, Page, Rule, Urgency, mins, secs},
    words,
};

pub fn group() -> Group {
    Group {
        name: "ssowatch-settings",
        rules: vec![drift_breaking(), drift(), credential_refused(), risk(), throttling()],
    }
}

pub fn keys() -> Group {
    Group { name: "ssowatch-keys", rules: vec![key_replaced(), key_changed()] }
}

fn compares(check: &ssowatch::checks::Check) -> bool {
    !check.fields.is_empty()
}

const SIDE_BY_SIDE: &str = "Kasm and Pocket ID do not agree in {{ $labels.field }} at {{ $labels.target }}. Both values, side by \
                            side: ssowatch check";

fn drift_breaking() -> Rule {
    Rule {
        name: "SsoConfigDriftBreaking",
        urgency: Urgency::Warning,
        why: "The page of a drift that breaks sign-in for all is SsoLoginBroken, which inhibits this one: this says which\n\
              field it is, also where only some people are locked out.",
        expr: |_| "max by (target, field) (ssowatch_config_drift{breaking=\"true\"}) == 1".to_owned(),
        wait: mins(2),
        keep: mins(5),
        summary: "A setting differs between Kasm and Pocket ID, and that breaks sign-in.",
        description: || format!("{SIDE_BY_SIDE}\nChecks that compare it: {}", words::comparing("$labels.field")),
        anchor: super::whole_page,
        page: Page {
            meaning: "A field that stands on both web forms has two values, and a difference in it breaks sign-in for some or all.",
            impact: "People cannot sign in, or only some can; SsoLoginBroken or SsoLoginDegraded says which.",
            diagnosis: &[LOOK_NOW, CHANGES, EXPLAIN],
            fix: Fix::Checks("The checks that compare fields, in the order of the login path:", compares),
        },
    }
}

fn drift() -> Rule {
    Rule {
        name: "SsoConfigDrift",
        urgency: Urgency::Info,
        why: "What differs without harm today; what threatens is told by SsoRisk too.",
        expr: |_| "max by (target, field) (ssowatch_config_drift{breaking=\"false\"}) == 1".to_owned(),
        wait: mins(15),
        keep: mins(5),
        summary: "A setting differs between Kasm and Pocket ID; sign-in works.",
        description: || format!("{SIDE_BY_SIDE}\nChecks that compare it: {}", words::comparing("$labels.field")),
        anchor: super::whole_page,
        page: Page {
            meaning: "A field that stands on both web forms has two values. Sign-in does not need them to agree today.",
            impact: "None today. The next upgrade, or the next person who trusts the wrong one of the two values, may make it one.",
            diagnosis: &[LOOK_NOW, CHANGES, EXPLAIN],
            fix: Fix::Checks("The checks that compare fields, in the order of the login path:", compares),
        },
    }
}

fn credential_refused() -> Rule {
    Rule {
        name: "SsoCredentialRefused",
        urgency: Urgency::Warning,
        why: "One for each target: a refused key takes several sources along.",
        expr: |_| "max by (target) (ssowatch_source_failing{reason=\"unauthorized\"}) == 1".to_owned(),
        wait: mins(2),
        keep: mins(5),
        summary: "A credential of ssowatch is refused.",
        description: || {
            "At {{ $labels.target }} a credential that ssowatch was given is refused; sign-in itself is not said to fail.\n\
             {{- with printf \"max by (source) (ssowatch_source_failing{target=%q,reason=\\\"unauthorized\\\"}) == 1\" $labels.target | query | sortByLabel \"source\" }}\n\
             Refused at: {{ range $index, $one := . }}{{ if $index }}, {{ end }}{{ .Labels.source }}{{ end }}.\n\
             {{- end }}"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "Kasm or Pocket ID answers 401 or 403 to a key of ours. It ended, was deleted, lost a right, or the file \
                      holds another one.",
            impact: "None on sign-in. The checks that need the key are unknown, so ssowatch sees less.",
            diagnosis: &[
                LOOK_NOW,
                super::Step {
                    shows: "Which request is sent with which credential, and the rights that it needs",
                    command: "ssowatch plan --config.file /etc/ssowatch/ssowatch.yml",
                },
                LATEST,
            ],
            fix: Fix::Checks(
                "Pocket ID: Administration > API Keys: see whether the key is there and when it ends. Kasm: Settings > \
                 Developers: see whether the key is there, enabled, and has the rights that `ssowatch plan` names. Files are \
                 read again at use: no restart is needed. A client secret that is refused is our copy of it: take Kasm's.",
                |check| check.id == "api_keys_last" || check.id == "client_secret_accepted",
            ),
        },
    }
}

/// Risks that have an alert of their own.
const OWN_ALERT: &str = "api_keys_last|certificates_last|client_secret_lasts|signing_key_id_unique";

fn risk() -> Rule {
    Rule {
        name: "SsoRisk",
        urgency: Urgency::Warning,
        why: "One for each check. What ends by time and a replaced key have alerts of their own.",
        expr: |_| {
            format!(
                "min by (target, stage, check) (ssowatch_check_success{{check!~\"{OWN_ALERT}\", severity=\"risk\"}}) == 0"
            )
        },
        wait: mins(15),
        keep: mins(5),
        summary: "Something will break sign-in to Kasm, by time or by an upgrade.",
        description: || {
            format!(
                "At {{{{ $labels.target }}}} this is not so: {}.\nWhy it matters and what fixes it: ssowatch explain {{{{ $labels.check }}}}",
                words::title("$labels.check", words::is_risk)
            )
        },
        anchor: || "#{{ $labels.check }}".to_owned(),
        page: Page {
            meaning: "A check of severity risk fails: sign-in works, and something is set so that time or an upgrade will break it.",
            impact: "None today.",
            diagnosis: &[LOOK_NOW, EXPLAIN, LATEST],
            fix: Fix::Checks(
                "By check. What is meant to be so can be switched off for a target: `checks: {CHECK: off}`.",
                words::is_risk,
            ),
        },
    }
}

fn throttling() -> Rule {
    Rule {
        name: "SsoProviderThrottling",
        urgency: Urgency::Warning,
        why: "By the check and not by ssowatch_source_failing{reason=\"throttled\"}, which also stands for requests that our own\n\
              limit put off.",
        expr: |_| "min by (target) (ssowatch_check_success{check=\"provider_not_throttling\"}) == 0".to_owned(),
        wait: mins(5),
        keep: mins(5),
        summary: "The provider turns requests away as too many.",
        description: || {
            "The provider of {{ $labels.target }} answers \"too many requests\" (429): sign-ins may fail at random."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "Pocket ID, or a proxy or CDN before it, answers 429.",
            impact: "Sign-ins fail at random, also on Kasm's back channel.",
            diagnosis: &[LOOK_NOW, EXPLAIN, LATEST],
            fix: Fix::Checks("", |check| check.id == "provider_not_throttling"),
        },
    }
}

fn key_replaced() -> Rule {
    Rule {
        name: "SsoSigningKeyReplaced",
        urgency: Urgency::Warning,
        why: "By the check, not by increase() of ssowatch_config_changes_total: the check stands for a day (change_hold), so that\n\
              neither a failed scrape nor a counter that is reset by a restart hides it.",
        expr: |_| "min by (target) (ssowatch_check_success{check=\"signing_key_id_unique\"}) == 0".to_owned(),
        wait: secs(0),
        keep: mins(5),
        summary: "A signing key of the provider was replaced under the same key ID.",
        description: || {
            "The provider of {{ $labels.target }} has another key behind a key ID that stayed the same: tokens look forged to \
             clients that keep the old key."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "One key ID stands for two keys, at once or one after the other. Pocket ID never does that by itself: \
                      something else may answer in its place.",
            impact: "Clients that keep the old key refuse every new token until their cache ends.",
            diagnosis: &[CHANGES, LOOK_NOW, LATEST],
            fix: Fix::Checks("", |check| check.id == "signing_key_id_unique"),
        },
    }
}

fn key_changed() -> Rule {
    Rule {
        name: "SsoSigningKeyChanged",
        urgency: Urgency::Info,
        why: "A change that may be meant: beside an outage it says what happened before.",
        expr: |_| "min by (target) (ssowatch_check_success{check=\"signing_key_kept\"}) == 0".to_owned(),
        wait: secs(0),
        keep: mins(5),
        summary: "The provider's signing keys changed.",
        description: || {
            "The signing keys of the provider of {{ $labels.target }} changed within the last day. From what to what: ssowatch changes"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "A signing key that was published is so no longer. After a key rotation or an upgrade from 1.x to 2.x that is \
                      meant; without them the keys were lost with a container's storage.",
            impact: "Mostly none: Kasm fetches the keys anew. If sign-in fails since, Kasm holds the old ones.",
            diagnosis: &[CHANGES, LOOK_NOW, LATEST],
            fix: Fix::Checks("", |check| check.id == "signing_key_kept"),
        },
    }
}

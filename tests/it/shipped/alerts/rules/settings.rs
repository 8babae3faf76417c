//! Settings that differ, credentials that are refused, risks, keys.

use super::{CHANGES, EXPLAIN, LATEST, LOOK_NOW};
use crate::shipped::alerts::{
    rule::{Fix, Group, Page, Rule, Urgency, mins, secs},
    words,
};

pub fn group() -> Group {
    Group {
        name: "ssowatch-settings",
        rules: vec![drift_breaking(), drift(), credential_refused(), risk(), throttling(), canary_failing()],
    }
}

pub fn keys() -> Group {
    Group { name: "ssowatch-keys", rules: vec![key_replaced(), key_changed()] }
}

fn compares(check: &ssowatch::checks::Check) -> bool {
    !check.fields.is_empty()
}

const SIDE_BY_SIDE: &str = "The app and the provider disagree about {{ $labels.field }} at {{ $labels.target }}. To see both values side by \
                            side: ssowatch check";

fn drift_breaking() -> Rule {
    Rule {
        name: "SsoConfigDriftBreaking",
        urgency: Urgency::Warning,
        why: "For a drift that breaks sign-in for everybody the page is SsoLoginBroken, which inhibits this one. This alert names\n\
              the field, also where only some people are locked out.",
        expr: |_| "max by (target, field) (ssowatch_config_drift{breaking=\"true\"}) == 1".to_owned(),
        wait: mins(2),
        keep: mins(5),
        summary: "A setting differs between the app and the provider, and that breaks sign-in.",
        description: || format!("{SIDE_BY_SIDE}\nChecks that compare it: {}", words::comparing("$labels.field")),
        anchor: super::whole_page,
        page: Page {
            meaning: "A field that both web forms hold has two values, and a difference in it breaks sign-in for some or all people.",
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
        why: "A difference that does no harm today; SsoRisk reports those that will.",
        expr: |_| "max by (target, field) (ssowatch_config_drift{breaking=\"false\"}) == 1".to_owned(),
        wait: mins(15),
        keep: mins(5),
        summary: "A setting differs between the app and the provider; sign-in works.",
        description: || format!("{SIDE_BY_SIDE}\nChecks that compare it: {}", words::comparing("$labels.field")),
        anchor: super::whole_page,
        page: Page {
            meaning: "A field that both web forms hold has two values. Sign-in does not depend on it today.",
            impact: "None today. The next upgrade, or the next person who trusts the wrong value, may turn it into an outage.",
            diagnosis: &[LOOK_NOW, CHANGES, EXPLAIN],
            fix: Fix::Checks("The checks that compare fields, in the order of the login path:", compares),
        },
    }
}

fn credential_refused() -> Rule {
    Rule {
        name: "SsoCredentialRefused",
        urgency: Urgency::Warning,
        why: "One for each target: a refused key fails several sources at once.",
        expr: |_| "max by (target) (ssowatch_source_failing{reason=\"unauthorized\"}) == 1".to_owned(),
        wait: mins(2),
        keep: mins(5),
        summary: "One of ssowatch's own credentials is refused.",
        description: || {
            "A credential that ssowatch uses at {{ $labels.target }} is refused. This says nothing about sign-in.\n\
             {{- with printf \"max by (source) (ssowatch_source_failing{target=%q,reason=\\\"unauthorized\\\"}) == 1\" $labels.target | query | sortByLabel \"source\" }}\n\
             Refused by: {{ range $index, $one := . }}{{ if $index }}, {{ end }}{{ .Labels.source }}{{ end }}.\n\
             {{- end }}"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "The app or the provider answers 401 or 403 to a key that ssowatch uses. It expired, was deleted, lost a permission, or \
                      the file holds another key.",
            impact: "None on sign-in. The checks that need the key are unknown, so ssowatch sees less.",
            diagnosis: &[
                LOOK_NOW,
                super::Step {
                    shows: "Which request uses which credential, and the permissions that it needs",
                    command: "ssowatch plan --config.file /etc/ssowatch/ssowatch.yml",
                },
                LATEST,
            ],
            fix: Fix::Checks(
                "Pocket ID: Administration > API Keys: check that the key exists and when it expires. Kasm: Settings > \
                 Developers: check that the key exists, is enabled and has the permissions that `ssowatch plan` names. ssowatch reads \
                 the files again at each use: no restart is needed. If the client secret is refused, ssowatch's copy of it is \
                 wrong: copy the one that the app uses.",
                |check| check.id == "api_keys_last" || check.id == "client_secret_accepted",
            ),
        },
    }
}

/// Risks that have an alert of their own.
const OWN_ALERT: &str = "api_keys_last|canary_enrolled|certificates_last|client_secret_lasts|signing_key_id_unique";

fn risk() -> Rule {
    Rule {
        name: "SsoRisk",
        urgency: Urgency::Warning,
        why: "One for each check. Expiry dates and a replaced key have alerts of their own.",
        expr: |_| {
            format!(
                "min by (target, stage, check) (ssowatch_check_success{{check!~\"{OWN_ALERT}\", severity=\"risk\"}}) == 0"
            )
        },
        wait: mins(15),
        keep: mins(5),
        summary: "Something will break sign-in, in time or with an upgrade.",
        description: || {
            format!(
                "At {{{{ $labels.target }}}} this should hold and does not: {}.\nWhy it matters and what fixes it: ssowatch explain {{{{ $labels.check }}}}",
                words::title("$labels.check", words::is_risk)
            )
        },
        anchor: || "#{{ $labels.check }}".to_owned(),
        page: Page {
            meaning: "A check of severity risk fails: sign-in works, but something is set up so that time or an upgrade will break it.",
            impact: "None today.",
            diagnosis: &[LOOK_NOW, EXPLAIN, LATEST],
            fix: Fix::Checks(
                "By check. If a setting is intended, switch its check off for the target: `checks: {CHECK: off}`.",
                words::is_risk,
            ),
        },
    }
}

fn throttling() -> Rule {
    Rule {
        name: "SsoProviderThrottling",
        urgency: Urgency::Warning,
        why: "By the check and not by ssowatch_source_failing{reason=\"throttled\"}, which also counts requests that\n\
              the app turns away.",
        expr: |_| "min by (target) (ssowatch_check_success{check=\"provider_not_throttling\"}) == 0".to_owned(),
        wait: mins(5),
        keep: mins(5),
        summary: "The provider rejects requests as too many.",
        description: || {
            "The provider of {{ $labels.target }} answers \"too many requests\" (429): sign-ins may fail at random."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "The provider, or a proxy or CDN in front of it, answers 429.",
            impact: "Sign-ins fail at random, on the app's back channel too.",
            diagnosis: &[LOOK_NOW, EXPLAIN, LATEST],
            fix: Fix::Checks("", |check| check.id == "provider_not_throttling"),
        },
    }
}

fn canary_failing() -> Rule {
    Rule {
        name: "SsoCanaryFailing",
        urgency: Urgency::Warning,
        why: "By the steps, not by a check: it fires too where the canary fails for a reason of its own, of which checks say\n\
              nothing that concerns others. Where people cannot sign in the page is SsoLoginBroken, which inhibits this one.",
        expr: |_| "min by (target) (ssowatch_canary_success) == 0".to_owned(),
        wait: mins(2),
        keep: mins(5),
        summary: "The canary's sign-in fails.",
        description: || {
            "The canary could not sign in at {{ $labels.target }}.\n\
             {{- with printf \"min by (step) (ssowatch_canary_success{target=%q}) == 0\" $labels.target | query | sortByLabel \"step\" }}\n\
             It failed at the step {{ (first .).Labels.step }}.\n\
             {{- end }}\n\
             What was said to it: ssowatch canary status"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "The last real sign-in by the canary failed. It is not tried again before its next turn (`canary.every`).",
            impact: "Perhaps none: a canary whose user is disabled or whose passkey was deleted says nothing of other users. \
                     Where the fault is the provider's or the app's, people cannot sign in, and SsoLoginBroken says so.",
            diagnosis: &[
                super::Step {
                    shows: "The last sign-in step by step, and what was said to the step that failed",
                    command: "ssowatch canary status --config.file /etc/ssowatch/ssowatch.yml",
                },
                LOOK_NOW,
                EXPLAIN,
                LATEST,
            ],
            fix: Fix::Checks("", |check| check.id.starts_with("canary_") || check.id == "passkeys_still_valid"),
        },
    }
}

fn key_replaced() -> Rule {
    Rule {
        name: "SsoSigningKeyReplaced",
        urgency: Urgency::Warning,
        why: "By the check, not by increase() of ssowatch_config_changes_total: the check fails for a day (change_hold), so that\n\
              neither a failed scrape nor a counter reset by a restart hides it.",
        expr: |_| "min by (target) (ssowatch_check_success{check=\"signing_key_id_unique\"}) == 0".to_owned(),
        wait: secs(0),
        keep: mins(5),
        summary: "A signing key of the provider was replaced under the same key ID.",
        description: || {
            "The provider of {{ $labels.target }} now has a different key under the same key ID: to clients that keep the old key, \
             tokens look forged."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "One key ID names two keys, at once or one after the other. Pocket ID never does that by itself: \
                      something else may be answering in its place.",
            impact: "Clients that keep the old key refuse every new token until their cache expires.",
            diagnosis: &[CHANGES, LOOK_NOW, LATEST],
            fix: Fix::Checks("", |check| check.id == "signing_key_id_unique"),
        },
    }
}

fn key_changed() -> Rule {
    Rule {
        name: "SsoSigningKeyChanged",
        urgency: Urgency::Info,
        why: "The change may be intended; next to an outage it shows what happened before.",
        expr: |_| "min by (target) (ssowatch_check_success{check=\"signing_key_kept\"}) == 0".to_owned(),
        wait: secs(0),
        keep: mins(5),
        summary: "The provider's signing keys changed.",
        description: || {
            "The signing keys of the provider of {{ $labels.target }} changed within the last day. To see both: ssowatch changes"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "A signing key is no longer published. After a key rotation or an upgrade from 1.x to 2.x that is \
                      expected; otherwise the keys were lost with a container's storage.",
            impact: "Usually none: the app fetches the keys again. If sign-in has failed since, the app still holds the old ones.",
            diagnosis: &[CHANGES, LOOK_NOW, LATEST],
            fix: Fix::Checks("", |check| check.id == "signing_key_kept"),
        },
    }
}

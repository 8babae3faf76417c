//! What expires, in three steps: soon, very soon, expired.
//!
//! The value of these expressions is the time of the end, so that annotations name a date.

use super::{EXPLAIN, LATEST, LOOK_NOW};
use crate::shipped::alerts::rule::{Fix, Group, Page, Params, Rule, Urgency, hours, mins, secs};

pub fn group() -> Group {
    Group {
        name: "ssowatch-expiry",
        rules: vec![
            certificate_soon(),
            certificate_very_soon(),
            certificate_ended(),
            secret_soon(),
            secret_very_soon(),
            secret_ended(),
            key_soon(),
            key_very_soon(),
            key_ended(),
        ],
    }
}

/// When it expires, also while the last collections failed. The latest of several: after a rename of the instance the old
/// series is still within the window and would hide that a certificate was renewed.
fn ends(params: &Params, items: &str) -> String {
    format!(
        "max by (target, item) (last_over_time(ssowatch_expiry_timestamp_seconds{{item{items}}}[{}]))",
        params.span(hours(1))
    )
}

fn within(params: &Params, items: &str, from_days: u32, to_days: u32) -> String {
    let ends = ends(params, items);
    let from = if from_days == 0 { "time()".to_owned() } else { format!("time() + {from_days} * 86400") };
    format!("{ends} < time() + {to_days} * 86400 > {from}")
}

fn ended(params: &Params, items: &str) -> String {
    format!("{} <= time()", ends(params, items))
}

/// Only in the last part of its lifetime, by the check: six-day certificates are always close to expiry.
fn aged(params: &Params) -> String {
    format!(
        "and on (target) min by (target) (last_over_time(ssowatch_check_success{{check=\"certificates_last\"}}[{}])) == 0",
        params.span(hours(1))
    )
}

const CERTIFICATES: &str = "=~\"provider_certificate|app_certificate\"";
const SECRET: &str = "=\"client_secret\"";
const KEYS: &str = "=\"provider_key\"";

const BY_DATE: &str = "The {{ $labels.item }} of {{ $labels.target }} expires on {{ $value | humanizeTimestamp }}.";
const PAST: &str = "The {{ $labels.item }} of {{ $labels.target }} expired on {{ $value | humanizeTimestamp }}.";

const CERTIFICATE_WHY: &str =
    "Only where the check certificates_last fails: a certificate is judged by its own lifetime.";

fn certificate_page(meaning: &'static str, impact: &'static str) -> Page {
    Page {
        meaning,
        impact,
        diagnosis: &[
            LOOK_NOW,
            super::Step {
                shows: "The chain as served",
                command: "openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null | openssl x509 -noout -subject -dates",
            },
            EXPLAIN,
        ],
        fix: Fix::Checks(
            "Neither web form is involved: the certificate belongs to the reverse proxy in front of Pocket ID, or to the app's own.",
            |check| ["certificates_last", "app_certificate_valid", "provider_certificate_valid"].contains(&check.id),
        ),
    }
}

fn certificate_soon() -> Rule {
    Rule {
        name: "SsoCertificateEndsSoon",
        urgency: Urgency::Warning,
        why: CERTIFICATE_WHY,
        expr: |params| format!("{}\n{}", within(params, CERTIFICATES, 3, 21), aged(params)),
        wait: hours(1),
        keep: secs(0),
        summary: "A certificate expires within three weeks.",
        description: || BY_DATE.to_owned(),
        anchor: super::whole_page,
        page: certificate_page(
            "A certificate of one side, or one in its chain, expires within 21 days and is in the last third of its lifetime: it was \
             not renewed when it was due.",
            "None yet.",
        ),
    }
}

fn certificate_very_soon() -> Rule {
    Rule {
        name: "SsoCertificateEndsVerySoon",
        urgency: Urgency::Critical,
        why: CERTIFICATE_WHY,
        expr: |params| format!("{}\n{}", within(params, CERTIFICATES, 0, 3), aged(params)),
        wait: mins(15),
        keep: secs(0),
        summary: "A certificate expires within three days.",
        description: || format!("{BY_DATE} From then on nobody can sign in."),
        anchor: super::whole_page,
        page: certificate_page(
            "A certificate of one side, or one in its chain, expires within 3 days and was not renewed when it was due.",
            "None yet; once it expires, every sign-in fails at once.",
        ),
    }
}

fn certificate_ended() -> Rule {
    Rule {
        name: "SsoCertificateEnded",
        urgency: Urgency::Warning,
        why: "The page is SsoLoginBroken; this says why, and is inhibited by it.",
        expr: |params| ended(params, CERTIFICATES),
        wait: mins(2),
        keep: secs(0),
        summary: "A certificate has expired.",
        description: || PAST.to_owned(),
        anchor: super::whole_page,
        page: certificate_page(
            "A certificate of one side, or one in its chain, has expired.",
            "Browsers refuse the page, and the app refuses the provider: SsoLoginBroken reports it.",
        ),
    }
}

fn secret_page(meaning: &'static str, impact: &'static str) -> Page {
    Page {
        meaning,
        impact,
        diagnosis: &[LOOK_NOW, EXPLAIN, LATEST],
        fix: Fix::Checks("", |check| ["client_secret_lasts", "client_secret_active"].contains(&check.id)),
    }
}

fn secret_soon() -> Rule {
    Rule {
        name: "SsoClientSecretEndsSoon",
        urgency: Urgency::Warning,
        why: "Pocket ID 2.14 and later: secrets can expire.",
        expr: |params| within(params, SECRET, 2, 14),
        wait: hours(1),
        keep: secs(0),
        summary: "The client secret expires within two weeks.",
        description: || BY_DATE.to_owned(),
        anchor: super::whole_page,
        page: secret_page("The client secret that the app uses expires within 14 days.", "None yet."),
    }
}

fn secret_very_soon() -> Rule {
    Rule {
        name: "SsoClientSecretEndsVerySoon",
        urgency: Urgency::Critical,
        why: "Two days are long enough for a person to act, and shorter than a long weekend.",
        expr: |params| within(params, SECRET, 0, 2),
        wait: mins(15),
        keep: secs(0),
        summary: "The client secret expires within two days.",
        description: || format!("{BY_DATE} From then on nobody can sign in."),
        anchor: super::whole_page,
        page: secret_page(
            "The client secret that the app uses expires within 2 days.",
            "None yet; once it expires, every sign-in fails after the passkey.",
        ),
    }
}

fn secret_ended() -> Rule {
    Rule {
        name: "SsoClientSecretEnded",
        urgency: Urgency::Warning,
        why: "The page is SsoLoginBroken; this says why, and is inhibited by it.",
        expr: |params| ended(params, SECRET),
        wait: mins(2),
        keep: secs(0),
        summary: "The client secret has expired.",
        description: || PAST.to_owned(),
        anchor: super::whole_page,
        page: secret_page(
            "The client secret that the app uses has expired.",
            "Every sign-in fails after the passkey: SsoLoginBroken reports it.",
        ),
    }
}

fn key_page(meaning: &'static str, impact: &'static str) -> Page {
    Page {
        meaning,
        impact,
        diagnosis: &[LOOK_NOW, EXPLAIN, LATEST],
        fix: Fix::Checks("", |check| check.id == "api_keys_last"),
    }
}

fn key_soon() -> Rule {
    Rule {
        name: "SsoApiKeyEndsSoon",
        urgency: Urgency::Warning,
        why: "Keys are often created for a month. Kasm does not say when its own keys expire.",
        expr: |params| within(params, KEYS, 2, 7),
        wait: hours(1),
        keep: secs(0),
        summary: "One of ssowatch's API keys expires within a week.",
        description: || BY_DATE.to_owned(),
        anchor: super::whole_page,
        page: key_page("The Pocket ID key that ssowatch uses expires within 7 days.", "None on sign-in."),
    }
}

fn key_very_soon() -> Rule {
    Rule {
        name: "SsoApiKeyEndsVerySoon",
        urgency: Urgency::Warning,
        why: "Never a page: sign-in works without the key.",
        expr: |params| within(params, KEYS, 0, 2),
        wait: mins(15),
        keep: secs(0),
        summary: "One of ssowatch's API keys expires within two days.",
        description: || format!("{BY_DATE} From then on ssowatch sees less; sign-in still works."),
        anchor: super::whole_page,
        page: key_page("The Pocket ID key that ssowatch uses expires within 2 days.", "None on sign-in."),
    }
}

fn key_ended() -> Rule {
    Rule {
        name: "SsoApiKeyEnded",
        urgency: Urgency::Warning,
        why: "SsoCredentialRefused follows.",
        expr: |params| ended(params, KEYS),
        wait: mins(2),
        keep: secs(0),
        summary: "One of ssowatch's API keys has expired.",
        description: || format!("{PAST} ssowatch has seen less since then; sign-in still works."),
        anchor: super::whole_page,
        page: key_page(
            "The Pocket ID key that ssowatch uses has expired.",
            "None on sign-in; the checks that need the key are unknown.",
        ),
    }
}

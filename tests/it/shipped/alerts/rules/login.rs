//! Whether people can sign in.

use super::{CHANGES, EXPLAIN, LATEST, LOOK_NOW};
use crate::shipped::alerts::{
    rule::{Fix, Group, Page, Params, Rule, Urgency, mins, secs},
    words,
};

pub fn group() -> Group {
    Group { name: "ssowatch-login", rules: vec![broken(), unknown(), degraded(), maintenance()] }
}

/// The current cause, or the last one reported: a restart of ssowatch clears it for a moment.
const CAUSE: &str = r#"printf "max by (target, check, stage) (ssowatch_login_cause{target=%[1]q}) or on (target) max by (target, check, stage) (last_over_time(ssowatch_login_cause{target=%[1]q}[10m]))" $labels.target | query | sortByLabel "check""#;

fn broken() -> Rule {
    Rule {
        name: "SsoLoginBroken",
        urgency: Urgency::Critical,
        why: "The page: one for each outage and target, whatever the cause. The cause is not a label, since it may change during\n\
              an outage; the annotations query it. last_over_time bridges failed scrapes and a restart\n\
              of ssowatch; `for` is longer than a round, so that one bad round does not page.",
        expr: |params| {
            format!("min by (target) (last_over_time(ssowatch_login_success[{}])) == 0", params.span(mins(2)))
        },
        wait: secs(75),
        keep: mins(5),
        summary: "People cannot sign in.",
        description: || {
            format!(
                "People cannot sign in at {{{{ $labels.target }}}}.\n\
                 {{{{- with {CAUSE} }}}}{{{{ with first . }}}}\n\
                 Root cause: {stage}, check {{{{ .Labels.check }}}}\n\
                 {{{{- with printf \"time() - max(last_over_time(ssowatch_check_last_success_timestamp_seconds{{target=%q,check=%q}}[10m]))\" .Labels.target .Labels.check | query }}}}, \
                 last good {{{{ . | first | value | humanizeDuration }}}} ago\n\
                 {{{{- else }}}}, not seen good since ssowatch started{{{{ end }}}}.\n\
                 This should hold and does not: {title}.\n\
                 How to fix it: ssowatch explain {{{{ .Labels.check }}}}\n\
                 {{{{- end }}}}{{{{ else }}}}\n\
                 Root cause: not known right now. Run: ssowatch check\n\
                 {{{{- end }}}}\n\
                 {{{{- if printf \"max(ssowatch_auto_login{{target=%q}}) == 1\" $labels.target | query }}}}\n\
                 Auto login is on, so Kasm sends everybody to the provider. Local users can still sign in at Kasm's address plus /#/staticlogin.\n\
                 {{{{- end }}}}",
                stage = words::stage(".Labels.stage"),
                title = words::title(".Labels.check", words::is_outage),
            )
        },
        anchor: || format!("{{{{ with {CAUSE} }}}}#{{{{ (first .).Labels.check }}}}{{{{ end }}}}"),
        page: Page {
            meaning: "A check of severity outage fails: nobody can sign in through the provider. If several fail, the first \
                      in the order of the login path is the root cause; the later ones usually follow from it.",
            impact: "Nobody can sign in by single sign-on. People who are signed in stay signed in until their session ends. \
                     Local accounts still work; in Kasm at its own address if auto login is off, otherwise at `/#/staticlogin`.",
            diagnosis: &[LOOK_NOW, EXPLAIN, CHANGES, LATEST],
            fix: Fix::Checks(
                "By check, in the order of the login path. Fix the first one that fails; the alert resolves five minutes \
                 after a round sees sign-in work.",
                words::is_outage,
            ),
        },
    }
}

fn unknown() -> Rule {
    Rule {
        name: "SsoLoginUnknown",
        urgency: Urgency::Warning,
        why: "Rounds run and none of them can tell whether people can sign in. SsowatchRoundsStale reports a target\n\
              without a fresh round.",
        expr: |params| {
            format!(
                "{fresh}\nunless on (target) last_over_time(ssowatch_login_success[{bridge}])",
                fresh = fresh_rounds(params),
                bridge = params.span(mins(2))
            )
        },
        wait: mins(10),
        keep: mins(5),
        summary: "ssowatch cannot tell whether people can sign in.",
        description: || {
            "For ten minutes no round could tell whether people can sign in at {{ $labels.target }}.\n\
             {{- with printf \"max by (source, reason) (ssowatch_source_failing{target=%q}) == 1\" $labels.target | query | sortByLabel \"source\" }}\n\
             No answer from: {{ range $index, $one := . }}{{ if $index }}, {{ end }}{{ .Labels.source }} ({{ .Labels.reason }}){{ end }}.\n\
             {{- end }}\n\
             Try to sign in yourself, and run: ssowatch check"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "ssowatch runs its rounds, but what it needs to evaluate sign-in does not answer: neither side is reachable \
                      from its host, a login wall or a challenge page stands in front of the app, or an answer has a form that no \
                      known release gives. It says neither yes nor no.",
            impact: "Perhaps none; perhaps nobody can sign in. Until this is fixed, an outage would go unnoticed.",
            diagnosis: &[LOOK_NOW, LATEST, EXPLAIN],
            fix: Fix::Text(
                "Sign in yourself in a private window first: that answers the question for now. Then make both sides reachable for \
                 ssowatch: network and DNS of its host (`connect_to` for split DNS), `http_headers` for a login wall in front of \
                 the app, an exception for its address in the bot protection of the CDN or proxy.\n\n\
                 Change nothing on either web form: ssowatch cannot see, and no setting is known to be wrong.",
            ),
        },
    }
}

/// The age of each target's latest round, where it is fresh by the target's own interval.
pub fn fresh_rounds(params: &Params) -> String {
    format!(
        "time() - max by (target) (ssowatch_round_last_timestamp_seconds)\n  \
         <= 2 * max by (target) (ssowatch_round_interval_seconds) + {}",
        params.seconds(mins(2))
    )
}

fn degraded() -> Rule {
    Rule {
        name: "SsoLoginDegraded",
        urgency: Urgency::Warning,
        why: "One for each target, like the page; the annotations name the checks that fail.",
        expr: |_| {
            "min by (target) (ssowatch_check_success{check!=\"provider_not_throttling\", severity=\"degraded\"}) == 0"
                .to_owned()
        },
        wait: mins(2),
        keep: mins(5),
        summary: "Sign-in is degraded: some people cannot sign in, or not everything works.",
        description: || {
            format!(
                "Sign-in at {{{{ $labels.target }}}} is degraded: some people cannot sign in, or not everything works.\n\
                 {{{{- range printf \"max by (stage, check) (ssowatch_check_success{{target=%q,check!=\\\"provider_not_throttling\\\",severity=\\\"degraded\\\"}}) == 0\" $labels.target | query | sortByLabel \"check\" }}}}\n\
                 This should hold and does not: {title} (ssowatch explain {{{{ .Labels.check }}}}).\n\
                 {{{{- end }}}}",
                title = words::title(".Labels.check", words::is_degraded),
            )
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "No check of severity outage fails, but at least one of severity degraded does: sign-in works, but not for \
                      everybody, without groups or logout, or not on every address.",
            impact: "Some people cannot sign in, get the wrong groups, or cannot log out. The check says which.",
            diagnosis: &[LOOK_NOW, EXPLAIN, CHANGES, LATEST],
            fix: Fix::Checks("By check, in the order of the login path:", words::is_degraded),
        },
    }
}

fn maintenance() -> Rule {
    Rule {
        name: "SsoMaintenance",
        urgency: Urgency::Info,
        why: "Not for a person: while it fires, Alertmanager suppresses the other alerts of this target (inhibition).",
        expr: |_| "max by (target) (ssowatch_maintenance_active) == 1".to_owned(),
        wait: secs(0),
        keep: secs(0),
        summary: "A maintenance window is open.",
        description: || "A maintenance window is open for {{ $labels.target }}: its alerts are suppressed.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "Somebody opened a maintenance window for this target, or the configuration schedules one. The alert is the \
                      source of an inhibition in the Alertmanager example: while it fires, other alerts of this target are not sent.",
            impact: "None by itself. An outage during the window is not reported.",
            diagnosis: &[LATEST],
            fix: Fix::Text(
                "Close the window once the work is done; it also ends by itself. Neither web form is involved.",
            ),
        },
    }
}

//! Whether people can sign in.

use super::{CHANGES, EXPLAIN, LATEST, LOOK_NOW};
use crate::shipped::alerts::{
    rule::{Fix, Group, Page, Params, Rule, Urgency, mins, secs},
    words,
};

pub fn group() -> Group {
    Group { name: "ssowatch-login", rules: vec![broken(), unknown(), degraded(), maintenance()] }
}

/// The cause now, or else the one that was told last: a restart of ours takes it away for a moment.
const CAUSE: &str = r#"printf "max by (target, check, stage) (ssowatch_login_cause{target=%[1]q}) or on (target) max by (target, check, stage) (last_over_time(ssowatch_login_cause{target=%[1]q}[10m]))" $labels.target | query | sortByLabel "check""#;

fn broken() -> Rule {
    Rule {
        name: "SsoLoginBroken",
        urgency: Urgency::Critical,
        why: "The page: one for each outage and target, whatever the cause. The cause is no label, since it may change while\n\
              the outage goes on; it stands in the annotations, by query. last_over_time bridges failed scrapes and a restart\n\
              of ssowatch; `for` is longer than a round, so that one bad round does not page.",
        expr: |params| {
            format!("min by (target) (last_over_time(ssowatch_login_success[{}])) == 0", params.span(mins(2)))
        },
        wait: secs(75),
        keep: mins(5),
        summary: "People cannot sign in to Kasm.",
        description: || {
            format!(
                "People cannot sign in at {{{{ $labels.target }}}}.\n\
                 {{{{- with {CAUSE} }}}}{{{{ with first . }}}}\n\
                 Broken first: {stage}, check {{{{ .Labels.check }}}}\n\
                 {{{{- with printf \"time() - max(last_over_time(ssowatch_check_last_success_timestamp_seconds{{target=%q,check=%q}}[10m]))\" .Labels.target .Labels.check | query }}}}, \
                 not good for {{{{ . | first | value | humanizeDuration }}}}\n\
                 {{{{- else }}}}, not seen good since ssowatch began{{{{ end }}}}. Not so: {title}.\n\
                 To fix it: ssowatch explain {{{{ .Labels.check }}}}\n\
                 {{{{- end }}}}{{{{ else }}}}\n\
                 Broken first: not known at this moment. See: ssowatch check\n\
                 {{{{- end }}}}\n\
                 {{{{- if printf \"max(ssowatch_auto_login{{target=%q}}) == 1\" $labels.target | query }}}}\n\
                 Auto login is on: everybody is sent to the provider; local users get in at Kasm's address with /#/staticlogin.\n\
                 {{{{- end }}}}",
                stage = words::stage(".Labels.stage"),
                title = words::title(".Labels.check", words::is_outage),
            )
        },
        anchor: || format!("{{{{ with {CAUSE} }}}}#{{{{ (first .).Labels.check }}}}{{{{ end }}}}"),
        page: Page {
            meaning: "One check of severity outage fails: nobody can sign in to Kasm through the provider. Of several the first \
                      in the order of the login path is the cause; the ones after it mostly follow from it.",
            impact: "Nobody gets into Kasm by single sign-on. People who are in stay in until their session ends. Local accounts \
                     still work: at Kasm's own address where auto login is off, else at `/#/staticlogin`.",
            diagnosis: &[LOOK_NOW, EXPLAIN, CHANGES, LATEST],
            fix: Fix::Checks(
                "By cause, in the order of the login path. Fix the first one that fails; the page is resolved five minutes \
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
        why: "Rounds run and none of them can tell whether people can sign in. A target without a fresh round is told by\n\
              SsowatchRoundsStale.",
        expr: |params| {
            format!(
                "{fresh}\nunless on (target) last_over_time(ssowatch_login_success[{bridge}])",
                fresh = fresh_rounds(params),
                bridge = params.span(mins(2))
            )
        },
        wait: mins(10),
        keep: mins(5),
        summary: "It cannot be told whether people can sign in to Kasm.",
        description: || {
            "For ten minutes no round could tell whether people can sign in at {{ $labels.target }}.\n\
             {{- with printf \"max by (source, reason) (ssowatch_source_failing{target=%q}) == 1\" $labels.target | query | sortByLabel \"source\" }}\n\
             Not answered: {{ range $index, $one := . }}{{ if $index }}, {{ end }}{{ .Labels.source }} ({{ .Labels.reason }}){{ end }}.\n\
             {{- end }}\n\
             Not known is not good: try to sign in, and see: ssowatch check"
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "ssowatch runs its rounds, and what it needs to evaluate sign-in does not answer: neither side is reachable \
                      from its host, a login wall or a challenge page stands before Kasm, or something answers in a shape that \
                      no release is known for. It says neither yes nor no.",
            impact: "Perhaps none; perhaps nobody can sign in. Until this is fixed an outage would not be told.",
            diagnosis: &[LOOK_NOW, LATEST, EXPLAIN],
            fix: Fix::Text(
                "Sign in yourself in a private window first: that answers the question for now. Then give ssowatch its way: \
                 network and DNS of its host (`connect_to` for split DNS), `http_headers` for a login wall before Kasm, an \
                 exception for its address in the CDN's or proxy's bot protection.\n\n\
                 On Pocket ID's form nothing is to be changed, and none on Kasm's: what is missing is sight.",
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
        why: "One for each target, like the page; which checks fail stands in the annotations.",
        expr: |_| {
            "min by (target) (ssowatch_check_success{check!=\"provider_not_throttling\", severity=\"degraded\"}) == 0"
                .to_owned()
        },
        wait: mins(2),
        keep: mins(5),
        summary: "Sign-in to Kasm works for some people only, or partly.",
        description: || {
            format!(
                "Sign-in at {{{{ $labels.target }}}} works for some people only, or partly.\n\
                 {{{{- range printf \"max by (stage, check) (ssowatch_check_success{{target=%q,check!=\\\"provider_not_throttling\\\",severity=\\\"degraded\\\"}}) == 0\" $labels.target | query | sortByLabel \"check\" }}}}\n\
                 Not so: {title} (ssowatch explain {{{{ .Labels.check }}}}).\n\
                 {{{{- end }}}}",
                title = words::title(".Labels.check", words::is_degraded),
            )
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "No check of severity outage fails, and at least one of severity degraded does: sign-in works, though not for \
                      everybody, not with everything (groups, logout), or not on every address.",
            impact: "Some people cannot sign in, land with the wrong groups, or do not get out. What exactly: see the check.",
            diagnosis: &[LOOK_NOW, EXPLAIN, CHANGES, LATEST],
            fix: Fix::Checks("By check, in the order of the login path:", words::is_degraded),
        },
    }
}

fn maintenance() -> Rule {
    Rule {
        name: "SsoMaintenance",
        urgency: Urgency::Info,
        why: "Not for a person: Alertmanager holds back what is told of this target while it fires (inhibition).",
        expr: |_| "max by (target) (ssowatch_maintenance_active) == 1".to_owned(),
        wait: secs(0),
        keep: secs(0),
        summary: "A maintenance window is open.",
        description: || "A maintenance window is open for {{ $labels.target }}: its alerts are held back.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "Somebody opened a maintenance window for this target, or it is due by the configuration. The alert is the \
                      source of an inhibition in the Alertmanager example: while it fires, other alerts of this target are not sent.",
            impact: "None by itself. An outage during the window is not told.",
            diagnosis: &[LATEST],
            fix: Fix::Text(
                "Close the window once the work is done; it also ends by itself. Neither web form has a part in it.",
            ),
        },
    }
}

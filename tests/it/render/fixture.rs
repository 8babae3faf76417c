//! Reports made by hand, so that the tellings are tested apart from the checks.

use ssowatch::{
    checks,
    model::{
        Cause, CheckReport, Coverage, Drift, Finding, Login, Missing, Observed, Reason, Report, Severity, Snapshot,
        SourceId, Stage, Verified,
    },
};

/// A report and the snapshot that it speaks of.
#[derive(Debug, Clone)]
pub struct Story {
    pub report: Report,
    pub snapshot: Snapshot,
}

/// All is well, as far as verified.
pub fn good() -> Story {
    let snapshot = Snapshot::healthy();
    let mut report = checks::evaluate(&snapshot, None);
    report.sources.truncate(2);
    report.checks = vec![
        check("app_reachable", Stage::App, Severity::Outage),
        check("app_healthy", Stage::App, Severity::Outage),
        check("login_offered", Stage::Offer, Severity::Outage),
        check("login_starts", Stage::Start, Severity::Outage),
        check("authorization_url_matches", Stage::Start, Severity::Outage),
        check("provider_reachable", Stage::Provider, Severity::Outage),
        check("discovery_served", Stage::Provider, Severity::Outage),
        check("issuer_matches", Stage::Provider, Severity::Degraded),
        check("signing_key_kept", Stage::Provider, Severity::Info),
        check("redirect_uri_registered", Stage::Authorize, Severity::Outage),
        check("scope_has_openid", Stage::Authorize, Severity::Outage),
        check("authorize_accepted", Stage::Authorize, Severity::Outage),
        unverified(
            "app_secret_accepted",
            Stage::Token,
            "sign in once in a private window: only Kasm can prove the secret that it holds",
        ),
        unverified(
            "landing_after_sign_in",
            Stage::Landing,
            "sign in once in a private window and see whether the workspaces appear",
        ),
        with(
            "logout_configured",
            Stage::Logout,
            Severity::Degraded,
            "not_applicable",
            "logout with the provider is off",
        ),
        check("certificates_last", Stage::Upkeep, Severity::Risk),
    ];
    Story { report, snapshot }.counted()
}

/// Pocket ID refuses Kasm's redirect URI.
pub fn redirect_uri_refused() -> Story {
    let drift = Drift::of(
        "redirect_url",
        ("The provider has", "https://kasm.example.test/api/oidc_callback"),
        ("Kasm sends", "https://kasm.example.test/api/oidc_callback/"),
    )
    .unwrap();
    let refused = Finding::new("not_registered", "Pocket ID refuses Kasm's redirect URL")
        .drift(drift)
        .fix("Kasm: Access Management > Authentication > OpenID > Pocket ID > Redirect URL, without the last \"/\".");
    good().fails("redirect_uri_registered", refused).fails(
        "authorize_accepted",
        Finding::new("error_page", "Pocket ID shows an error page: invalid callback URL")
            .fix("Fix what is told above it first."),
    )
}

/// The provider does not answer.
pub fn provider_down() -> Story {
    let mut story = good().fails(
        "provider_reachable",
        Finding::new("connect", "id.example.test does not take connections on port 443: connection refused")
            .fix("Start Pocket ID and the proxy before it, then look again."),
    );
    for id in
        ["discovery_served", "authorization_url_matches", "issuer_matches", "authorize_accepted", "scope_has_openid"]
    {
        story = story.says(id, "unknown", "waits for the connection to the provider");
    }
    story.snapshot.discovery = Observed::missing(
        story.snapshot.taken_at,
        Missing::failed(SourceId::Discovery, Reason::Connect, "connection refused"),
    );
    story.auto_login(true)
}

/// Kasm's health cannot be told, and with it nothing else.
pub fn in_doubt() -> Story {
    good()
        .says("app_reachable", "unknown", "the connection to Kasm: a bot challenge answered in Kasm's place")
        .says("login_offered", "unknown", "waits for the connection to Kasm")
        .says("login_starts", "unknown", "waits for the connection to Kasm")
}

/// The issuer differs, and a certificate ends soon.
pub fn partly() -> Story {
    let drift = Drift::of(
        "issuer",
        ("provider.url is", "https://id.example.test"),
        ("The provider says", "http://id.example.test"),
    );
    let mut differs = Finding::new("differs", drift.as_ref().unwrap().sentence());
    differs.drift = drift;
    good()
        .fails("issuer_matches", differs.fix("Pocket ID: set APP_URL to the address that people use."))
        .fails("certificates_last", ends_soon())
        .fails(
            "signing_key_kept",
            Finding::new("changed", "the signing key changed on 2026-11-24 at 08:12 UTC")
                .fix("Nothing, if you know of it."),
        )
        .auto_login(false)
}

/// Sign-in works, and a certificate ends soon.
pub fn at_risk() -> Story {
    good().fails("certificates_last", ends_soon())
}

fn ends_soon() -> Finding {
    Finding::new("kasm", "the certificate of kasm.example.test ends in 6 days, on 2026-11-30")
        .fix("Renew it; if a timer should have done so, see why it did not.")
}

impl Story {
    /// The same, with a check that fails.
    pub fn fails(self, id: &str, finding: Finding) -> Self {
        self.with(id, |check| {
            check.verdict = "fail".to_owned();
            check.reason = None;
            check.findings.push(finding);
        })
    }

    /// The same, with another verdict of a check.
    pub fn says(self, id: &str, verdict: &str, reason: &str) -> Self {
        self.with(id, |check| {
            check.verdict = verdict.to_owned();
            check.reason = Some(reason.to_owned());
        })
    }

    /// The same, with auto login on or off.
    pub fn auto_login(mut self, on: bool) -> Self {
        self.report.auto_login = Some(on);
        self
    }

    fn with(mut self, id: &str, change: impl FnOnce(&mut CheckReport)) -> Self {
        change(self.report.checks.iter_mut().find(|check| check.id == id).expect("a check of the fixture"));
        self.counted()
    }

    /// What `evaluate` derives from the verdicts.
    fn counted(mut self) -> Self {
        let checks = &self.report.checks;
        let any =
            |verdict: &str, severity| checks.iter().any(|check| check.verdict == verdict && check.severity == severity);
        let count = |words: &[&str]| checks.iter().filter(|check| words.contains(&check.verdict.as_str())).count();
        self.report.login = if any("fail", Severity::Outage) {
            Login::Broken
        } else if any("unknown", Severity::Outage) {
            Login::Unknown
        } else if any("fail", Severity::Degraded) {
            Login::Degraded
        } else {
            Login::Ok
        };
        self.report.cause = checks
            .iter()
            .find(|check| check.verdict == "fail" && check.severity == Severity::Outage)
            .map(|check| Cause { check: check.id.clone(), stage: check.stage });
        self.report.coverage =
            Coverage { proven: count(&["ok", "fail"]), known: count(&["ok", "fail", "unknown", "unverified"]) };
        self.report.verified =
            if self.report.coverage.proven == self.report.coverage.known { Verified::Full } else { Verified::Partial };
        self
    }
}

fn check(id: &str, stage: Stage, severity: Severity) -> CheckReport {
    CheckReport { id: id.to_owned(), stage, severity, verdict: "ok".to_owned(), reason: None, findings: Vec::new() }
}

fn with(id: &str, stage: Stage, severity: Severity, verdict: &str, reason: &str) -> CheckReport {
    CheckReport { verdict: verdict.to_owned(), reason: Some(reason.to_owned()), ..check(id, stage, severity) }
}

fn unverified(id: &str, stage: Stage, reason: &str) -> CheckReport {
    with(id, stage, Severity::Outage, "unverified", reason)
}

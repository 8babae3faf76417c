//! The runbooks of the shipped alert rules, as they are in `alerts/runbooks`.

/// Each alert with its runbook.
macro_rules! runbooks {
    ($($alert:literal),+ $(,)?) => {
        &[$(($alert, include_str!(concat!("../../../alerts/runbooks/", $alert, ".md")))),+]
    };
}

/// The names of the alerts, each with its runbook in Markdown.
pub(super) const RUNBOOKS: &[(&str, &str)] = runbooks![
    "SsoApiKeyEnded",
    "SsoApiKeyEndsSoon",
    "SsoApiKeyEndsVerySoon",
    "SsoCanaryFailing",
    "SsoCertificateEnded",
    "SsoCertificateEndsSoon",
    "SsoCertificateEndsVerySoon",
    "SsoClientSecretEnded",
    "SsoClientSecretEndsSoon",
    "SsoClientSecretEndsVerySoon",
    "SsoConfigDrift",
    "SsoConfigDriftBreaking",
    "SsoCredentialRefused",
    "SsoLoginBroken",
    "SsoLoginDegraded",
    "SsoLoginErrorBudgetBurnFast",
    "SsoLoginErrorBudgetBurnSlow",
    "SsoLoginUnknown",
    "SsoMaintenance",
    "SsoProviderThrottling",
    "SsoRisk",
    "SsoSigningKeyChanged",
    "SsoSigningKeyReplaced",
    "SsoWatchdog",
    "SsowatchAbsent",
    "SsowatchClockWrong",
    "SsowatchDown",
    "SsowatchInstanceDown",
    "SsowatchJournalFailing",
    "SsowatchNoTargets",
    "SsowatchNotificationsFailing",
    "SsowatchReloadFailed",
    "SsowatchRestarting",
    "SsowatchRoundsMissed",
    "SsowatchRoundsStale",
    "SsowatchSelfTestFailed",
];

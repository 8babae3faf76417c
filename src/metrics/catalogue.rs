//! Every metric family: the one place for its name, type, labels and help text.
//!
//! The README's table is made from it. Names and label keys are part of the public interface.

use std::fmt::Write as _;

/// The type of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A count that begins at 0 and only grows.
    Counter,
    /// Counts by size, in cumulative buckets.
    Histogram,
}

impl Kind {
    /// The word of the exposition formats.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// What is said of a family.
#[derive(Debug)]
pub struct About {
    /// The family.
    pub family: Family,
    /// Its type.
    pub kind: Kind,
    /// Its name.
    pub name: &'static str,
    /// Its label keys, in order.
    pub labels: &'static [&'static str],
    /// Its help text.
    pub help: &'static str,
}

macro_rules! families {
    ($($family:ident: $kind:ident $name:literal [$($label:ident),*] $help:literal;)+) => {
        /// A metric family.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Family {
            $(#[doc = $help] $family,)+
        }

        /// Every family, in the order of the exposition.
        pub const ALL: &[About] = &[
            $(About {
                family: Family::$family,
                kind: Kind::$kind,
                name: $name,
                labels: &[$(stringify!($label)),*],
                help: $help,
            },)+
        ];
    };
}

families! {
    // The target_metrics: rebuilt at each scrape from the latest round of each target.
    LoginSuccess: Gauge "ssowatch_login_success" [target]
        "Whether people can sign in: 1 yes (or degraded), 0 no. No series if that cannot be told. Cached between rounds.";
    LoginCause: Gauge "ssowatch_login_cause" [target, check, stage]
        "1 for the one check that is the cause of a broken sign-in. For annotations and tables.";
    LoginCoverage: Gauge "ssowatch_login_coverage_ratio" [target]
        "Checks verified as good or bad, of all checks that apply.";
    CheckSuccess: Gauge "ssowatch_check_success" [target, check, stage, severity]
        "Whether the check is good (1) or fails (0). No series if it was not verified. Cached between rounds.";
    CheckUnknown: Gauge "ssowatch_check_unknown" [target, check]
        "1 if the check could not be evaluated this time.";
    CheckLastSuccess: Gauge "ssowatch_check_last_success_timestamp_seconds" [target, check]
        "When the check was last good, as Unix time. Checks of severity outage and degraded; no series while the check is good.";
    ConfigDrift: Gauge "ssowatch_config_drift" [target, field, breaking]
        "Whether the field differs between the two sides: 1 it does, 0 they agree; breaking: whether a difference breaks sign-in for some or all.";
    SourceSuccess: Gauge "ssowatch_source_success" [target, source]
        "Whether the source gave its fact when last asked. No series if it was not asked.";
    SourceFailing: Gauge "ssowatch_source_failing" [target, source, reason]
        "1 while the source fails, by reason.";
    SourceDuration: Gauge "ssowatch_source_duration_seconds" [target, source]
        "How long asking the source last took.";
    SourceLastSuccess: Gauge "ssowatch_source_last_success_timestamp_seconds" [target, source]
        "When the source last gave its fact, as Unix time. No series while it gives it.";
    HttpDuration: Gauge "ssowatch_http_duration_seconds" [target, side, phase]
        "Duration of the last exchange by phase: resolve, connect, tls, processing, transfer.";
    TlsVerified: Gauge "ssowatch_tls_verified" [target, side]
        "Whether the certificate chain was verified or pinned. No series for plain HTTP.";
    ClockSkew: Gauge "ssowatch_clock_skew_seconds" [target, side]
        "The side's clock minus this host's, from the Date header, which has whole seconds.";
    Expiry: Gauge "ssowatch_expiry_timestamp_seconds" [target, item]
        "When the item (certificate, client secret, API key) ends, as Unix time.";
    JwksKeys: Gauge "ssowatch_jwks_keys" [target]
        "Number of keys in the provider's key set.";
    ProviderClients: Gauge "ssowatch_provider_clients" [provider, watched]
        "Number of clients that the provider has registered, by whether a target watches them. No series without a key of an admin.";
    ProviderInfo: Gauge "ssowatch_provider_info" [target, version, dialect]
        "1; the version is that of Pocket ID as its discovery document shows it, empty for another provider.";
    CanarySuccess: Gauge "ssowatch_canary_success" [target, step]
        "Whether the step of the canary's last sign-in was good (1) or failed (0). No series for a step that was not taken, and where the last run is older than two intervals.";
    CanaryLastSuccess: Gauge "ssowatch_canary_last_success_timestamp_seconds" [target]
        "When the canary last signed in, as Unix time.";
    CanaryDuration: Gauge "ssowatch_canary_duration_seconds" [target, step]
        "How long the step of the canary's last sign-in took.";
    AppInfo: Gauge "ssowatch_app_info" [target, version]
        "1; the version is the build that Kasm reports to a key with System View. No series where it is not known.";
    AutoLogin: Gauge "ssowatch_auto_login" [target]
        "Whether the app sends every visitor to the provider at once.";
    RoundLast: Gauge "ssowatch_round_last_timestamp_seconds" [target]
        "When the last round ended, as Unix time.";
    RoundInterval: Gauge "ssowatch_round_interval_seconds" [target]
        "Time between two rounds.";

    // The daemon: lives as long as the process.
    Rounds: Counter "ssowatch_rounds_total" [target]
        "Rounds completed.";
    RoundsMissed: Counter "ssowatch_rounds_missed_total" [target]
        "Rounds that did not happen: the one before still ran, hung or panicked.";
    RoundDuration: Histogram "ssowatch_round_duration_seconds" []
        "Duration of rounds, of all targets.";
    SchedulerLag: Gauge "ssowatch_scheduler_lag_seconds" [target]
        "Delay between when the last round was due and when it began.";
    HttpRequests: Counter "ssowatch_http_requests_total" [target, side, code]
        "HTTP requests sent, by class of answer; error where none came. No series for a class that did not occur.";
    ConfigChanges: Counter "ssowatch_config_changes_total" [target, side, subject]
        "Changes seen on a side.";
    Maintenance: Gauge "ssowatch_maintenance_active" [target]
        "Whether the target is in a maintenance window, which mutes messages.";
    Notifications: Counter "ssowatch_notifications_total" [receiver]
        "Attempts to send a message to the receiver.";
    NotificationsFailed: Counter "ssowatch_notifications_failed_total" [receiver]
        "Attempts to send a message to the receiver that failed.";
    Heartbeats: Counter "ssowatch_heartbeats_total" []
        "Calls of the heartbeat's address. No series without a heartbeat in the configuration.";
    HeartbeatsFailed: Counter "ssowatch_heartbeats_failed_total" []
        "Calls of the heartbeat's address that failed. No series without a heartbeat in the configuration.";
    SelfTest: Gauge "ssowatch_self_test_success" []
        "Whether a built-in broken snapshot was evaluated broken and a good one good, in the last round.";
    JournalSuccess: Gauge "ssowatch_journal_success" []
        "Whether what is kept below --storage.path reaches the disk: 0 if the last attempt to write the journal, or what receivers were told, failed. No series without --storage.path.";
    Targets: Gauge "ssowatch_targets" []
        "Number of targets in the configuration.";
    ReloadSuccessful: Gauge "ssowatch_config_last_reload_successful" []
        "Whether the last (re)load of the configuration succeeded.";
    ReloadTimestamp: Gauge "ssowatch_config_last_reload_success_timestamp_seconds" []
        "When the configuration was last loaded with success, as Unix time.";
    ConfigHash: Gauge "ssowatch_config_hash" []
        "Hash of the configuration in force, not cryptographically strong.";
    LogMessages: Counter "ssowatch_log_messages_total" [level]
        "Log messages written, by level.";
    BuildInfo: Gauge "ssowatch_build_info" [version, os, arch]
        "1; labelled by the version, the operating system and the architecture that ssowatch was built for.";
    ProcessCpu: Counter "process_cpu_seconds_total" []
        "Total user and system CPU time spent.";
    ProcessOpenFds: Gauge "process_open_fds" []
        "Number of open file descriptors.";
    ProcessMaxFds: Gauge "process_max_fds" []
        "Maximum number of open file descriptors.";
    ProcessVirtualMemory: Gauge "process_virtual_memory_bytes" []
        "Virtual memory size.";
    ProcessResidentMemory: Gauge "process_resident_memory_bytes" []
        "Resident memory size.";
    ProcessStart: Gauge "process_start_time_seconds" []
        "When the process started, as Unix time.";

    // One probe: the names of blackbox_exporter, so that its dashboards and alerts work.
    ProbeSuccess: Gauge "probe_success" []
        "Whether the probe succeeded.";
    ProbeDuration: Gauge "probe_duration_seconds" []
        "How long the probe took.";
    ProbeTimeout: Gauge "probe_timeout_seconds" []
        "How long the probe could have taken.";
    ProbeHttpDuration: Gauge "probe_http_duration_seconds" [phase]
        "Duration of the request for the discovery document by phase.";
    ProbeHttpStatus: Gauge "probe_http_status_code" []
        "HTTP status of the discovery document, 0 if no answer was taken.";
    ProbeCertExpiry: Gauge "probe_ssl_earliest_cert_expiry" []
        "The earliest end of a certificate in the chains as served, as Unix time.";
    ProbeDns: Gauge "probe_dns_lookup_time_seconds" []
        "How long resolving the provider's name took.";
    ProbeIpProtocol: Gauge "probe_ip_protocol" []
        "The IP version by which the provider was reached: 4 or 6.";
}

impl Family {
    /// What is said of it.
    #[must_use]
    pub fn about(self) -> &'static About {
        // The macro lists variants and table in one order; a test holds it to that.
        &ALL[self as usize]
    }
}

/// The units that a name may end with (OpenMetrics, `# UNIT`).
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

/// The unit that a family's name ends with; a counter's `_total` stands after it.
#[must_use]
pub fn unit_of(name: &str) -> Option<&'static str> {
    let base = name.strip_suffix("_total").unwrap_or(name);
    UNITS.into_iter().find(|unit| base.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')))
}

/// The table of all families for the README.
#[must_use]
pub fn markdown_table() -> String {
    let mut table = String::from("| family | type | labels | |\n| --- | --- | --- | --- |\n");
    for about in ALL {
        let labels: Vec<String> = about.labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            about.name,
            about.kind.word(),
            labels.join(", "),
            about.help.replace('|', "\\|")
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_family_finds_its_own_row() {
        for (index, about) in ALL.iter().enumerate() {
            assert_eq!(about.family as usize, index, "{}", about.name);
            assert_eq!(about.family.about().name, about.name);
        }
    }

    #[test]
    fn names_keep_the_conventions_of_prometheus() {
        let mut names = BTreeSet::new();
        for about in ALL {
            let About { name, kind, labels, help, .. } = about;
            assert!(names.insert(name), "{name} stands twice");
            assert!(
                ["ssowatch_", "process_", "probe_"].iter().any(|prefix| name.starts_with(prefix)),
                "{name}: a foreign prefix"
            );
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{name}"
            );
            assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}: _total is for counters");
            assert!(help.len() > 10 && help.ends_with('.'), "{name}: a help text is a sentence");
            for label in *labels {
                let reserved = ["job", "instance", "endpoint", "service", "namespace", "pod", "container", "le"];
                assert!(!reserved.contains(label), "{name}: the label {label} is the scraper's");
            }
            for word in name.split('_') {
                let short = ["secs", "sec", "ms", "pct", "percent", "minutes", "days", "milliseconds"];
                assert!(!short.contains(&word), "{name}: base units, written out");
            }
        }
    }

    #[test]
    fn no_two_families_share_a_name_in_open_metrics() {
        let bases: BTreeSet<&str> = ALL.iter().map(|about| about.name.trim_end_matches("_total")).collect();
        assert_eq!(bases.len(), ALL.len());
        for about in ALL.iter().filter(|about| about.kind == Kind::Histogram) {
            for suffix in ["_count", "_sum", "_bucket", "_created"] {
                assert!(!bases.contains(format!("{}{suffix}", about.name).as_str()));
            }
        }
    }

    #[test]
    fn the_unit_is_the_end_of_the_name() {
        assert_eq!(unit_of("ssowatch_round_duration_seconds"), Some("seconds"));
        assert_eq!(unit_of("process_cpu_seconds_total"), Some("seconds"));
        assert_eq!(unit_of("ssowatch_login_coverage_ratio"), Some("ratio"));
        assert_eq!(unit_of("ssowatch_jwks_keys"), None);
        assert_eq!(unit_of("seconds"), None);
    }

    #[test]
    fn the_table_has_a_row_for_every_family() {
        let table = markdown_table();
        assert_eq!(table.lines().count(), ALL.len() + 2);
        assert!(table.contains("| `ssowatch_config_drift` | gauge | `target`, `field`, `breaking` | Whether "));
    }
}

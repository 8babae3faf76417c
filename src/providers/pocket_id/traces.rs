//! What the canary leaves at Pocket ID, by release (measured on 2.3, 2.9, 2.10 and 2.14).

use super::Version;

/// What an enrolment and each run leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInTraces {
    /// Entries in the audit log of an enrolment with its consent.
    pub enrolment_audit: &'static [&'static str],
    /// Entries in the audit log of each run.
    pub run_audit: &'static [&'static str],
    /// Rows of each run: codes up to 2.9, session rows from 2.10 on. The clean-up of each day takes them away.
    pub run_rows: usize,
    /// What such a row is.
    pub row: &'static str,
}

impl SignInTraces {
    /// Up to 2.9.
    pub const LEGACY: Self = Self {
        enrolment_audit: &["TOKEN_SIGN_IN", "PASSKEY_ADDED", "NEW_CLIENT_AUTHORIZATION"],
        run_audit: &["SIGN_IN", "CLIENT_AUTHORIZATION"],
        run_rows: 1,
        row: "code",
    };
    /// From 2.10.
    pub const FOSITE: Self = Self {
        enrolment_audit: &["TOKEN_SIGN_IN", "PASSKEY_ADDED", "NEW_CLIENT_AUTHORIZATION", "CLIENT_AUTHORIZATION"],
        run_rows: 2,
        row: "session row",
        ..Self::LEGACY
    };

    /// Those of a release.
    #[must_use]
    pub fn of(release: Version) -> Self {
        if release < Version::new(2, 10) { Self::LEGACY } else { Self::FOSITE }
    }
}

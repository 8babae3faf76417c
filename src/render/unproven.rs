//! What could not be proven, by what would change that: another round, a credential, or a person.

use crate::model::{CheckReport, Credential, Report, Snapshot};

use super::facts;

/// Checks that share something.
pub(crate) type Groups<'r, K> = Vec<(K, Vec<&'r CheckReport>)>;

/// What could not be evaluated this time, by reason.
pub(crate) fn not_evaluated(report: &Report) -> Groups<'_, String> {
    let unknown = report.checks.iter().filter(|check| check.verdict == "unknown");
    grouped(unknown, |check| check.reason.clone().unwrap_or_default())
}

/// What is unverified for want of credentials, by these.
pub(crate) fn for_want_of_credentials<'r>(report: &'r Report, snapshot: &Snapshot) -> Groups<'r, Vec<Credential>> {
    let lacking = unverified(report).filter(|check| !facts::missing_credentials(snapshot, check).is_empty());
    grouped(lacking, |check| facts::missing_credentials(snapshot, check))
}

/// What is unverified whatever the credentials, by what a person can do.
pub(crate) fn from_here<'r>(report: &'r Report, snapshot: &Snapshot) -> Groups<'r, String> {
    let open = unverified(report).filter(|check| facts::missing_credentials(snapshot, check).is_empty());
    grouped(open, |check| check.reason.clone().unwrap_or_default())
}

/// What credentials would give, and where they go in the configuration.
pub(crate) fn gain(credentials: &[Credential], count: usize) -> String {
    let mut keys: Vec<&str> = credentials.iter().map(|credential| credential.config_keys()).collect();
    keys.dedup();
    let with = facts::in_words(credentials.iter().copied());
    format!("With {with}: {} more ({})", facts::checks_in_words(count), keys.join(", "))
}

fn unverified(report: &Report) -> impl Iterator<Item = &CheckReport> {
    report.checks.iter().filter(|check| check.verdict == "unverified")
}

/// Checks that share a key, in the order in which the keys appear.
fn grouped<'r, K: PartialEq>(
    checks: impl IntoIterator<Item = &'r CheckReport>,
    key: impl Fn(&CheckReport) -> K,
) -> Groups<'r, K> {
    let mut groups: Groups<'r, K> = Vec::new();
    for check in checks {
        let of = key(check);
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, members)) => members.push(check),
            None => groups.push((of, vec![check])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_told_with_what_it_gives_and_where_it_goes() {
        assert_eq!(
            gain(&[Credential::AppKey], 12),
            "With a Kasm key: 12 checks more (kasm.api_key_file and kasm.api_key_secret_file)"
        );
        assert_eq!(
            gain(&[Credential::ClientSecret], 1),
            "With the client secret: 1 check more (provider.client_secret_file)"
        );
        let both = gain(&[Credential::AppKey, Credential::ProviderAdminKey], 2);
        assert!(both.starts_with("With a Kasm key and a Pocket ID key of an admin: 2 checks more"), "{both}");
    }
}

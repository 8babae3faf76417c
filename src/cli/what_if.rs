//! `check --assume-provider VERSION`: the same snapshot, evaluated as if the provider were another release of Pocket ID.

use std::fmt::Write as _;

use crate::{
    checks::{self, Case},
    model::{CheckReport, Report, Severity, Snapshot, Verdict},
    providers::{ProviderKind, pocket_id::Version},
    round::Round,
};

/// The newest release whose rules are known.
const NEWEST: Version = Version::new(2, 14);
/// The oldest one.
const OLDEST: Version = Version::new(1, 0);

/// Reads the release of the command line.
///
/// # Errors
/// It is none, or none whose rules are known.
pub(super) fn release(text: &str) -> Result<Version, String> {
    let release: Version = text.parse()?;
    if (OLDEST..=NEWEST).contains(&release) {
        Ok(release)
    } else {
        Err(format!("the rules of Pocket ID {release} are not known here; write a release from {OLDEST} to {NEWEST}"))
    }
}

/// Evaluates rounds anew, as if the provider were that release.
///
/// # Errors
/// A provider is not Pocket ID: a text for a person that names the target.
pub(super) fn rehearse(rounds: Vec<Round>, release: Version) -> Result<Vec<Round>, String> {
    let evaluated = |round: Round| {
        if Case::new(&round.snapshot, None).kind == ProviderKind::PocketId {
            return Ok(Round { report: checks::evaluate_as_if(&round.snapshot, None, release), ..round });
        }
        let name = &round.snapshot.target.name;
        Err(format!("{name}: the provider is not Pocket ID; leave --assume-provider out for it"))
    };
    rounds.into_iter().map(evaluated).collect()
}

/// What would newly fail, as the head of the text about a target.
pub(super) fn head(snapshot: &Snapshot, as_if: &Report, release: Version) -> String {
    let now = checks::evaluate(snapshot, None);
    let newly: Vec<&CheckReport> = as_if.checks.iter().filter(|check| is_new(&now, check)).collect();
    let mut text = format!("Evaluated as if the provider were Pocket ID {release}; it is {}.\n", now.provider);
    let (breaking, other): (Vec<&CheckReport>, Vec<&CheckReport>) =
        newly.into_iter().partition(|check| check.severity >= Severity::Degraded);
    if breaking.is_empty() {
        let _ = writeln!(text, "With Pocket ID {release} nothing new would break, as far as this can be evaluated.");
    } else {
        list(&mut text, &format!("With Pocket ID {release} these would break:"), &breaking);
    }
    if !other.is_empty() {
        list(&mut text, "These would newly be at risk:", &other);
    }
    text.push('\n');
    text
}

/// Whether a check fails as it does not now: not at all, or less badly.
fn is_new(now: &Report, check: &CheckReport) -> bool {
    let fails_now =
        now.check(&check.id).is_some_and(|now| now.verdict == Verdict::Fail && now.severity >= check.severity);
    check.verdict == Verdict::Fail && !fails_now
}

fn list(text: &mut String, title: &str, checks: &[&CheckReport]) {
    let _ = writeln!(text, "{title}");
    for check in checks {
        for finding in &check.findings {
            let _ = writeln!(text, "  {}: {}", check.id, finding.message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_releases_whose_rules_are_known_are_taken() {
        for text in ["1.0", "2.14", "v2.14.3"] {
            assert!(release(text).is_ok(), "{text}");
        }
        assert_eq!(
            release("3.0").unwrap_err(),
            "the rules of Pocket ID 3.0 are not known here; write a release from 1.0 to 2.14"
        );
        assert!(release("next").unwrap_err().contains("write for example 2.14"));
    }

    #[test]
    fn a_healthy_pair_has_nothing_to_fear_of_any_release() {
        for version in [Version::new(1, 16), Version::new(2, 9), Version::new(2, 10), NEWEST] {
            for snapshot in [Snapshot::healthy(), Snapshot::healthy_with_credentials()] {
                let report = checks::evaluate_as_if(&snapshot, None, version);
                let text = head(&snapshot, &report, version);
                assert!(text.contains("nothing new would break"), "{version}: {text}");
            }
        }
    }
}

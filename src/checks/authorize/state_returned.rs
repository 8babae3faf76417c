//! The `state` that Kasm sends comes back as it was.

use super::{Case, Check, SeverityRule, dry_run};
use crate::model::{DryRun, Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "state_returned",
    severity: SeverityRule::OUTAGE,
    title: "The provider gives Kasm's state back unchanged",
    why: "Kasm finds the login that it has started by the state: another one ends in an error for everybody, after the \
          login at the provider.",
    fix: "See what stands between people and the provider: a proxy or firewall there must pass query strings and Location \
          headers on as they are.",
    needs: &[],
    since: "",
    source: "RFC 6749, sections 4.1.2 and 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    match dry_run(case)? {
        DryRun::Accepted(_) => Ok(Outcome::OK),
        DryRun::StateChanged { is_lost: true, .. } => {
            Ok(Outcome::fail(Finding::new("lost", "The state that Kasm sends does not come back")))
        }
        DryRun::StateChanged { .. } => {
            Ok(Outcome::fail(Finding::new("changed", "The state that Kasm sends comes back as another one")))
        }
        DryRun::RedirectAccepted
        | DryRun::AsksForLogin(_)
        | DryRun::SentBack { .. }
        | DryRun::ErrorPage { .. }
        | DryRun::Unrecognised { .. } => Err(Missing::OutOfReach(
            "the provider's answer to the dry run brings no state: a sign-in in a private window shows it".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::table,
        model::{DryRun, Snapshot},
    };

    fn answer(now: &mut Snapshot, answer: DryRun) {
        now.authorize_dry_run.value = Ok(answer);
    }

    fn changed(now: &mut Snapshot, is_lost: bool) {
        answer(now, DryRun::StateChanged { error: "login_required".to_owned(), is_lost });
    }

    #[test]
    fn a_state_that_does_not_come_back_as_it_was_is_an_outage() {
        table(
            &CHECK,
            &[
                ("unchanged", |_| {}, "ok"),
                ("another", |now| changed(now, false), "fail changed"),
                ("none", |now| changed(now, true), "fail lost"),
                ("a login page", |now| answer(now, DryRun::AsksForLogin("a form".to_owned())), "unverified"),
                (
                    "refused for another reason",
                    |now| answer(now, DryRun::ErrorPage { status: 400, message: "no".to_owned() }),
                    "unverified",
                ),
            ],
        );
    }
}

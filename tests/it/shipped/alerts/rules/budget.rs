//! How fast the error budget burns: outages that are each too short for a page.
//!
//! Not pages themselves: in a long outage SsoLoginBroken has paged, and the budget would page a second time, during the
//! outage and for hours after it.

use std::time::Duration;

use super::{CHANGES, LATEST, LOOK_NOW};
use crate::shipped::alerts::rule::{Fix, Group, Page, Params, Recording, Rule, Urgency, days, hours, mins};

/// The windows, by name.
const WINDOWS: [(&str, Duration); 5] =
    [("5m", mins(5)), ("30m", mins(30)), ("1h", hours(1)), ("6h", hours(6)), ("3d", days(3))];

pub fn group() -> Group {
    Group { name: "ssowatch-error-budget", rules: vec![fast(), slow()] }
}

fn ratio(window: &str) -> String {
    format!("target:ssowatch_login_error:ratio_avg{window}")
}

/// The share of known samples in which people could not sign in. Sums, not an average of averages: an instance that was
/// renamed weighs what it saw.
pub fn recordings(params: &Params) -> Vec<Recording> {
    let recording = |(name, window): (&str, Duration)| {
        let span = params.span(window);
        Recording {
            name: ratio(name),
            window,
            expr: format!(
                "1 -\n  sum by (target) (sum_over_time(ssowatch_login_success[{span}]))\n  /\n  \
                 sum by (target) (count_over_time(ssowatch_login_success[{span}]))"
            ),
        }
    };
    WINDOWS.map(recording).into()
}

/// Burns the budget that many times too fast, over a long window and still over a short one.
fn burns(params: &Params, factor: f64, long: &str, short: &str) -> String {
    // Rounded, so that 1 - 0.99 is 0.01.
    let budget = ((1.0 - params.objective) * 1e9).round() / 1e9;
    format!("{} > {factor} * {budget}\n  and on (target)\n  {} > {factor} * {budget}", ratio(long), ratio(short))
}

fn fast() -> Rule {
    Rule {
        name: "SsoLoginErrorBudgetBurnFast",
        urgency: Urgency::Warning,
        why: "2 % of a month's budget in an hour, or 5 % in six.",
        expr: |params| {
            format!("(\n  {}\n)\nor\n(\n  {}\n)", burns(params, 14.4, "1h", "5m"), burns(params, 6.0, "6h", "30m"))
        },
        wait: mins(2),
        keep: mins(5),
        summary: "Sign-in fails too often.",
        description: || {
            "Sign-in at {{ $labels.target }} fails so often, perhaps each time too briefly for a page, that the month's error \
             budget would be spent within days."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "In the time that could be observed, people were unable to sign in for longer than the objective allows: at this rate \
                      (14.4 times too fast over an hour, or 6 times over six hours) the budget of 30 days is spent in two to five days.",
            impact: "Now and then people cannot sign in. After one long outage this alert keeps firing for a while and adds nothing new.",
            diagnosis: &[CHANGES, LOOK_NOW, LATEST],
            fix: Fix::Text(
                "Find the cause that comes and goes in the journal: one address of several that does not answer, a provider that \
                 restarts, a proxy in between. Fix it as its check says (SsoLoginBroken has the list for both web forms).",
            ),
        },
    }
}

fn slow() -> Rule {
    Rule {
        name: "SsoLoginErrorBudgetBurnSlow",
        urgency: Urgency::Info,
        why: "10 % of a month's budget in three days. The usual second pair (3 times over a day) spends the same, so it would\n\
              add nothing.",
        expr: |params| burns(params, 1.0, "3d", "6h"),
        wait: hours(1),
        keep: mins(5),
        summary: "Sign-in fails more often than promised.",
        description: || {
            "Sign-in at {{ $labels.target }} fails so often that the month's error budget will not last the month."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "In the time that could be observed, people were unable to sign in for longer than the objective allows, over \
                      three days and still over six hours.",
            impact: "Now and then people cannot sign in.",
            diagnosis: &[CHANGES, LOOK_NOW, LATEST],
            fix: Fix::Text(
                "Find the recurring cause in the journal and fix it as its check says (SsoLoginBroken has the list \
                 for both web forms).",
            ),
        },
    }
}

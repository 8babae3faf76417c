//! The error budget, at an objective of 99 %: 14.4 times too fast is 14.4 % of the time, 6 times 6 %, once 1 %.
//!
//! From what the recordings say; what they say is tested in [`super::recordings`].

use super::{case, edge, of, plain};
use crate::shipped::alerts::{
    rules,
    unit::{Case, Edge, STEP, Scenario, Shape, level},
};

const OBJECTIVE: f64 = 0.99;
const BUDGET: f64 = 0.01;

/// Two windows that must both burn that many times too fast.
struct Pair {
    long: &'static str,
    short: &'static str,
    factor: f64,
}

const HOUR: Pair = Pair { long: "1h", short: "5m", factor: 14.4 };
const SIX_HOURS: Pair = Pair { long: "6h", short: "30m", factor: 6.0 };
const THREE_DAYS: Pair = Pair { long: "3d", short: "6h", factor: 1.0 };

const SAYS_FAST: &str = "Sign-in at home fails so often, perhaps each time too briefly for a page, that the month's error \
                         budget would be spent within days.";
const SAYS_SLOW: &str = "Sign-in at home fails so often that the month's error budget will not last the month.";

pub fn scenarios() -> Vec<Scenario> {
    vec![
        of_pair("SsoLoginErrorBudgetBurnFast", &HOUR, STEP, SAYS_FAST),
        of_pair("SsoLoginErrorBudgetBurnFast", &SIX_HOURS, STEP, SAYS_FAST),
        of_pair("SsoLoginErrorBudgetBurnSlow", &THREE_DAYS, 60, SAYS_SLOW),
    ]
}

/// A long outage, from what ssowatch tells through the recordings to the alert: for the hour after it the half hour still
/// says so; then no longer, though six hours do.
pub fn outage() -> Case {
    const LOGIN: &str = r#"ssowatch_login_success{target="home", job="ssowatch", instance="a:10059"}"#;
    let rule = rules::all().into_iter().find(|rule| rule.name == "SsoLoginErrorBudgetBurnFast").unwrap();
    let fires = Some((&[("target", "home")][..], SAYS_FAST));
    let asked = [(359, None), (385, fires), (440, fires), (460, None), (530, None)];
    case(
        &rule,
        60,
        "an hour's outage, by what is recorded",
        vec![(LOGIN, [of(1.0, 360), of(0.0, 60), of(1.0, 120)].concat())],
        &asked.map(|(minute, fires)| (minute * 60, fires)),
    )
}

fn ratio(window: &str, target: &str) -> String {
    format!(r#"target:ssowatch_login_error:ratio_avg{window}{{target="{target}"}}"#)
}

/// Burns a little too fast.
fn burning(pair: &Pair) -> f64 {
    pair.factor * BUDGET * 1.02
}

fn of_pair(alert: &'static str, pair: &Pair, step: u64, says: &'static str) -> Scenario {
    let (long, short) = (ratio(pair.long, "home"), ratio(pair.short, "home"));
    let course: [(&str, Shape); 2] = [(&long, level(0.0, burning(pair))), (&short, level(0.0, burning(pair)))];
    Scenario { step, said: says, edges: edges(pair), ..plain(alert, &course, |_| String::new()) }
}

fn edges(pair: &Pair) -> Vec<Edge> {
    let home = (ratio(pair.long, "home"), ratio(pair.short, "home"));
    let work = (ratio(pair.long, "work"), ratio(pair.short, "work"));
    let bound = pair.factor * BUDGET;
    let burns = burning(pair);
    let both = |name, long, short, fires| edge(name, &[(&home.0, long), (&home.1, short)], fires);
    vec![
        both("the long window at the bound", bound, 1.0, false),
        both("the short window at the bound", 1.0, bound, false),
        both("both windows just above it", burns, burns, true),
        both("over for now", 1.0, 0.0, false),
        both("just begun", 0.0, 1.0, false),
        edge("each window of another target", &[(&home.0, 1.0), (&home.1, 0.0), (&work.0, 0.0), (&work.1, 1.0)], false),
    ]
}

#[test]
fn the_bounds_are_those_of_the_objective_of_the_shipped_rules() {
    assert_eq!(crate::shipped::alerts::Params::default().objective, OBJECTIVE);
}

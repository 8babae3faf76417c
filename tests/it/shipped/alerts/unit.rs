//! The unit tests of the rules, for promtool: from what makes an alert fire, the states that every alert goes through.

use std::fmt::Write as _;

use super::{
    files::{runbook, scalar},
    rule::Rule,
};

/// One sample of an input series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    /// A value.
    Value(f64),
    /// A scrape that gave nothing: the last value still counts for five minutes.
    Missing,
    /// The series ends here.
    Stale,
}

/// What an input series does while the world is good, and while it is bad.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// One value in each; none where the series is not there.
    Level { good: Option<f64>, bad: Option<f64> },
    /// A counter: what each step adds.
    Counter { good: f64, bad: f64 },
    /// A time: now while good, and the last such while bad.
    Clock,
}

/// The same value for ever.
pub fn always(value: f64) -> Shape {
    Shape::Level { good: Some(value), bad: Some(value) }
}

/// A value in each state.
pub fn level(good: f64, bad: f64) -> Shape {
    Shape::Level { good: Some(good), bad: Some(bad) }
}

/// Not there while good.
pub fn only_bad(bad: f64) -> Shape {
    Shape::Level { good: None, bad: Some(bad) }
}

/// Not there while bad.
pub fn only_good(good: f64) -> Shape {
    Shape::Level { good: Some(good), bad: None }
}

/// What makes an alert fire, and what it says then.
pub struct Scenario {
    /// The alert.
    pub alert: &'static str,
    /// Seconds between two samples.
    pub step: u64,
    /// The series that matter.
    pub inputs: Vec<(String, Shape)>,
    /// What to replace in the series for a second one that stays good; none where there can be none.
    pub twin: Option<(&'static str, &'static str)>,
    /// Series that would make it fire if a matcher were lost.
    pub decoys: Vec<(&'static str, f64)>,
    /// Its labels, beside the severity.
    pub labels: Vec<(&'static str, &'static str)>,
    /// What it says when it is evaluated at that second, where `said` is empty.
    pub description: fn(u64) -> String,
    /// What it says, where that is always the same.
    pub said: &'static str,
    /// The place on its runbook page.
    pub fragment: &'static str,
    /// Seconds from the first bad sample until the expression holds.
    pub rise: u64,
    /// Seconds from the first good sample until it no longer does.
    pub fall: u64,
    /// Seconds for which it holds after the series are gone.
    pub linger: u64,
    /// Whether the fault is that the series are gone.
    pub is_absence: bool,
    /// Values on both sides of a threshold: the inputs, and whether they make it fire.
    pub edges: Vec<Edge>,
}

/// Inputs that stay as they are, and whether they make the alert fire.
pub struct Edge {
    /// What is special.
    pub name: &'static str,
    /// The inputs.
    pub inputs: Vec<(String, f64)>,
    /// Whether they make it fire.
    pub fires: bool,
    /// What it says, where it is not what the scenario says.
    pub says: Option<String>,
}

/// One test of promtool.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    /// Seconds between two samples.
    pub step: u64,
    pub series: Vec<(String, Vec<Sample>)>,
    pub asked: Vec<Asked>,
    pub recorded: Vec<Recorded>,
}

/// What must be so at a time.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: u64,
    pub alert: String,
    /// Labels and annotations; none where it does not fire.
    pub fires: Option<Says>,
}

/// What a recording must have made at a time, of every target.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub at: u64,
    pub name: String,
    /// Target and value.
    pub values: Vec<(&'static str, f64)>,
}

/// What an alert says.
#[derive(Debug, Clone)]
pub struct Says {
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
}

/// Seconds between two scrapes, and between two evaluations.
pub const STEP: u64 = 15;

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Good,
    Bad,
    Missing,
    Gone,
}

/// What a rule says with these labels.
pub fn says(rule: &Rule, labels: &[(&str, &str)], description: &str, fragment: &str) -> Says {
    let mut all: Vec<(String, String)> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.push(("severity".to_owned(), rule.urgency.id().to_owned()));
    let annotations = [
        ("summary", rule.summary.to_owned()),
        ("description", description.to_owned()),
        ("runbook_url", runbook(rule.name) + fragment),
    ];
    Says { labels: all, annotations: annotations.map(|(name, text)| (name.to_owned(), text)).into() }
}

impl Scenario {
    fn says(&self, rule: &Rule, at: u64) -> Option<Says> {
        Some(says(rule, &self.labels, &self.text(at), self.fragment))
    }

    fn text(&self, at: u64) -> String {
        if self.said.is_empty() { (self.description)(at) } else { self.said.to_owned() }
    }

    /// Every test of this alert.
    pub fn cases(&self, rule: &Rule) -> Vec<Case> {
        let edges = self.edges.iter().map(|edge| self.edge(rule, edge));
        // Where the fault is that a series is not there, it cannot vanish.
        let vanishes = (!self.is_absence).then(|| self.vanishes(rule));
        std::iter::once(self.comes_and_goes(rule)).chain(vanishes).chain(edges).collect()
    }

    /// Room for a difference between releases of Prometheus: whether a window holds its left end.
    fn slack(&self) -> u64 {
        if self.rise > 0 || self.fall > 0 { 2 * self.step } else { self.step }
    }

    /// Healthy, a blip, pending, firing, a gap in the scrapes, held, resolved.
    fn comes_and_goes(&self, rule: &Rule) -> Case {
        use State::{Bad, Good, Missing};
        let (wait, keep) = (rule.wait.as_secs(), rule.keep.as_secs());
        let blip =
            (self.rise + wait).saturating_sub(self.fall + 2 * self.step).max(if wait > 0 { self.step } else { 0 });
        let pause = self.rise + self.fall + wait + 300;
        let begins = 600 + blip + pause;
        let fires = begins + self.rise + wait;
        let (gap, back, ends) = (fires + 60, fires + 120, fires + 180);
        let resolved = ends + self.fall + keep + self.slack();
        let phases = [
            (Good, 600),
            (Bad, blip),
            (Good, pause),
            (Bad, gap - begins),
            (Missing, back - gap),
            (Bad, ends - back),
            (Good, resolved + 60 - ends),
        ];
        let mut asked = vec![self.quiet(600 - self.step)];
        if blip > 0 {
            asked.extend([
                self.quiet(600 + blip - self.step),
                self.quiet(600 + blip + self.fall + self.step),
                self.quiet(begins - self.step),
            ]);
        }
        asked.push(self.quiet(fires.saturating_sub(self.slack())));
        asked.extend([fires, back - self.step, ends - self.step].map(|at| self.fires(rule, at, at)));
        if keep > 0 {
            asked.push(self.fires(rule, ends + self.fall + keep - self.slack(), ends - self.step));
        }
        asked.push(self.quiet(resolved));
        self.case("comes and goes", &phases, asked)
    }

    /// A restart of ours, and a target that is removed.
    fn vanishes(&self, rule: &Rule) -> Case {
        use State::{Bad, Gone, Good};
        let (wait, keep) = (rule.wait.as_secs(), rule.keep.as_secs());
        let held = self.linger + keep;
        let fires = 600 + self.rise + wait + self.step;
        let (gap, back) = (fires + self.step, fires + 4 * self.step);
        let mut phases = vec![(Good, 600), (Bad, gap - 600)];
        let mut asked = vec![self.fires(rule, fires, fires)];
        let mut gone = gap;
        if held >= 4 * self.step {
            phases.extend([(Gone, back - gap), (Bad, 2 * self.step)]);
            let last = if self.linger > 0 { back - self.step } else { gap - self.step };
            asked.extend([
                self.fires(rule, back - self.step, last),
                self.fires(rule, back + self.step, back + self.step),
            ]);
            gone = back + 2 * self.step;
        }
        if self.linger > 0 {
            let at = gone + self.linger - 2 * self.step;
            asked.push(self.fires(rule, at, at));
        }
        let resolved = gone + held + 2 * self.step;
        phases.push((Gone, resolved + 60 - gone));
        asked.push(self.quiet(resolved));
        self.case("its series vanish", &phases, asked)
    }

    fn edge(&self, rule: &Rule, edge: &Edge) -> Case {
        let at = 600 + self.rise + rule.wait.as_secs() + self.step;
        let count = (at / self.step + 2) as usize;
        let series =
            edge.inputs.iter().map(|(name, value)| (name.clone(), vec![Sample::Value(*value); count])).collect();
        let says = edge.says.clone().unwrap_or_else(|| self.text(at));
        let fires = edge.fires.then(|| says_of(rule, self, &says));
        let asked = vec![Asked { at, alert: self.alert.to_owned(), fires }];
        Case { name: format!("{}: {}", self.alert, edge.name), step: self.step, series, asked, recorded: Vec::new() }
    }

    fn quiet(&self, at: u64) -> Asked {
        Asked { at, alert: self.alert.to_owned(), fires: None }
    }

    fn fires(&self, rule: &Rule, at: u64, evaluated: u64) -> Asked {
        Asked { at, alert: self.alert.to_owned(), fires: self.says(rule, evaluated) }
    }

    fn case(&self, name: &str, phases: &[(State, u64)], asked: Vec<Asked>) -> Case {
        let mut series: Vec<(String, Vec<Sample>)> =
            self.inputs.iter().map(|(name, shape)| (name.clone(), samples(*shape, self.step, phases))).collect();
        let whole: u64 = phases.iter().map(|(_, span)| span).sum();
        let good = [(State::Good, whole)];
        if let Some((from, to)) = self.twin {
            let twins = self.inputs.iter().map(|(name, shape)| (name.replace(from, to), shape));
            // A series that both have belongs to neither.
            series.extend(
                twins
                    .filter(|(name, _)| !self.inputs.iter().any(|(own, _)| own == name))
                    .map(|(name, shape)| (name, samples(*shape, self.step, &good))),
            );
        }
        series.extend(
            self.decoys.iter().map(|(name, value)| ((*name).to_owned(), samples(always(*value), self.step, &good))),
        );
        series.retain(|(_, samples)| samples.iter().any(|sample| *sample != Sample::Missing));
        Case { name: format!("{}: {name}", self.alert), step: self.step, series, asked, recorded: Vec::new() }
    }
}

fn says_of(rule: &Rule, scenario: &Scenario, description: &str) -> Says {
    says(rule, &scenario.labels, description, scenario.fragment)
}

fn samples(shape: Shape, step: u64, phases: &[(State, u64)]) -> Vec<Sample> {
    let mut made: Vec<Sample> = Vec::new();
    let (mut count, mut clock) = (0.0, 0.0);
    let mut is_there = false;
    for (state, span) in phases {
        for _ in 0..span / step {
            let now = (made.len() as u64 * step) as f64;
            let is_good = *state == State::Good;
            if is_good {
                clock = now;
            }
            let value = match shape {
                Shape::Level { good, bad } => {
                    if is_good {
                        good
                    } else {
                        bad
                    }
                }
                Shape::Counter { good, bad } => {
                    count += if is_good { good } else { bad };
                    Some(count)
                }
                Shape::Clock => Some(clock),
            };
            made.push(match (state, value) {
                (State::Missing, _) => Sample::Missing,
                (State::Gone, _) | (_, None) if std::mem::take(&mut is_there) => Sample::Stale,
                (State::Gone, _) | (_, None) => Sample::Missing,
                (_, Some(value)) => {
                    is_there = true;
                    Sample::Value(value)
                }
            });
        }
    }
    made
}

/// A file of tests as YAML.
pub fn file(rule_files: &[&str], cases: &[Case]) -> String {
    let step = cases.iter().map(|case| case.step).min().unwrap_or(STEP);
    let mut text = format!("rule_files: [{}]\nevaluation_interval: {step}s\n", rule_files.join(", "));
    text += "group_eval_order: [ssowatch-login-error]\ntests:\n";
    for case in cases {
        let _ = writeln!(text, "  - name: \"{}\"\n    interval: {}s\n    input_series:", case.name, case.step);
        for (series, samples) in &case.series {
            let _ = writeln!(text, "      - series: '{series}'\n        values: '{}'", written(samples));
        }
        for (head, asked) in [
            ("alert_rule_test", case.asked.iter().map(Asked::written).collect::<String>()),
            ("promql_expr_test", case.recorded.iter().map(Recorded::written).collect()),
        ] {
            if !asked.is_empty() {
                let _ = write!(text, "    {head}:\n{asked}");
            }
        }
    }
    text
}

impl Asked {
    fn written(&self) -> String {
        let head = format!("      - eval_time: {}s\n        alertname: {}\n", self.at, self.alert);
        let Some(says) = &self.fires else { return head + "        exp_alerts: []\n" };
        let mut text = head + "        exp_alerts:\n";
        for (index, (key, pairs)) in
            [("exp_labels", &says.labels), ("exp_annotations", &says.annotations)].iter().enumerate()
        {
            let lead = if index == 0 { "- " } else { "  " };
            let _ = writeln!(text, "          {lead}{key}:");
            for (name, value) in *pairs {
                let _ = writeln!(text, "              {name}: {}", scalar(value, "                "));
            }
        }
        text
    }
}

impl Recorded {
    fn written(&self) -> String {
        let Self { at, name, values } = self;
        let mut text = format!("      - expr: {name}\n        eval_time: {at}s\n        exp_samples:\n");
        for (target, value) in values {
            let _ = write!(
                text,
                "          - labels: '{{__name__=\"{name}\", target=\"{target}\"}}'\n            value: {value}\n"
            );
        }
        text
    }
}

/// Samples in promtool's short form: `1+2x3` is 1 3 5 7, `_x3` three that are missing.
fn written(samples: &[Sample]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = samples;
    while let Some(first) = rest.first() {
        let taken = match first {
            Sample::Stale => {
                parts.push("stale".to_owned());
                1
            }
            Sample::Missing => {
                let count = rest.iter().take_while(|sample| **sample == Sample::Missing).count();
                parts.push(format!("_x{count}"));
                count
            }
            Sample::Value(start) => {
                let (step, more) = run(*start, rest);
                let sign = if step < 0.0 { '-' } else { '+' };
                parts.push(match more {
                    0 => start.to_string(),
                    more if step == 0.0 => format!("{start}x{more}"),
                    more => format!("{start}{sign}{}x{more}", step.abs()),
                });
                more + 1
            }
        };
        rest = &rest[taken..];
    }
    parts.join(" ")
}

/// How far the values after the first go on by one and the same step.
fn run(start: f64, samples: &[Sample]) -> (f64, usize) {
    let Some(Sample::Value(second)) = samples.get(1) else { return (0.0, 0) };
    let step = second - start;
    let goes_on = samples.iter().skip(1).zip(1_u32..);
    let more =
        goes_on.take_while(|(sample, count)| **sample == Sample::Value(start + step * f64::from(*count))).count();
    (step, more)
}

#[test]
fn samples_are_written_in_the_short_form() {
    use Sample::{Missing, Stale, Value};
    let values = |values: &[f64]| values.iter().copied().map(Value).collect::<Vec<_>>();
    assert_eq!(written(&values(&[1.0, 1.0, 1.0])), "1x2");
    assert_eq!(written(&values(&[0.0, 15.0, 30.0, 30.0, 30.0])), "0+15x2 30x1");
    assert_eq!(written(&[Value(1.0), Stale, Missing, Missing, Value(0.0)]), "1 stale _x2 0");
}

//! The error budget, at an objective of 99 %: 14.4 times too fast is 14.4 % of the time, 6 times 6 %, 3 times 3 %, once 1 %.

use crate::shipped::alerts::{
    rule::Rule,
    unit::{Asked, Case, Sample, says},
};

const LOGIN: &str = r#"ssowatch_login_success{target="home", job="ssowatch", instance="a:10059"}"#;
const OTHER: &str = r#"ssowatch_login_success{target="work", job="ssowatch", instance="a:10059"}"#;

/// A course of sign-in: for so many minutes, so many of every hundred samples bad, in a regular pattern.
struct Course {
    name: &'static str,
    /// Minutes between two samples.
    every: u64,
    /// Minutes, and how many percent of the samples are bad.
    parts: &'static [(u64, u64)],
    /// Minutes, and whether it fires then.
    asked: &'static [(u64, bool)],
}

fn samples(course: &Course) -> Vec<Sample> {
    let mut made = Vec::new();
    for (minutes, percent) in course.parts {
        // Bad ones spread evenly: each time that the sum of the shares passes a whole.
        for index in 0..minutes / course.every {
            let is_bad = (index + 1) * percent / 100 > index * percent / 100;
            made.push(Sample::Value(if is_bad { 0.0 } else { 1.0 }));
        }
    }
    made
}

fn case(rule: &Rule, course: &Course, description: &str) -> Case {
    let samples = samples(course);
    let good = vec![Sample::Value(1.0); samples.len()];
    let asked = course.asked.iter().map(|(minute, fires)| Asked {
        at: minute * 60 + 5 * course.every,
        alert: rule.name,
        fires: fires.then(|| says(rule, &[("target", "home")], description, "")),
    });
    Case {
        name: format!("{}: {}", rule.name, course.name),
        step: course.every * 60,
        series: vec![(LOGIN.to_owned(), samples), (OTHER.to_owned(), good)],
        asked: asked.collect(),
    }
}

pub fn fast(rule: &Rule) -> Vec<Case> {
    let says = "At home sign-in fails so often, each time perhaps too short for a page, that the error budget of a month would \
                be spent within days.";
    COURSES_FAST.iter().map(|course| case(rule, course, says)).collect()
}

pub fn slow(rule: &Rule) -> Vec<Case> {
    let says = "At home sign-in fails so often that the error budget of a month would not last the month.";
    COURSES_SLOW.iter().map(|course| case(rule, course, says)).collect()
}

const COURSES_FAST: [Course; 4] = [
    Course {
        // 20 bad minutes: 5.6 % of six hours, so only the hour counts. The ninth passes 14.4 % of it.
        name: "half of the time for 40 minutes",
        every: 1,
        parts: &[(720, 0), (40, 50), (120, 0)],
        asked: &[(719, false), (736, false), (743, true), (759, true), (768, true), (775, false), (800, false)],
    },
    Course {
        // The ninth of every fifth is at 764: 8 of 60 is 13.3 %, 9 is 15 %.
        name: "a fifth of the time for an hour",
        every: 1,
        parts: &[(720, 0), (60, 20), (60, 0)],
        asked: &[(755, false), (763, false), (770, true), (779, true), (795, false)],
    },
    Course {
        // 10 % of an hour is too little; 22 of the 360 minutes of six hours are at 939. Of the last half hour two are
        // bad (6.7 %) until 1039, and one (3.3 %) ten minutes more.
        name: "a tenth of the time for five hours",
        every: 1,
        parts: &[(720, 0), (300, 10), (120, 0)],
        asked: &[(800, false), (935, false), (945, true), (1_019, true), (1_035, true), (1_047, false), (1_060, false)],
    },
    Course {
        // A long outage: for the hour after it, the half hour still says so; then no longer, though six hours do.
        name: "an hour's outage",
        every: 1,
        parts: &[(720, 0), (60, 100), (240, 0)],
        asked: &[(719, false), (745, true), (800, true), (820, false), (900, false)],
    },
];

const COURSES_SLOW: [Course; 2] = [
    Course {
        // Of 864 samples the ninth bad one passes 1 %: at 6565. The last is at 7065, and six hours later none is left.
        name: "2 % of the time for two days",
        every: 5,
        parts: &[(4_320, 0), (2_880, 2), (720, 0)],
        asked: &[
            (4_315, false),
            (6_555, false),
            (6_610, false),
            (6_640, true),
            (7_200, true),
            (7_400, true),
            (7_450, false),
        ],
    },
    Course {
        name: "half of a percent",
        every: 5,
        parts: &[(4_320, 0), (2_000, 1)],
        asked: &[(4_315, false), (6_300, false)],
    },
];

//! The recordings: one course, stretched to the window of each.

use crate::shipped::alerts::{
    rule::Recording,
    unit::{Case, Recorded, Sample},
};

const LOGIN: &str = r#"ssowatch_login_success{target="home", job="ssowatch", instance="a:10059"}"#;
const RENAMED: &str = r#"ssowatch_login_success{target="home", job="ssowatch", instance="b:10059"}"#;
const OTHER: &str = r#"ssowatch_login_success{target="work", job="ssowatch", instance="a:10059"}"#;

/// Five samples in a window. Evaluated half-way between two: whether a window holds its left end differs between releases
/// of Prometheus.
pub fn course(recording: &Recording) -> Case {
    use Sample::{Missing, Stale, Value};
    let step = recording.window.as_secs() / 10;
    let apart = |samples: &[Sample]| -> Vec<Sample> { samples.iter().flat_map(|one| [*one, Missing]).collect() };
    let (good, bad) = (Value(1.0), Value(0.0));
    let series = vec![
        // An instance that is renamed: each weighs what it saw.
        (LOGIN.to_owned(), apart(&[bad, bad, bad, bad, bad, good, good, Stale])),
        (RENAMED.to_owned(), [vec![Missing; 14], apart(&[good, bad, bad, Stale])].concat()),
        (OTHER.to_owned(), apart(&[good, good, good, good, good, good, good, good, good, good, Stale])),
    ];
    let recorded = |steps: u64, values: &[(&'static str, f64)]| Recorded {
        at: steps * step,
        name: recording.name.clone(),
        values: values.into(),
    };
    Case {
        name: format!("{}: all bad, two of five bad, nothing known", recording.name),
        step,
        series,
        asked: Vec::new(),
        recorded: vec![
            recorded(9, &[("home", 1.0), ("work", 0.0)]),
            recorded(19, &[("home", 0.4), ("work", 0.0)]),
            recorded(31, &[]),
        ],
    }
}

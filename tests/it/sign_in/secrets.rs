//! Nothing that a sign-in holds comes out: the key, the one-time code, sessions, codes, states, tokens and cookies are
//! searched for in every output.

use ssowatch::{
    lab::BrokenSignIn,
    metrics::{MetricsBuilder, target_metrics},
    render::{canary, json, junit, style::Style, text::text},
    results::{Entry, Latest},
};

use super::{Played, RELEASES};

#[tokio::test]
async fn what_a_sign_in_was_given_stands_in_no_output_whether_it_is_good_or_fails() {
    for release in RELEASES {
        let mut played = Played::enrolled(release, true).await;
        played.give_key();
        let mut broken: Vec<Option<BrokenSignIn>> = BrokenSignIn::ALL.into_iter().map(Some).collect();
        broken.push(None);
        for broken in broken {
            broken.into_iter().for_each(|broken| played.lab.break_sign_in(broken));
            let round = played.round().await;
            broken.into_iter().for_each(|broken| played.lab.fix_sign_in(broken));
            let kept = std::fs::read_to_string(ssowatch::canary::runs::place(&played.file())).unwrap();
            let outputs = outputs(&played, &round, kept);
            let file = std::fs::read_to_string(played.file()).unwrap();
            let file: serde_json::Value = serde_json::from_str(&file).unwrap();
            let key = file["private_key"].as_str().unwrap();
            let mut secrets = played.lab.sign_in_secrets();
            secrets.extend([key[20..60].to_owned(), ssowatch::lab::CANARY_API_KEY.to_owned()]);
            assert!(secrets.len() > 5);
            for (name, output) in &outputs {
                for secret in &secrets {
                    assert!(!output.contains(secret.as_str()), "{release:?} {broken:?}: {secret} in {name}:\n{output}");
                }
            }
        }
        played.close().await;
    }
}

fn outputs(played: &Played, round: &ssowatch::round::Round, kept: String) -> Vec<(&'static str, String)> {
    let (report, snapshot) = (&round.report, &round.snapshot);
    let entry = Entry {
        name: report.name.clone(),
        stale_after_seconds: 300.0,
        interval_seconds: 60.0,
        latest: Some(Latest {
            snapshot: std::sync::Arc::new(snapshot.clone()),
            report: std::sync::Arc::new(report.clone()),
            last_success: Default::default(),
            source_last_success: Default::default(),
            restored: false,
            outdated: false,
        }),
    };
    let mut builder = MetricsBuilder::new();
    target_metrics::target(&mut builder, &entry, snapshot.taken_at);
    vec![
        ("the record of runs", kept),
        ("the snapshot", serde_json::to_string(snapshot).unwrap()),
        ("its debug form", format!("{round:?} {:?}", played.target)),
        ("the text", text(report, snapshot, Style::PLAIN)),
        ("the JSON", json::json([report]).unwrap()),
        ("JUnit", junit::junit([report]).unwrap()),
        ("the metrics", format!("{:?}", builder.finish())),
        ("the details", canary::details(&snapshot.canary_sign_in).unwrap_or_default()),
    ]
}

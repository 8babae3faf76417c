//! A daemon that watches while something breaks and is fixed.

use futures_util::{StreamExt as _, stream};
use ssowatch::{lab::Fault, model::Verdict};

use super::{
    stage::{ROUNDS, SIDE_BY_SIDE, Stage, Variant, failing, rounds_to_fix},
    table::{Row, rows},
};

/// The rows of what shows from outside, as it is told after a healthy look.
fn visible() -> Vec<Row> {
    let rows = rows();
    let told = |fault: Fault, variant| rows.iter().find(|row| row.fault == fault && row.variants.contains(&variant));
    Fault::ALL
        .iter()
        .filter_map(|fault| told(*fault, Variant::Watched).or_else(|| told(*fault, Variant::Newest)))
        .filter(|row| !(row.failing.is_empty() && row.login == "ok"))
        .cloned()
        .collect()
}

/// What a fix leaves: a key that changed, and changed back, was changed twice.
fn left_by(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::KeysRotated | Fault::KeyIdReused | Fault::KeyWeak => &["signing_key_kept", "signing_key_id_unique"],
        _ => &[],
    }
}

async fn play(row: &Row) -> Vec<String> {
    let fault = row.fault;
    let mut stage = Stage::new(Variant::Newest.options()).await;
    stage.hurry_for(fault);
    let healthy = failing(&stage.look().await);
    let mut wrong: Vec<String> = healthy.into_iter().map(|check| format!("{fault}: {check} before it broke")).collect();
    let is_told = |said: &[String], login: &str| said == row.failing && login == row.login;

    stage.lab.break_with(fault);
    let mut told = false;
    for number in 1..=ROUNDS {
        let report = stage.next_round().await;
        let said = failing(&report);
        let is_other = |check: &&String| !row.failing.contains(&check.as_str());
        wrong.extend(said.iter().filter(is_other).map(|check| format!("{fault}: {check} in round {number}")));
        told = is_told(&said, report.login.word());
        if told {
            break;
        }
    }
    if !told {
        wrong.push(format!("{fault} is not told as {} {:?} within {ROUNDS} rounds", row.login, row.failing));
    }

    stage.lab.fix(fault);
    let mut report = stage.next_round().await;
    for _ in 1..rounds_to_fix(fault) {
        wrong.extend(failing(&report).iter().filter(|check| !row.failing.contains(&check.as_str())).cloned());
        report = stage.next_round().await;
    }
    let left: Vec<String> =
        failing(&report).into_iter().filter(|check| !left_by(fault).contains(&check.as_str())).collect();
    if report.login.word() != "ok" || !left.is_empty() {
        let unknown: Vec<String> = report
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Unknown)
            .map(|check| format!("{}: {:?}", check.id, check.reason))
            .collect();
        wrong.push(format!("{fault} is fixed, and still {} {left:?} {unknown:?}", report.login.word()));
    }
    stage.close(fault.id()).await;
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_is_told_and_a_fix_shows_in_the_next_round() {
    let rows = visible();
    assert!(rows.len() > 100, "{} faults show from outside", rows.len());
    let wrong: Vec<Vec<String>> = stream::iter(rows.iter().map(play)).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

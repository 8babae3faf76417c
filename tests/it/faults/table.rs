//! The table of faults: in which lab each is played, and what must be said then.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use ssowatch::lab::Fault;

use super::stage::{SIDE_BY_SIDE, Stage, Variant, failing};

/// Rows `fault | labs | login | failing checks in cause order, the cause with "!" | for want of a credential unverified`.
const TABLE: &str = include_str!("table.txt");

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    pub fault: Fault,
    pub variants: Vec<Variant>,
    pub login: &'static str,
    pub failing: Vec<&'static str>,
    pub unverified: Option<&'static str>,
}

/// All rows.
pub fn rows() -> Vec<Row> {
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(row).collect()
}

fn row(line: &'static str) -> Row {
    let cells: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let [fault, variants, login, failing, ref rest @ ..] = cells[..] else { panic!("too few cells: {line}") };
    Row {
        fault: Fault::parse(fault).unwrap_or_else(|| panic!("no fault is named {fault}")),
        variants: variants.split(' ').map(Variant::parse).collect(),
        login,
        failing: failing.split(' ').filter(|check| *check != "-").collect(),
        unverified: rest.first().copied(),
    }
}

#[test]
fn every_fault_has_a_row_and_none_is_told_twice_or_played_where_it_changes_nothing() {
    let mut played = BTreeSet::new();
    for row in rows() {
        for variant in &row.variants {
            assert!(played.insert((row.fault, *variant)), "{} stands twice for {variant:?}", row.fault);
            assert!(row.fault.plays_on(&variant.options()), "{} changes nothing in {variant:?}", row.fault);
        }
        if row.fault.needs().is_some() {
            let fails_nothing = row.failing.is_empty() && row.login == "ok";
            assert!(fails_nothing && row.unverified.is_some(), "{} cannot be seen without a credential", row.fault);
        }
    }
    let missing: Vec<&Fault> =
        Fault::ALL.iter().filter(|fault| !played.contains(&(**fault, Variant::Newest))).collect();
    assert_eq!(missing, Vec::<&Fault>::new(), "faults without a row");
}

/// What is wrong with what is said about a fault; empty when all is right.
async fn play(row: &Row, variant: Variant) -> Vec<String> {
    let mut stage = Stage::new(variant.options()).await;
    stage.target.passkey_enabled = variant == Variant::Passkey;
    stage.hurry_for(row.fault);
    if variant == Variant::Watched {
        assert_eq!(failing(&stage.look().await), Vec::<String>::new());
    }
    stage.lab.break_with(row.fault);
    let report = stage.look().await;
    let mut wrong = Vec::new();
    let said = (report.login.word(), failing(&report));
    let expected = (row.login, row.failing.iter().map(|check| (*check).to_owned()).collect::<Vec<_>>());
    if said != expected {
        wrong.push(format!("{} in {variant:?}:\n  said      {said:?}\n  should be {expected:?}", row.fault));
    }
    if let Some(id) = row.unverified {
        let check = report.check(id).unwrap();
        if check.verdict != "unverified" {
            wrong.push(format!("{} in {variant:?}: {id} is {}, not unverified", row.fault, check.verdict));
        }
    }
    for check in report.failing().filter(|check| check.findings.is_empty()) {
        wrong.push(format!("{} in {variant:?}: {} fails without a finding", row.fault, check.id));
    }
    stage.close(row.fault.id()).await;
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_fails_exactly_its_checks_and_has_its_one_cause() {
    let rows = rows();
    let plays = rows.iter().flat_map(|row| row.variants.iter().map(move |variant| play(row, *variant)));
    let wrong: Vec<Vec<String>> = stream::iter(plays).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} of the table's rows are not met:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn two_sides_that_take_no_connection_are_not_blamed() {
    let mut stage = Stage::new(Variant::Newest.options()).await;
    stage.lab.break_with(Fault::ProviderRefused);
    stage.lab.break_with(Fault::KasmRefused);
    let report = stage.look().await;
    assert_eq!((report.login.word(), failing(&report)), ("unknown", vec![]));
    for id in ["app_reachable", "provider_reachable"] {
        let reason = report.check(id).unwrap().reason.as_ref().unwrap();
        assert!(reason.contains("look at this host first"), "{id}: {reason}");
    }
    stage.close("two sides").await;
}

#[tokio::test]
async fn of_two_faults_the_earlier_on_the_login_path_is_the_cause_and_the_other_is_still_listed() {
    use Fault::{
        AuthorizationUrlStale, ClientDeleted, ConfigDisabled, EndSessionGone, KasmUnhealthy, PkceRequired,
        ProviderRefused, RedirectUrlOldHost, UserinfoGone,
    };
    for (faults, expected) in [
        ([KasmUnhealthy, ConfigDisabled], "app_healthy! login_offered"),
        ([KasmUnhealthy, ProviderRefused], "app_healthy! provider_reachable"),
        ([ConfigDisabled, UserinfoGone], "login_offered! endpoints_answer"),
        ([AuthorizationUrlStale, EndSessionGone], "authorization_url_matches! provider_page_served"),
        ([UserinfoGone, ClientDeleted], "endpoints_answer! client_known authorize_accepted"),
        ([UserinfoGone, PkceRequired], "endpoints_answer! pkce_not_required authorize_accepted"),
        ([RedirectUrlOldHost, PkceRequired], "redirect_uri_is_own! redirect_uri_registered authorize_accepted"),
    ] {
        let mut stage = Stage::new(Variant::Newest.options()).await;
        for fault in faults {
            stage.lab.break_with(fault);
        }
        let report = stage.look().await;
        assert_eq!(failing(&report).join(" "), expected, "{faults:?}");
        // One is fixed: the other stands alone.
        stage.lab.fix(faults[0]);
        let report = stage.look().await;
        let alone = rows().into_iter().find(|row| row.fault == faults[1]).unwrap().failing.join(" ");
        assert_eq!(failing(&report).join(" "), alone, "{faults:?} without the first");
        stage.close("two faults").await;
    }
}

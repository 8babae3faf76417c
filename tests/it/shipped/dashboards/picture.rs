//! Pictures of the boards for the README: the panels as they are shipped, with what a real Prometheus answered while
//! four labs were well, and then were not. Drawn by a small renderer of our own, not by Grafana.
//!
//! `UPDATE_PICTURES=1 cargo test --test it shipped::dashboards::picture` plays the labs for two minutes and draws. No two
//! runs take the same time, so what is held without it is that each picture is of its board as it is now.

mod draw;

use std::time::Duration;

use serde_json::Value;
use ssowatch::lab::{Fault, LabOptions};

use super::{
    ask::{answers, over_time},
    board::{Board, Targets},
    frames, overview,
    panel::Panel,
    parse::as_sent,
    query::Form,
    served::Served,
    target,
};
use crate::{end_to_end::prometheus::Prometheus, shipped};

/// A target: whether its lab has TLS, what is broken from the start, and what breaks after a while. Labs with TLS have
/// one name, and what is asked of one provider is limited: so only one has it.
const TARGETS: [(&str, bool, &[Fault], &[Fault]); 4] = [
    ("home", false, &[], &[Fault::RedirectUrlTrailingSlash, Fault::JwksServerError]),
    ("office", true, &[Fault::ProviderCertificateExpiresSoon], &[]),
    ("school", false, &[], &[Fault::BasicNotSupported]),
    ("studio", false, &[], &[Fault::KasmChallenges]),
];

/// The target whose board is drawn.
const DRAWN: &str = TARGETS[0].0;

/// The rounds of the labs: as often as the limit on what is asked of a provider allows.
const ROUND: &str = "15s";
/// How long all is well, and how long it is not, before the pictures are drawn.
const WELL: Duration = Duration::from_secs(50);
const NOT_WELL: Duration = Duration::from_secs(60);

/// The time that is drawn, in seconds.
pub const SHOWN: f64 = 105.0;

/// The boards that are drawn. Not that of the daemon: it would show what a build for tests costs.
pub fn drawn() -> [Board; 2] {
    [overview::board(), target::board()]
}

fn file(board: &Board) -> String {
    format!("dashboards/{}.svg", board.uid)
}

/// What a picture is of: where each panel stands, its title and its columns.
fn subject(board: &Board) -> String {
    let json = board.json();
    let panels = json["panels"].as_array().unwrap().iter();
    let said: Vec<String> = panels.map(|panel| format!("{} {}", panel["gridPos"], panel["title"])).collect();
    let columns: Vec<&str> = board.panels().flat_map(|panel| panel.columns.iter().copied()).collect();
    // Two hyphens would end a comment.
    format!("{}; {}", said.join("; "), columns.join(", ")).replace("--", "- -")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_picture_is_of_its_board_as_it_is() {
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        draw_all().await;
    }
    for board in drawn() {
        let file = file(&board);
        assert!(
            shipped::text(&file).contains(&subject(&board)),
            "{file} shows another board; `UPDATE_PICTURES=1 cargo test --test it shipped::dashboards::picture` draws it anew"
        );
    }
}

/// Plays the labs, and draws what comes of it.
async fn draw_all() {
    let (daemon, prometheus) = start().await;
    tokio::time::sleep(WELL).await;
    for (name, _, _, faults) in TARGETS {
        faults.iter().for_each(|fault| daemon.break_with(name, *fault));
    }
    tokio::time::sleep(NOT_WELL).await;
    for board in drawn() {
        let picture = picture(&prometheus, &board, DRAWN).await;
        std::fs::write(shipped::path(&file(&board)), picture).unwrap();
    }
    daemon.dies().await;
}

/// A daemon over the labs, and a Prometheus that scrapes it.
async fn start() -> (Served, Prometheus) {
    let targets = TARGETS.map(|(name, tls, faults, _)| (name, LabOptions { tls, ..LabOptions::default() }, faults));
    let daemon = Served::over(&targets, ROUND).await;
    let prometheus = Prometheus::beside(daemon.address, &[]).await;
    (daemon, prometheus)
}

/// The picture of a board, for one target where it is of one.
pub async fn picture(prometheus: &Prometheus, board: &Board, target: &str) -> String {
    let json = board.json();
    let chosen = match board.targets {
        Targets::Many => ".+",
        Targets::One => target,
    };
    let mut panels = board.panels();
    let mut canvas = draw::Canvas::new(&subject(board), &json, prometheus.value("vector(time())").await);
    for shipped in json["panels"].as_array().unwrap() {
        if shipped["type"] == "row" {
            canvas.heading(shipped);
            continue;
        }
        let panel = panels.next().unwrap();
        match panel.queries[0].form {
            Form::Table => canvas.table(shipped, &frames::table(shipped, &answers(prometheus, panel, chosen).await)),
            Form::Now => canvas.stat(shipped, &named(panel, answers(prometheus, panel, chosen).await)),
            Form::Lines | Form::Heatmap => {
                let mut lines = Vec::new();
                for query in &panel.queries {
                    let found = over_time(prometheus, &as_sent(&query.expr, chosen), SHOWN).await;
                    lines.extend(found.into_iter().map(|(labels, points)| (legend(query.legend, &labels), points)));
                }
                canvas.lines(shipped, &lines);
            }
        }
    }
    canvas.finish()
}

/// A legend with its labels put in.
fn legend(pattern: &str, labels: &Value) -> String {
    let labels = labels.as_object().into_iter().flatten();
    labels.fold(pattern.to_owned(), |text, (label, value)| {
        text.replace(&format!("{{{{{label}}}}}"), value.as_str().unwrap_or_default())
    })
}

/// Each value of the answers under its legend.
fn named(panel: &Panel, answers: Vec<frames::Answer>) -> Vec<(String, f64)> {
    let with_legends = panel.queries.iter().zip(answers);
    with_legends
        .flat_map(|(query, answer)| answer.into_iter().map(|(labels, value)| (legend(query.legend, &labels), value)))
        .collect()
}

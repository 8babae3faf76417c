//! The Grafana dashboards: made here from the catalogue of metrics, and tested without Grafana.
//!
//! A renamed family does not compile or fails here; a new one fails [`names`] until it is on a board or is left out for
//! a reason. To add a panel: a function in the board's file, and its name in a row of that board.

mod ask;
mod board;
mod daemon;
mod frames;
mod lint;
mod login;
mod names;
mod overview;
mod panel;
mod parse;
mod picture;
mod promql;
mod query;
mod run;
mod served;
mod shape;
mod table;
mod target;
mod types;
mod words;

use board::Board;

/// The boards that are shipped: uid and title.
const SHIPPED: [(&str, &str); 3] =
    [("ssowatch-overview", "SSO / Overview"), ("ssowatch-target", "SSO / Target"), ("ssowatch-daemon", "SSO / Daemon")];

fn boards() -> Vec<Board> {
    vec![overview::board(), target::board(), daemon::board()]
}

#[test]
fn the_boards_are_what_the_code_makes() {
    for board in boards() {
        let json = serde_json::to_string_pretty(&board.json()).unwrap();
        super::is_what_the_code_makes(&format!("dashboards/{}.json", board.uid), &format!("{json}\n"));
    }
}

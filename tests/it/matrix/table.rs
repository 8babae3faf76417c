//! The matrix as Markdown.

use std::fmt::Write as _;

use ssowatch::lab::Fault;

use super::{
    NOT_ON_2_9,
    incidents::INCIDENTS,
    play::{Dialect, Play, Set, Told},
    why_silent,
};

/// The whole file.
pub fn file(plays: &[Play]) -> String {
    let mut text = String::from(
        "# Detection matrix\n\nMade by `tests/it/matrix.rs` from what the lab plays and ssowatch says; \
         `UPDATE_MATRIX=1 cargo test --test it matrix::` writes it anew.\n\n",
    );
    text += &summary(plays);
    text += "\nWith `expect.user` and `token.enabled`; the passkey is asked for where it is what breaks. The Pocket ID key is \
             an admin's. *Found with* names the fewest credentials; *fails* is told with all three, and where nothing \
             fails, what is said instead.\n";
    for dialect in Dialect::ALL {
        let _ = write!(text, "\n## Pocket ID {}\n\n", dialect.release());
        text += "| fault | replays | found with | fails | cause |\n| --- | --- | --- | --- | --- |\n";
        for play in plays.iter().filter(|play| play.dialect == dialect) {
            text += &row(play);
        }
    }
    text += "\n## Silent on purpose\n\n| fault | because |\n| --- | --- |\n";
    for (fault, why) in Fault::ALL.iter().filter_map(|fault| Some((fault, fault.why_silent()?))) {
        let _ = writeln!(text, "| `{fault}` | {why} |");
    }
    for (fault, why) in NOT_ON_2_9 {
        let _ = writeln!(text, "| `{fault}` on 2.9 | {why} |");
    }
    text += "\n## Every incident that is on record\n\n\
             | number | incident | reports | played by | out of reach from outside |\n\
             | --- | --- | --- | --- | --- |\n";
    for incident in INCIDENTS {
        let played: Vec<String> = incident.played.iter().map(|fault| format!("`{fault}`")).collect();
        let (system, number, what) = (incident.system, incident.number, incident.what);
        let (reports, played) = (incident.reports.join(", "), played.join(" "));
        let _ = writeln!(text, "| {system} {number} | {what} | {reports} | {played} | {} |", incident.beyond);
    }
    text
}

/// How many faults are found with which credentials.
pub fn summary(plays: &[Play]) -> String {
    let mut text = String::from("| Pocket ID | faults |");
    for set in Set::ALL {
        let _ = write!(text, " {} |", set.words());
    }
    text += "\n| --- | --- | --- | --- | --- | --- | --- |\n";
    for dialect in Dialect::ALL {
        let own = || plays.iter().filter(|play| play.dialect == dialect && why_silent(play).is_none());
        let _ = write!(text, "| {} | {} |", dialect.release(), own().count());
        for set in Set::ALL {
            let _ = write!(text, " {} |", own().filter(|play| play.is_found(set)).count());
        }
        text.push('\n');
    }
    text
}

fn row(play: &Play) -> String {
    let all = play.told(Set::All);
    let cause = all.cause().map(|cause| format!("`{cause}`")).unwrap_or_default();
    format!("| `{}` | {} | {} | {} | {cause} |\n", play.fault, play.fault.replays(), fewest(play), said(all))
}

/// The smallest sets that find it.
fn fewest(play: &Play) -> String {
    if play.is_found(Set::None) {
        return "none".to_owned();
    }
    let single = [Set::Secret, Set::AppKey, Set::ProviderKey];
    let found: Vec<&str> = single.into_iter().filter(|set| play.is_found(*set)).map(Set::words).collect();
    match (found.is_empty(), play.is_found(Set::All)) {
        (false, _) => found.join(", or "),
        (true, true) => "several together".to_owned(),
        (true, false) => "silent on purpose".to_owned(),
    }
}

/// The failing checks; where none fails, what is said instead.
fn said(told: &Told) -> String {
    let checks: Vec<String> = told.checks().map(|check| format!("`{check}`")).collect();
    let sources = told.sources.iter().map(|source| format!("not read: {source}"));
    match (checks.is_empty(), told.login) {
        (false, _) => checks.join(" "),
        (true, "ok") => sources.collect::<Vec<_>>().join(", "),
        (true, login) => format!("sign-in is {login}"),
    }
}

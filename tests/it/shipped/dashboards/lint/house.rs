//! The rules of this house.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{list, panels_of, queries_of, text, variables_of};
use crate::shipped::dashboards::SHIPPED;

/// How high the overview may be, in units of the grid: a screen of 1080 lines without Grafana's own head.
const ONE_SCREEN: u64 = 24;

/// What makes a board the same board everywhere.
pub fn identity(board: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if !SHIPPED.contains(&(text(&board["uid"]), text(&board["title"]))) || text(&board["uid"]).len() > 40 {
        found.push(format!("{} ({}) is none of the boards that are shipped", board["uid"], board["title"]));
    }
    for (key, value) in [
        ("id", Value::Null),
        ("version", 1.into()),
        // The lowest that has what is used: Grafana migrates upwards.
        ("schemaVersion", 39.into()),
        ("graphTooltip", 1.into()),
        ("refresh", "1m".into()),
        ("timezone", "browser".into()),
    ] {
        if board[key] != value {
            found.push(format!("{key} is {}, not {value}", board[key]));
        }
    }
    if !list(&board["tags"]).contains(&"ssowatch".into()) {
        found.push("no tag ssowatch".to_owned());
    }
    found
}

/// Nothing that only one Grafana knows: provisioning from files resolves no inputs and has no library panels.
pub fn portable(board: &Value) -> Vec<String> {
    let all = board.to_string();
    let foreign = ["__inputs", "__requires", "__elements", "libraryPanel", "DS_PROMETHEUS", "gnetId"];
    foreign.into_iter().filter(|word| all.contains(word)).map(|word| format!("{word} is in it")).collect()
}

/// Every panel has an id of its own.
pub fn ids(board: &Value) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let again = list(&board["panels"]).iter().filter(|panel| {
        let id = panel["id"].as_u64().unwrap_or_default();
        id == 0 || !seen.insert(id)
    });
    again.map(|panel| format!("{}: the id is {}", panel["title"], panel["id"])).collect()
}

/// A rate has enough scrapes, also where Prometheus scrapes once a minute: its query asks for a value a minute.
pub fn rates_have_scrapes(board: &Value) -> Vec<String> {
    let rates = queries_of(board).filter(|(_, query)| text(&query["expr"]).contains("$__rate_interval"));
    let short = rates.filter(|(_, query)| query["interval"] != "1m");
    short.map(|(title, _)| format!("{title}: no minimal step of a minute")).collect()
}

/// A panel's place: columns from and to, rows from and to.
fn place(panel: &Value) -> [u64; 4] {
    let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap_or_default());
    [x, x + w, y, y + h]
}

/// No panel stands on another or out of the grid.
pub fn grid(board: &Value) -> Vec<String> {
    let panels = list(&board["panels"]);
    let mut found = Vec::new();
    for (index, panel) in panels.iter().enumerate() {
        let [left, right, top, bottom] = place(panel);
        if right > 24 || left == right || top == bottom {
            found.push(format!("{} stands at {}", panel["title"], panel["gridPos"]));
        }
        let under = panels[..index].iter().filter(|other| {
            let [l, r, t, b] = place(other);
            left < r && l < right && top < b && t < bottom
        });
        found.extend(under.map(|other| format!("{} stands on {}", panel["title"], other["title"])));
    }
    found
}

/// What is not there is said in words: an empty panel is never taken for a good one.
pub fn no_value(board: &Value) -> Vec<String> {
    let silent = panels_of(board).filter(|panel| {
        let said = text(&panel["fieldConfig"]["defaults"]["noValue"]);
        said.len() < 4 || said.eq_ignore_ascii_case("ok")
    });
    silent.map(|panel| format!("{} says nothing where nothing is known", panel["title"])).collect()
}

/// The value mappings of a panel, its columns' too.
fn mappings(panel: &Value) -> impl Iterator<Item = &Value> {
    let config = &panel["fieldConfig"];
    let properties = list(&config["overrides"]).iter().flat_map(|one| list(&one["properties"]));
    let of_columns = properties.filter(|one| one["id"] == "mappings").map(|one| &one["value"]);
    std::iter::once(&config["defaults"]["mappings"]).chain(of_columns).flat_map(list)
}

/// Who cannot tell the colours apart reads the words.
pub fn words_beside_colour(board: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for panel in panels_of(board) {
        let values = mappings(panel).flat_map(|one| one["options"].as_object().into_iter().flatten());
        let mute = values.filter(|(_, shown)| text(&shown["text"]).is_empty());
        found.extend(mute.map(|(value, _)| format!("{}: only a colour for {value}", panel["title"])));
        if panel["type"] == "state-timeline" {
            let has_words = mappings(panel).next().is_some() && panel["options"]["showValue"] != "never";
            found.extend((!has_words).then(|| format!("{}: only colours", panel["title"])));
        }
    }
    found
}

/// Each board leads to the others, and takes along what was chosen.
pub fn links(board: &Value) -> Vec<String> {
    let others = SHIPPED.iter().filter(|(uid, _)| board["uid"] != *uid);
    let kept = |url: &str| {
        ["datasource", "job", "instance"].iter().all(|name| url.contains(&format!("${{{name}:queryparam}}")))
    };
    let has_link = |uid: &str| {
        let mut links =
            list(&board["links"]).iter().filter(|link| text(&link["url"]).starts_with(&format!("/d/{uid}?")));
        links.any(|link| kept(text(&link["url"])) && link["keepTime"] == true)
    };
    others.filter(|(uid, _)| !has_link(uid)).map(|(uid, _)| format!("no link to {uid}")).collect()
}

/// What happened stands on the time axis.
pub fn annotations(board: &Value) -> Vec<String> {
    let all = list(&board["annotations"]["list"]);
    let mut found = Vec::new();
    if !all.iter().any(|one| one["builtIn"] == 1) {
        found.push("Grafana's own annotations are gone".to_owned());
    }
    for name in ["Firing alerts", "Changes", "Reloads", "Restarts"] {
        if !all.iter().any(|one| one["name"] == name && one["datasource"]["uid"] == "${datasource}") {
            found.push(format!("no annotation {name}"));
        }
    }
    found
}

/// The overview is seen without scrolling, and everything on it is.
pub fn one_screen(board: &Value) -> Vec<String> {
    if board["uid"] != "ssowatch-overview" {
        return Vec::new();
    }
    let height = list(&board["panels"]).iter().map(|panel| place(panel)[3]).max().unwrap_or_default();
    let mut found = Vec::new();
    if height > ONE_SCREEN {
        found.push(format!("it is {height} high"));
    }
    let folded = list(&board["panels"]).iter().filter(|panel| panel["collapsed"] == true);
    found.extend(folded.map(|panel| format!("{} is folded", panel["title"])));
    let variables: Vec<&str> = variables_of(board).iter().map(|one| text(&one["name"])).collect();
    if variables != ["datasource", "job", "instance", "target"] {
        found.push(format!("its variables are {variables:?}"));
    }
    found
}

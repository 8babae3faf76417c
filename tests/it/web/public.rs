//! `--web.public`: anybody sees verdicts, and nothing else of what was seen.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use ssowatch::{
    journal::Journal,
    model::Snapshot,
    results::Results,
    web::{
        Options, Tells, Viewer,
        page::{self, View},
    },
};

use super::support::{Setup, all_fails, no_config, no_windows, noon, place, window};

/// What is planted, with a number after it.
const CANARY: &str = "canary7f3a";

/// The same value with a canary in every text that may be any text, and in every name of a map that may be any name.
fn planted<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let mut tree = serde_json::to_value(value).unwrap();
    let mut places = Vec::new();
    texts(&tree, String::new(), &mut places);
    let mut count = 0;
    for place in places {
        let before = tree.pointer_mut(&place).map(std::mem::take).unwrap();
        *tree.pointer_mut(&place).unwrap() = format!("{CANARY}-{count}").into();
        if serde_json::from_value::<T>(tree.clone()).is_ok() {
            count += 1;
        } else {
            *tree.pointer_mut(&place).unwrap() = before;
        }
    }
    assert!(count > 20, "only {count} texts could be planted");
    serde_json::from_value(tree).unwrap()
}

/// Where the texts of a tree stand, beside verdicts and ids of checks: closed sets, although their type is a text.
fn texts(tree: &Value, at: String, places: &mut Vec<String>) {
    let closed = ["verdict", "id", "check"].iter().any(|name| at.ends_with(&format!("/{name}")));
    match tree {
        Value::String(_) if !closed => places.push(at),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| texts(item, format!("{at}/{n}"), places)),
        Value::Object(fields) => {
            let pointer = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            fields.iter().for_each(|(name, field)| texts(field, pointer(name), places));
        }
        _ => {}
    }
}

/// A results whose one target has a canary wherever a text may stand.
fn results() -> Results {
    let snapshot = Snapshot::healthy_with_credentials();
    let report = all_fails(&snapshot, "a text");
    let results = Results::default();
    results.list([place("home")]);
    results.put("home", planted(&snapshot), planted(&report));
    results
}

fn view<'a>(journal: &'a Journal, options: &'a Options, viewer: Viewer) -> View<'a> {
    View { journal, windows: no_windows(), now: noon(), options, config: no_config(), viewer }
}

fn public() -> Options {
    Options { public: true, ..Options::default() }
}

#[test]
fn the_canaries_are_there_for_those_who_may_see_all() {
    let page = page::target(&results().entries()[0], &view(&Journal::default(), &Options::default(), Viewer::Full));
    assert!(page.matches(CANARY).count() > 20, "{page}");
}

#[tokio::test]
async fn what_the_public_gets_holds_verdicts_and_no_value() {
    let surface = Setup { options: public(), ..Setup::with(results()) }.serve().await;
    for path in [
        "/",
        "/targets/home",
        "/targets/home/badge.svg",
        "/feed.atom",
        "/checks/login_offered",
        "/nowhere",
        "/targets/nobody",
    ] {
        let answer = surface.get(path).await;
        let headers = format!("{:?}", answer.headers);
        for told in [CANARY, "example.test", "192.0.2.1", "2.14", env!("CARGO_PKG_VERSION")] {
            assert!(!answer.text().contains(told) && !headers.contains(told), "{told} in {path}: {}", answer.text());
        }
    }
    let page = surface.get("/targets/home").await;
    assert!(page.text().contains("No, people cannot sign in"), "{}", page.text());
    let cause = "Fails: <a class=\"quiet\" href=\"/checks/authorization_url_matches\">Kasm sends browsers to";
    assert!(page.text().contains(cause), "the cause, by its title: {}", page.text());
}

#[tokio::test]
async fn what_tells_more_is_refused_and_not_offered() {
    let surface = Setup { options: public(), ..Setup::with(results()) }.serve().await;
    let closed = ["/metrics", "/api/v1/targets", "/api/v1/targets/home", "/config", "/sd", "/probe?target=home"];
    for path in closed.into_iter().chain(["/changes", "/targets/home/checks", "/targets/home/expiries.ics"]) {
        assert_eq!(surface.get(path).await.status, 403, "{path}");
    }
    for path in ["/", "/targets/home", "/nowhere"] {
        let page = surface.get(path).await;
        for offered in ["/metrics", "/api/v1/targets", "/config", "/changes", "expiries.ics", "/home/checks", "/login"]
        {
            assert!(!page.text().contains(offered), "{offered} on {path}");
        }
    }
}

#[tokio::test]
async fn a_maintenance_window_is_told_to_the_public_without_its_reason() {
    let surface = Setup { options: public(), ..Setup::with(results()) }.serve().await;
    surface.state.windows.begin(window("home", CANARY), noon()).unwrap();
    for path in ["/", "/targets/home"] {
        let page = surface.get(path).await;
        assert!(page.text().contains("; messages are held back, checks go on."), "{path}: {}", page.text());
        assert!(!page.text().contains(CANARY), "{path}: {}", page.text());
    }
}

#[test]
fn a_page_that_is_not_there_lists_for_the_public_what_it_may_see() {
    let paths = [("/open", "x", Tells::Verdicts), ("/closed", "y", Tells::All)];
    let listed = |viewer| page::not_found(&paths, &[], &view(&Journal::default(), &Options::default(), viewer));
    assert!(listed(Viewer::Public).contains("/open") && !listed(Viewer::Public).contains("/closed"));
    assert!(listed(Viewer::Full).contains("/closed"));
}

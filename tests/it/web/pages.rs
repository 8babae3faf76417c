//! The pages, as functions of (results, journal, now).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use ssowatch::{
    checks,
    clock::Time,
    config::Config,
    journal::{self, Journal},
    model::{Change, ChangeSubject, Login, Report, Snapshot, Verdict},
    notify::maintenance::Windows,
    results::{Entry, Latest, Results},
    web::{
        Options, Tells, Viewer,
        page::{self, View},
    },
};

use super::support::{
    Setup, all_fails, broken_snapshot, no_config, no_windows, noon, place, results_of, target, window,
};

/// What a page goes by, for who may see all.
fn view<'a>(journal: &'a Journal, options: &'a Options, now: Time) -> View<'a> {
    View { journal, windows: no_windows(), now, options, config: no_config(), viewer: Viewer::Full }
}

fn index_of(entries: &[Arc<Entry>], now: Time) -> String {
    page::index(entries, 1, &view(&Journal::default(), &Options::default(), now))
}

fn target_of(results: &Results, now: Time) -> String {
    page::target(&results.entries()[0], &view(&Journal::default(), &Options::default(), now))
}

/// Both pages of a target.
fn both(snapshot: &Snapshot, now: Time) -> [String; 2] {
    let results = results_of(std::slice::from_ref(snapshot));
    [index_of(&results.entries(), now), target_of(&results, now)]
}

fn soon() -> Time {
    noon() + TimeDelta::seconds(30)
}

/// The text that a reader sees of a page, without markup, on one line.
fn seen(html: &str) -> String {
    let body = html.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    // Cells stand beside each other, blocks below each other.
    let ends = ["</td>", "</th>", "</dt>", "</dd>", "</p>", "</li>", "</h1>", "</h2>", "</h3>", "</caption>", "<br>"];
    let body = ends.iter().fold(body.to_owned(), |body, end| body.replace(end, &format!(" {end}")));
    let mut text = String::new();
    let mut inside = true;
    for character in body.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

fn has_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part:?} is not there in its order: {text}"));
        rest = after;
    }
}

#[test]
fn a_healthy_target_answers_yes_with_how_much_is_proven_and_what_expires() {
    let report = checks::evaluate(&Snapshot::healthy(), None);
    let proven = format!("{} of {} checks verified, 30 seconds ago", report.coverage.proven, report.coverage.known);
    for page in both(&Snapshot::healthy(), soon()) {
        let text = seen(&page);
        has_in_order(
            &text,
            &[
                "home",
                "Yes, people can sign in, as far as verified",
                &proven,
                "https://id.example.test, Kasm at https://kasm.example.test",
                "Login starts",
                "What will break it next",
                "Kasm's certificate ends in 59 days",
            ],
        );
        assert!(!text.contains("Cause"), "{text}");
        assert!(page.contains("<title>ok · "), "the state stands in the title");
    }
}

#[test]
fn a_broken_target_shows_the_cause_both_values_with_what_differs_marked_and_what_to_change() {
    let (_, check) = checks::find("authorization_url_matches").unwrap();
    for page in both(&broken_snapshot(), soon()) {
        let text = seen(&page);
        has_in_order(
            &text,
            &[
                "No, people cannot sign in",
                "Login starts",
                "fails",
                "Cause The authorization URL differs",
                "Kasm sends https://old-id.example.test/authorize",
                "Pocket ID has https://id.example.test/authorize",
                "What differs: old-id.example.test instead of id.example.test",
                "What to change:",
                check.fix,
                "authorization_url_matches",
                "What will break it next",
            ],
        );
        assert!(page.contains("https://<mark>old-id.example.test</mark>/authorize"), "{page}");
        assert!(page.contains("https://<mark>id.example.test</mark>/authorize"), "{page}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_told_once_and_stands_in_the_calendar() {
    let mut snapshot = Snapshot::healthy();
    if let Ok(connection) = &mut snapshot.app_connection.value {
        connection.tls.as_mut().unwrap().chain[0].not_after = noon() + TimeDelta::days(6);
    }
    for page in both(&snapshot, soon()) {
        let (_, next) = page.split_once("What will break it next").unwrap();
        let (next, _) = next.split_once("</ul>").unwrap();
        let day = (noon() + TimeDelta::days(6)).format("%F").to_string();
        assert_eq!(next.matches(&day).count(), 1, "{next}");
        assert!(page.contains("expiries.ics"), "{page}");
    }
}

#[test]
fn where_it_cannot_be_told_the_reason_is() {
    let mut snapshot = Snapshot::healthy();
    let mut report = checks::evaluate(&snapshot, None);
    report.login = Login::Unknown;
    report.checks[0].verdict = Verdict::Unknown;
    report.checks[0].severity = ssowatch::model::Severity::Outage;
    report.checks[0].reason = Some("a bot challenge answered".to_owned());
    let results = results_of(&[]);
    snapshot.taken_at = noon();
    results.put("home", snapshot, report);
    let text = seen(&target_of(&results, soon()));
    has_in_order(&text, &["Cannot tell whether people can sign in", "Why a bot challenge answered"]);
}

#[test]
fn a_stale_round_is_never_shown_as_now() {
    for page in both(&Snapshot::healthy(), noon() + TimeDelta::hours(3)) {
        let text = seen(&page);
        has_in_order(&text, &["Cannot tell: the last round is 3 hours old", "Then sign-in was: ok."]);
        assert!(page.contains("<title>unknown · "), "{page}");
        assert!(!text.contains("Yes, people"), "{text}");
    }
    let text = seen(&target_of(&results_of(&[Snapshot::healthy()]), noon() + TimeDelta::hours(3)));
    assert!(text.contains("What follows is 3 hours old and says nothing about now."), "{text}");
    let text = seen(&target_of(&results_of(&[Snapshot::healthy()]), noon() - TimeDelta::hours(3)));
    assert!(text.contains("the clock was set back since the last round"), "{text}");
}

#[test]
fn a_round_of_before_a_restart_is_marked_until_the_first_one_after_it() {
    let before = results_of(&[Snapshot::healthy()]).entry("home").unwrap().latest.clone().unwrap();
    let results = results_of(&[]);
    results.restore("home", Latest { restored: true, ..before });
    let text = seen(&target_of(&results, soon()));
    assert!(text.contains("checks verified, 30 seconds ago, before the restart of ssowatch."), "{text}");
    let text = seen(&target_of(&results, noon() + TimeDelta::hours(3)));
    let told = "The last round was 3 hours ago (2026-11-24 12:00:00 UTC), before the restart of ssowatch. Then sign-in was: ok.";
    has_in_order(&text, &["Cannot tell yet: the first round since the restart is under way", told]);
}

#[test]
fn before_the_first_round_and_without_targets_nothing_is_claimed() {
    let text = seen(&index_of(&results_of(&[]).entries(), noon()));
    assert!(text.contains("Cannot tell yet: the first round is under way"), "{text}");
    let none = seen(&index_of(&[], noon()));
    assert!(none.contains("No target is watched: none is configured"), "{none}");
}

#[test]
fn what_is_not_proven_is_told_with_what_would_prove_it() {
    let text = seen(&target_of(&results_of(&[Snapshot::healthy()]), noon()));
    has_in_order(
        &text,
        &[
            "How much is verified",
            "Needs a credential",
            "(kasm.api_key_file and kasm.api_key_secret_file)",
            "Not verified from here, and what a person can do",
            "sign in once in a private window",
        ],
    );
}

#[test]
fn one_target_in_full_lists_every_field() {
    let text = seen(&target_of(&results_of(&[broken_snapshot()]), noon()));
    has_in_order(&text, &["Field by field", "Authorization URL", "differ", "Client ID", "agree"]);
    assert!(!text.contains("Field Kasm stores"), "nothing was seen of what Kasm stores: {text}");
    let all = seen(&target_of(&results_of(&[Snapshot::healthy_with_credentials()]), noon()));
    has_in_order(&all, &["Field by field", "Field Kasm stores", "Connections", "TLS", "Kasm 1.0 1.0 2.0"]);
}

#[test]
fn a_page_of_its_own_lists_every_check_and_every_source_with_what_each_says() {
    let (journal, options) = (Journal::default(), Options::default());
    let results = results_of(&[broken_snapshot()]);
    let text = seen(&page::checks(&results.entries()[0], &view(&journal, &options, noon())));
    for (_, check) in checks::all() {
        assert!(text.contains(check.id), "{}", check.id);
    }
    for source in ssowatch::model::SourceId::ALL {
        assert!(text.contains(source.title()), "{}", source.title());
    }
    assert!(text.contains("authorization_url_matches (the authorization URL differs)"), "{text}");
    assert!(text.contains("no whole answer in 10 s"), "why a source fails: {text}");
}

/// A results of many targets: every seventh broken, every ninth not looked at yet.
fn many(count: usize) -> Results {
    let (healthy, broken) = (Snapshot::healthy(), broken_snapshot());
    let results = Results::default();
    let names: Vec<String> = (0..count).map(|n| format!("t{n:04}")).collect();
    results.list(names.iter().map(|name| place(name)));
    for (n, name) in names.iter().enumerate().filter(|(n, _)| n % 9 != 8) {
        let snapshot = if n % 7 == 6 { &broken } else { &healthy };
        results.put(name, snapshot.clone(), checks::evaluate(snapshot, None));
    }
    results
}

#[test]
fn of_many_targets_the_broken_ones_stand_first_then_the_unknown_ones() {
    let text = seen(&index_of(&many(40).entries(), soon()));
    has_in_order(
        &text,
        &["40 targets", "5 broken", "4 unknown", "0 degraded", "31 ok", "Broken t0006 the authorization URL differs"],
    );
    has_in_order(&text, &["Broken t0006", "Unknown t0008 Cannot tell yet", "Ok t0000 t0001"]);
    let few = seen(&index_of(&many(8).entries(), soon()));
    has_in_order(&few, &["t0006 No, people cannot sign in", "t0000 Yes"]);
}

#[test]
fn a_thousand_targets_are_turned_over_page_by_page_and_each_stands_on_one() {
    let entries = many(1000).entries();
    let (journal, options) = (Journal::default(), Options::default());
    let pages: Vec<String> =
        (1..=10).map(|page| page::index(&entries, page, &view(&journal, &options, soon()))).collect();
    for entry in &entries {
        let link = format!("href=\"/targets/{}\"", entry.name);
        assert_eq!(pages.iter().filter(|page| page.contains(&link)).count(), 1, "{}", entry.name);
    }
    assert!(pages[0].contains("<a href=\"/?page=2\">Next</a>") && !pages[0].contains("Previous"));
    assert!(pages[9].contains("<a href=\"/?page=9\">Previous</a>") && !pages[9].contains("Next"));
    let beyond = page::index(&entries, 99, &view(&journal, &options, soon()));
    assert_eq!(beyond, pages[9], "a page that is not there is the last one");
}

/// Rounds with these logins at these minutes after noon.
fn remember(journal: &Journal, rounds: &[(i64, Login)]) {
    let snapshot = Snapshot::healthy();
    let mut before: Option<Report> = None;
    for (minute, login) in rounds {
        let mut report = checks::evaluate(&snapshot, None);
        report.at = noon() + TimeDelta::minutes(*minute);
        report.login = *login;
        let entry = journal::Entry {
            snapshot: &snapshot,
            report: &report,
            before: before.as_ref(),
            changes: &[],
            last_better: None,
            stale_after_seconds: 3600.0,
        };
        journal.note("home", entry);
        before = Some(report);
    }
}

#[test]
fn a_card_says_since_when_and_how_much_of_the_watched_time_people_could_sign_in() {
    let rounds = [(-180, Login::Ok), (-120, Login::Broken), (-60, Login::Ok), (-30, Login::Ok), (0, Login::Ok)];
    for (rounds, since, shares) in [
        (&rounds[..], "Since 2026-11-24 11:00:00 UTC (60 minutes)", "24 h 66.67 % (of 3 hours watched)"),
        (&rounds[..4], "Since 2026-11-24 11:00:00 UTC (60 minutes)", "24 h 60.00 % (of 2 hours watched)"),
        (&rounds[4..], "Since 2026-11-24 12:00:00 UTC", ""),
        (&[], "", ""),
    ] {
        let (journal, options) = (Journal::default(), Options::default());
        remember(&journal, rounds);
        let results = results_of(&[Snapshot::healthy()]);
        let card = seen(&page::index(&results.entries(), 1, &view(&journal, &options, noon())));
        assert!(card.contains(since) && card.contains("Since ") != since.is_empty(), "{rounds:?}: {card}");
        assert!(card.contains(shares) && card.contains("could sign in: ") != shares.is_empty(), "{rounds:?}: {card}");
        assert!(!card.contains("7 d "), "no longer time of which no more is known: {card}");
    }
    let (journal, options) = (Journal::default(), Options::default());
    let days: Vec<(i64, Login)> = (0..=20 * 24).map(|hour| ((hour - 20 * 24) * 60, Login::Ok)).collect();
    remember(&journal, &days);
    let results = results_of(&[Snapshot::healthy()]);
    let html = page::index(&results.entries(), 1, &view(&journal, &options, noon()));
    assert!(seen(&html).contains("24 h 100 % · 7 d 100 % · 30 d 100 % (of 20 days watched)"), "{}", seen(&html));
    assert!(html.contains("aria-label=\"The last 90 days: 90 bars of a day each, the worst of each\""), "{html}");
}

#[test]
fn targets_stand_under_their_groups_and_the_page_under_its_title() {
    let results = Results::default();
    let names = ["alone", "shop", "broken", "wiki"];
    results.list(names.map(place));
    let targets = names.map(|name| {
        let mut target = target(name);
        target.group = match name {
            "shop" | "broken" => Some("Sales".to_owned()),
            "wiki" => Some("Office & <more>".to_owned()),
            _ => None,
        };
        target
    });
    for name in names {
        let snapshot = if name == "broken" { broken_snapshot() } else { Snapshot::healthy() };
        results.put(name, snapshot.clone(), checks::evaluate(&snapshot, None));
    }
    let mut config = Config::of_targets(targets.to_vec());
    config.web.title = Some("Our <sign-in>".to_owned());
    let (journal, options) = (Journal::default(), Options::default());
    let html = page::index(&results.entries(), 1, &View { config: &config, ..view(&journal, &options, soon()) });
    let parts =
        ["Our <sign-in>", "Sales", "broken No", "shop Yes", "Office & <more>", "wiki Yes", "Others", "alone Yes"];
    has_in_order(&seen(&html), &parts);
    assert!(html.contains("<title>fails · Our &lt;sign-in&gt; · ssowatch</title>"), "{html}");
    assert_eq!(html.matches("<h2>").count(), 3, "the groups");
}

#[tokio::test]
async fn the_feed_tells_breaks_and_fixes_and_no_value() {
    let rounds = [
        (-40, Login::Ok),
        (-30, Login::Broken),
        (-20, Login::Unknown),
        (-15, Login::Ok),
        (-10, Login::Unknown),
        (-5, Login::Ok),
        (-2, Login::Degraded),
    ];
    let options = Options { external_url: Some("https://sso.example.com/watch".to_owned()), ..Options::default() };
    let surface = Setup { options: Options { public: true, ..options }, ..Setup::healthy() }.serve().await;
    remember(&surface.state.journal, &rounds);
    let feed = surface.get("/feed.atom").await;
    assert_eq!((feed.status, feed.header("content-type")), (200, "application/atom+xml; charset=utf-8"));
    let text = feed.text();
    let entries: Vec<&str> = text.split("<entry>").skip(1).collect();
    let titles: Vec<&str> =
        entries.iter().map(|entry| entry.split_once("<title>").unwrap().1.split_once('<').unwrap().0).collect();
    assert_eq!(
        titles,
        [
            "home: some people cannot sign in",
            "home: cannot tell any more whether people can sign in",
            "home: people cannot sign in"
        ]
    );
    has_in_order(
        text,
        &[
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">",
            "<updated>2026-11-24T11:58:00Z</updated>",
            "<link rel=\"self\" href=\"https://sso.example.com/watch/feed.atom\"></link>",
            "<id>urn:ssowatch:home:",
            "<link rel=\"alternate\" type=\"text/html\" href=\"https://sso.example.com/watch/targets/home\"></link>",
        ],
    );
    let ids: std::collections::BTreeSet<&str> =
        entries.iter().map(|entry| entry.split_once("<id>").unwrap().1.split_once('<').unwrap().0).collect();
    assert_eq!(ids.len(), entries.len(), "each entry has an id of its own");
}

#[test]
fn history_counts_the_time_in_which_somebody_watched_and_shows_the_rest_as_gaps() {
    let (journal, options) = (Journal::default(), Options::default());
    let rounds =
        [(0, Login::Ok), (60, Login::Broken), (90, Login::Ok), (120, Login::Ok), (600, Login::Ok), (660, Login::Ok)];
    remember(&journal, &rounds);
    let results = results_of(&[Snapshot::healthy()]);
    let now = noon() + TimeDelta::hours(24);
    let page = page::target(&results.entries()[0], &view(&journal, &options, now));
    let text = seen(&page);
    let told = "Watched for 3 hours of 24 hours: people could sign in 83.33 %, broken for 30 minutes.";
    has_in_order(&text, &["The last day", told, "The last 30 days", "of 30 days", "The last outages"]);
    has_in_order(&text, &["2026-11-24 13:00:00 UTC, for 30 minutes"]);
    let day = page.split_once("The last day: 48 bars").unwrap().1.split_once("</svg>").unwrap().0;
    let count = |class: &str| {
        let path = day.split_once(&format!("<path class=\"{class}\" d=\"")).unwrap().1.split_once('"').unwrap().0;
        path.matches('M').count()
    };
    assert_eq!((count("ok"), count("broken"), count("gap")), (5, 1, 42), "{day}");
}

#[test]
fn changes_are_listed_newest_first_and_go_on_where_a_page_ends() {
    let (journal, options) = (Journal::default(), Options::default());
    // So far apart that none counts as a repetition of another.
    let rounds: Vec<(i64, Login)> =
        // Far enough apart to be kept one by one.
        (0..60).map(|round| (round * 31, if round % 2 == 0 { Login::Ok } else { Login::Unknown })).collect();
    remember(&journal, &rounds);
    let view = view(&journal, &options, noon());
    let first = page::changes(&page::Asked::default(), &view);
    has_in_order(&seen(&first), &["Changes", "2026-11-25 18:29:00 UTC home Sign-in: ok, now unknown", "17:58:00"]);
    let older = first.split_once("href=\"/changes?before=").unwrap().1.split_once('"').unwrap().0;
    let asked = page::Asked { target: Some("home".to_owned()), before: Some(older.parse().unwrap()) };
    let second = page::changes(&asked, &view);
    has_in_order(
        &seen(&second),
        &["Changes of home", "2026-11-24 16:39:00 UTC", "2026-11-24 12:00:00 UTC Sign-in: ok"],
    );
    assert!(!second.contains("Older changes"));
    let other = page::Asked { target: Some("other".to_owned()), before: None };
    assert!(seen(&page::changes(&other, &view)).contains("None is known."));
    let target = page::target(&results_of(&[Snapshot::healthy()]).entries()[0], &view);
    assert!(target.contains("href=\"/changes?target=home\""));
}

#[test]
fn of_a_broken_sign_in_what_changed_since_it_worked_is_told() {
    let (journal, options) = (Journal::default(), Options::default());
    remember(&journal, &[(-90, Login::Ok)]);
    let snapshot = broken_snapshot();
    let report = checks::evaluate(&snapshot, None);
    let change = Change {
        at: noon(),
        subject: ChangeSubject::LoginStart,
        field: Some("auth_url".to_owned()),
        from: "https://id.example.test/authorize".to_owned(),
        to: "https://old-id.example.test/authorize".to_owned(),
    };
    let told = |changes: &[Change]| {
        let entry = journal::Entry {
            snapshot: &snapshot,
            report: &report,
            before: None,
            changes,
            last_better: None,
            stale_after_seconds: 200.0,
        };
        journal.note("home", entry);
        seen(&page::target(
            &results_of(std::slice::from_ref(&snapshot)).entries()[0],
            &view(&journal, &options, noon()),
        ))
    };
    let heading =
        "What changed since sign-in worked It was last seen to work 90 minutes ago (2026-11-24 10:30:00 UTC).";
    has_in_order(&told(&[]), &["What to change:", heading, "No watched value changed since."]);
    let changed = "App: login start, auth URL: from https://id.example.test/authorize to https://old-id.example.test";
    has_in_order(&told(&[change]), &["What to change:", heading, changed, "What will break it next"]);
}

#[tokio::test]
async fn every_check_and_every_alert_that_is_shipped_has_a_page() {
    let surface = Setup::healthy().serve().await;
    for (_, check) in checks::all() {
        let page = surface.get(&format!("/checks/{}", check.id)).await;
        assert_eq!(page.status, 200, "{}", check.id);
        let text = seen(page.text());
        has_in_order(&text, &[check.title, check.id, "Severity", "Why", check.why, "Fix", check.fix, "Needs", "Off"]);
    }
    let runbooks = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/alerts/runbooks")).unwrap();
    let names = runbooks.map(|file| file.unwrap().file_name().into_string().unwrap());
    for name in names.filter(|name| name != "README.md") {
        let alert = name.strip_suffix(".md").unwrap();
        let page = surface.get(&format!("/runbooks/{alert}")).await;
        assert_eq!(page.status, 200, "{alert}");
        has_in_order(page.text(), &[&format!("<h1>{alert}</h1>"), "<h2>Meaning</h2>", "<h2>Mitigation</h2>"]);
    }
    for path in ["/checks/no_such_check", "/runbooks/NoSuchAlert", "/runbooks/README", "/runbooks/..%2f..%2fREADME"] {
        assert_eq!(surface.get(path).await.status, 404, "{path}");
    }
}

#[test]
fn every_mention_of_a_check_leads_to_its_page() {
    let snapshot = broken_snapshot();
    let mut report = all_fails(&snapshot, "a fault");
    // Of another release: it has no page here.
    report.checks[0].id = "no_such_check".to_owned();
    let results = Results::default();
    results.list([place("home")]);
    results.put("home", snapshot, report);
    let mut mentions = 0;
    for page in pages(Entry::clone(&results.entries()[0])) {
        for (_, check) in checks::all() {
            for name in [format!("<code>{}</code>", check.id), check.title.to_owned()] {
                for (at, _) in page.match_indices(&name) {
                    // Else it is the beginning of a longer sentence.
                    if !page[at + name.len()..].trim_start().starts_with('<') {
                        continue;
                    }
                    let link = format!("<a class=\"quiet\" href=\"/checks/{}\">", check.id);
                    let is_linked = page[..at].ends_with(&link);
                    let stands_beside_its_id = page[at + name.len()..].starts_with(&format!(" {link}"));
                    assert!(is_linked || stands_beside_its_id, "{name}: {}", &page[at.saturating_sub(80)..at]);
                    mentions += 1;
                }
            }
        }
        assert!(!page.contains("/checks/no_such_check"));
    }
    assert!(mentions > 20, "{mentions}");
}

/// Every page of an entry.
fn pages(entry: Entry) -> [String; 5] {
    let (options, journal) = (Options::default(), Journal::default());
    let view = view(&journal, &options, noon());
    let entry = Arc::new(entry);
    [
        page::index(std::slice::from_ref(&entry), 1, &view),
        page::target(&entry, &view),
        page::checks(&entry, &view),
        page::changes(&page::Asked { target: Some(entry.name.clone()), before: None }, &view),
        page::not_found(&[("/x", "y", Tells::All)], std::slice::from_ref(&entry), &view),
    ]
}

#[test]
fn no_text_from_outside_becomes_markup() {
    let hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>\u{202e}\u{0}";
    let mut snapshot = Snapshot::healthy();
    snapshot.target.provider.url = hostile.to_owned();
    snapshot.target.app.url = hostile.to_owned();
    let mut report = all_fails(&snapshot, hostile);
    report.provider = hostile.to_owned();
    report.expiries[0].item = hostile.to_owned();
    let results = Results::default();
    results.list([place(hostile)]);
    results.put(hostile, snapshot, report);
    for page in pages(Entry::clone(&results.entries()[0])) {
        assert!(page.contains("&lt;script&gt;"), "the text is there, as text");
        for markup in ["<script>alert", "<img", "\"&gt;&lt;script", "\u{202e}", "\u{0}"] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
    }
}

#[test]
fn pages_ask_for_nothing_but_themselves_and_hold_one_style_and_one_script() {
    let results = results_of(&[broken_snapshot()]);
    for page in pages(Entry::clone(&results.entries()[0])) {
        for outside in ["src=", "<iframe", "@import", "url(", "style=\"", "onclick=\"", "http-equiv", "href=\"//"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("<link").count(), 1);
        assert!(page.contains("<link rel=\"icon\" href=\"data:image/svg+xml,"));
        assert!(page.contains(&format!("<script>{}</script>", page::SCRIPT)));
        assert!(page.contains(&format!("<style>{}</style>", page::STYLE)));
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
        assert!(page.contains("name=\"viewport\""));
    }
    assert!(page::STYLE.contains("prefers-color-scheme:dark"));
}

#[tokio::test]
async fn the_policy_allows_the_style_sheet_and_the_script_that_the_page_has() {
    let answer = Setup::healthy().serve().await.get("/").await;
    let policy = answer.header("content-security-policy").to_owned();
    for (name, directive) in [("style", "style-src"), ("script", "script-src")] {
        let text = answer.text().split_once(&format!("<{name}>")).unwrap().1;
        let text = text.split_once(&format!("</{name}>")).unwrap().0;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let allowed = format!("{directive} 'sha256-{}';", STANDARD.encode(digest));
        assert!(policy.contains(&allowed), "{allowed} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_targets_page_is_found_by_its_name_however_that_is_written() {
    let results = Results::default();
    results.list([place("my home/1")]);
    let surface = Setup::with(results).serve().await;
    assert!(surface.get("/").await.text().contains("href=\"/targets/my%20home%2F1\""));
    let answer = surface.get("/targets/my%20home%2F1").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("<h1>my home/1</h1>"));
}

#[tokio::test]
async fn every_link_works_below_a_prefix_whether_the_proxy_keeps_or_strips_it() {
    for (route_prefix, external_url) in [
        ("/sso", None),
        ("/sso", Some("https://status.example.test/sso")),
        ("", Some("https://status.example.test/sso")),
    ] {
        let options = Options {
            route_prefix: route_prefix.to_owned(),
            external_url: external_url.map(str::to_owned),
            ..Options::default()
        };
        let surface = Setup { options, ..Setup::healthy() }.serve().await;
        let below = |path: &str| format!("{route_prefix}{path}");
        for path in ["/", "/targets/home", "/targets/home/checks", "/changes"] {
            let page = surface.get(&below(path)).await;
            assert_eq!(page.status, 200, "{path}");
            for link in page.text().split("href=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0) {
                if link.is_empty() || link.starts_with('#') || link.starts_with("data:") {
                    continue;
                }
                let base = external_url.unwrap_or("/sso");
                let path = link.strip_prefix(base).unwrap_or_else(|| panic!("{link} is not below {base}"));
                let answer = surface.get(&below(path)).await;
                assert_eq!(answer.status, 200, "{link}");
            }
        }
    }
}

#[tokio::test]
async fn a_badge_is_an_image_that_other_pages_may_show_and_nobody_keeps() {
    let surface = Setup::with(results_of(&[broken_snapshot()])).serve().await;
    let badge = surface.get("/targets/home/badge.svg").await;
    assert_eq!(badge.header("content-type"), "image/svg+xml");
    assert_eq!(badge.header("cache-control"), "no-cache");
    assert_eq!(badge.header("cross-origin-resource-policy"), "cross-origin");
    assert!(badge.text().contains("<title id=\"t\">home: No, people cannot sign in</title>"), "{}", badge.text());
    assert_eq!(surface.get("/targets/nobody/badge.svg").await.status, 404);
}

#[tokio::test]
async fn the_calendar_of_expiries_is_served_as_one() {
    let surface = Setup::healthy().serve().await;
    let calendar = surface.get("/targets/home/expiries.ics").await;
    assert_eq!(calendar.header("content-type"), "text/calendar; charset=utf-8");
    assert!(calendar.text().starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), "{}", calendar.text());
    assert_eq!(surface.get("/targets/nobody/expiries.ics").await.status, 404);
}

#[test]
fn an_open_maintenance_window_is_told_with_its_reason_on_the_card_and_the_page() {
    let (journal, options) = (Journal::default(), Options::default());
    let results = results_of(&[broken_snapshot()]);
    for (target, reason, told) in [
        ("home", "upgrade <b>1.18</b>", Some("upgrade <b>1.18</b>")),
        ("home", "`code`\u{202e}", Some("`code`\\u{202e}")),
        ("office", "upgrade", None),
    ] {
        let windows = Windows::default();
        windows.begin(window(target, reason), noon()).unwrap();
        let view = View { windows: &windows, ..view(&journal, &options, soon()) };
        let pages = [page::index(&results.entries(), 1, &view), page::target(&results.entries()[0], &view)];
        for page in pages {
            let line = told.map(|reason| {
                let until = (noon() + TimeDelta::hours(24)).format("%F %T UTC");
                format!("Maintenance until {until}: {reason}; messages are held back, checks go on.")
            });
            let text = seen(&page);
            match line {
                Some(line) => assert_eq!(text.matches(&line).count(), 1, "{line}: {text}"),
                None => assert!(!text.contains("Maintenance"), "{text}"),
            }
            assert!(!page.contains("<b>1.18"), "{page}");
        }
    }
}

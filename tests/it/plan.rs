//! What `plan` announces is what the lab sees: every request, as often, and none beside.

use std::{collections::BTreeMap, process::Command};

use ssowatch::{
    lab::{InternalUrl, LabOptions},
    model::{Credential, Interval, PlannedRequest, Side, SourceId},
    providers::{
        ProviderKind,
        pocket_id::{Dialect, Version, VersionSpan},
    },
};

use super::faults::stage::{Stage, failing};

/// Rounds of a minute each.
const ROUNDS: usize = 20;
/// How often the settings sources are asked in these rounds: every 5 minutes.
const SETTINGS_LOOKS: usize = 4;
/// The most requests a minute that a target gets on average.
const MOST_PER_MINUTE: f64 = 12.0;

/// Requests by side, method and path.
type Traffic = BTreeMap<(Side, String, String), usize>;

/// A lab, and what `plan` must know of it.
struct Kind {
    name: &'static str,
    options: LabOptions,
    dialect: Dialect,
    version: VersionSpan,
    passkey: bool,
}

fn kinds() -> Vec<Kind> {
    let https = LabOptions { tls: true, ..LabOptions::default() };
    let kind = |name, dialect, options: LabOptions| {
        let version = VersionSpan::of(options.version);
        Kind { name, options, dialect, version, passkey: false }
    };
    let of = |major, minor| LabOptions { version: Version::new(major, minor), ..https.clone() };
    let internal = LabOptions { internal_url: InternalUrl::Reachable, ..https.clone() };
    vec![
        kind("1.16", Dialect::Legacy, of(1, 16)),
        kind("2.3", Dialect::Legacy, of(2, 3)),
        kind("2.9", Dialect::Legacy, of(2, 9)),
        kind("2.10", Dialect::Fosite, of(2, 10)),
        kind("2.14", Dialect::Fosite, of(2, 14)),
        Kind { passkey: true, ..kind("2.14 with passkey.enabled", Dialect::Fosite, https.clone()) },
        kind("2.14 with an internal base", Dialect::Fosite, internal),
        kind("2.14 with three configs", Dialect::Fosite, LabOptions { other_configs: 2, ..https.clone() }),
        kind("another provider", Dialect::Openid, LabOptions { kind: ProviderKind::Openid, ..https }),
    ]
}

impl Kind {
    /// What `plan` announces, each source being asked as often as `looks` says.
    fn announced(&self, looks: impl Fn(Interval) -> usize) -> Traffic {
        let mut traffic = Traffic::new();
        let is_asked =
            |source: &SourceId| source.needs().is_empty() && (self.passkey || source.row().only_with.is_none());
        for source in SourceId::ALL.into_iter().filter(is_asked) {
            for request in source.row().requests {
                let count = looks(source.row().interval) * self.in_a_look(request);
                if count > 0 && request.of.includes(self.dialect, Some(self.version)) {
                    let path = self.path(source, request);
                    *traffic.entry((source.side(), request.method.to_owned(), path)).or_default() += count;
                }
            }
        }
        traffic
    }

    /// How often it is sent in one look at this lab.
    fn in_a_look(&self, request: &PlannedRequest) -> usize {
        let visible = if request.path == "/api/sso" { 1 + self.options.other_configs } else { 1 };
        assert!(visible <= usize::try_from(request.most).unwrap());
        visible
    }

    /// The path that the lab sees: what only the documents tell is put in its place.
    fn path(&self, source: SourceId, request: &PlannedRequest) -> String {
        let path = request.path.split('?').next().unwrap();
        let path = match (path, source.side()) {
            ("{first script of that page}", Side::Provider) => "/_app/immutable/entry/start.js",
            ("{first script of that page}", Side::App) => "/static/js/main.js",
            (path, _) => path,
        };
        let path = match (self.dialect, path) {
            (Dialect::Openid, "/.well-known/jwks.json") => "/oauth2/keys",
            (Dialect::Openid, "/api/oidc/userinfo") => "/oauth2/userinfo",
            (Dialect::Openid, "/api/oidc/end-session") => "/oauth2/logout",
            (Dialect::Openid, "/api/oidc/token") => "/oauth2/token",
            (Dialect::Openid, "/authorize") => "/oauth2/auth",
            (_, path) => path,
        };
        path.replace("{client id}", "00000000-0000-4000-8000-0000000000c1")
    }
}

fn seen(stage: &Stage) -> Traffic {
    let mut traffic = Traffic::new();
    for seen in stage.lab.seen() {
        *traffic.entry((seen.side, seen.method, seen.path)).or_default() += 1;
    }
    traffic
}

#[tokio::test]
async fn the_lab_sees_what_plan_announces_and_nothing_else() {
    for kind in kinds() {
        let mut stage = Stage::new(kind.options.clone()).await;
        stage.target.passkey_enabled = kind.passkey;
        assert_eq!(failing(&stage.look().await), Vec::<String>::new(), "{}", kind.name);
        assert_eq!(seen(&stage), kind.announced(|_| 1), "{}: a whole look", kind.name);

        stage.lab.forget_seen();
        for _ in 0..ROUNDS {
            stage.next_round().await;
        }
        let announced = kind.announced(|interval| match interval {
            Interval::Round => ROUNDS,
            Interval::Settings => SETTINGS_LOOKS,
            Interval::Hourly | Interval::Token | Interval::Daily | Interval::Canary => 0,
        });
        let traffic = seen(&stage);
        assert_eq!(traffic, announced, "{}: {} s of rounds", kind.name, stage.seconds());
        let per_minute = traffic.values().sum::<usize>() as f64 / ROUNDS as f64;
        assert!(per_minute <= MOST_PER_MINUTE, "{}: {per_minute} requests a minute", kind.name);
        stage.close(kind.name).await;
    }
}

/// Whether a path is the announced one: what stands in braces there is one segment.
fn is_announced_as(path: &str, planned: &str) -> bool {
    let planned: Vec<&str> = planned.split('?').next().unwrap().split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    let is_same = |(planned, own): (&&str, &&str)| planned == own || planned.starts_with('{');
    planned.len() == path.len() && planned.iter().zip(&path).all(is_same)
}

#[tokio::test]
async fn with_all_credentials_no_release_sees_a_request_that_plan_does_not_announce_or_one_more_often() {
    let all = [Credential::ClientSecret, Credential::AppKey, Credential::ProviderAdminKey];
    for (major, minor) in [(1, 16), (2, 3), (2, 9), (2, 10), (2, 14)] {
        let mut stage = Stage::new(LabOptions { tls: true, ..LabOptions::version(major, minor) }).await;
        stage.target = stage.lab.target_with(&all);
        stage.target.expect.user = Some("canary".to_owned());
        (stage.target.token_enabled, stage.target.passkey_enabled) = (true, true);
        stage.target.last_sign_in_enabled = true;
        assert_eq!(failing(&stage.look().await), Vec::<String>::new(), "{major}.{minor}");
        let traffic = seen(&stage);
        assert!(traffic.len() > 15, "{traffic:?}");
        for ((side, method, path), count) in traffic {
            let planned = SourceId::ALL.into_iter().filter(|source| source.side() == side);
            let planned = planned.flat_map(|source| source.row().requests);
            let is_it = |request: &&PlannedRequest| {
                request.method == method
                    && (is_announced_as(&path, request.path) || request.path.starts_with('{') && path.ends_with(".js"))
            };
            let most: u32 = planned.filter(is_it).map(|request| request.most).sum();
            let most = usize::try_from(most).unwrap();
            assert!(count <= most, "{major}.{minor}: {method} {path} came {count} times, announced are {most}");
        }
        stage.close("all credentials").await;
    }
}

#[tokio::test]
async fn with_the_client_secret_another_provider_sees_what_plan_announces_and_a_wrong_secret_once_an_hour() {
    let options = LabOptions { tls: true, kind: ProviderKind::Openid, ..LabOptions::default() };
    let mut stage = Stage::new(options).await;
    stage.target = stage.lab.target_with(&[Credential::ClientSecret]);
    let asked =
        |stage: &Stage| ["/oauth2/token", "/oauth2/introspect"].map(|path| stage.lab.count(Side::Provider, path));
    assert_eq!(failing(&stage.look().await), Vec::<String>::new());
    // Without a secret, with ours and with a wrong one; these differ, so introspection has nothing to add.
    assert_eq!(asked(&stage), [3, 0]);
    let announced = [SourceId::TokenEndpoint, SourceId::ClientSecret].into_iter();
    let announced = announced.flat_map(|source| source.row().requests);
    let most: u32 = announced.filter(|request| request.path == "/api/oidc/token").map(|request| request.most).sum();
    assert_eq!(most, 3);

    stage.lab.forget_seen();
    for _ in 0..ROUNDS {
        stage.take_back();
        stage.next_round().await;
    }
    assert_eq!(asked(&stage), [2 * SETTINGS_LOOKS, 0], "no wrong secret within the hour");
    // To 65 minutes, which are 13 looks of every five.
    for _ in ROUNDS..65 {
        stage.take_back();
        stage.next_round().await;
    }
    assert_eq!(asked(&stage), [2 * 13 + 1, 0], "one wrong secret in the next hour");
    stage.close("client secret").await;
}

/// The averages that the command prints, provider first.
fn averages(plan: &str) -> Vec<String> {
    plan.lines()
        .filter_map(|line| line.trim().strip_prefix("on average ")?.strip_suffix(" requests a minute"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_averages_that_plan_prints_are_those_that_the_lab_sees() {
    for (options, kind) in [
        (LabOptions { tls: true, ..LabOptions::default() }, ""),
        (LabOptions { tls: true, kind: ProviderKind::Openid, ..LabOptions::default() }, "      kind: openid\n"),
    ] {
        let mut stage = Stage::new(options).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ssowatch.yml");
        std::fs::write(&file, stage.lab.config_yaml().replacen("    kasm:\n", &format!("{kind}    kasm:\n"), 1))
            .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
            .args(["plan", "--config.file"])
            .arg(&file)
            .env_clear()
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

        stage.look().await;
        stage.lab.forget_seen();
        for _ in 0..ROUNDS {
            stage.next_round().await;
        }
        let seen = seen(&stage);
        let of = |side: Side| seen.iter().filter(|((of, ..), _)| *of == side).map(|(_, count)| count).sum::<usize>();
        let expected = [Side::Provider, Side::App].map(|side| format!("{:.1}", of(side) as f64 / ROUNDS as f64));
        assert_eq!(averages(&String::from_utf8_lossy(&output.stdout)), expected);
        stage.close("averages").await;
    }
}

//! Every path but pages and probes: what it answers, to which methods, with which headers.

use serde_json::json;
use ssowatch::web::Options;

use super::support::{Setup, broken_snapshot, place, results_of, target};

#[tokio::test]
async fn every_answer_forbids_scripts_frames_and_caches() {
    let surface = Setup::healthy().serve().await;
    for path in ["/", "/metrics", "/-/healthy", "/api/v1/targets", "/config", "/nowhere"] {
        let answer = surface.get(path).await;
        assert!(
            answer.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        // The API's answers may be kept, and are asked for anew each time.
        let caching = if path.starts_with("/api/") { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), caching, "{path}");
    }
}

#[tokio::test]
async fn it_is_healthy_always_and_ready_only_between_first_round_and_stop() {
    let surface = Setup { ready: false, ..Setup::healthy() }.serve().await;
    assert_eq!(surface.get("/-/healthy").await.status, 200);
    assert_eq!(surface.get("/-/ready").await.status, 503);

    let surface = Setup::healthy().serve().await;
    assert_eq!(surface.get("/-/ready").await.status, 200);
    surface.drain();
    assert_eq!(surface.get("/-/ready").await.status, 503);
    assert_eq!(surface.get("/-/healthy").await.status, 200);
}

#[tokio::test]
async fn head_answers_as_get_without_a_body_and_other_methods_are_refused() {
    let surface = Setup::healthy().serve().await;
    for path in ["/", "/metrics", "/-/healthy", "/sd", "/api/v1/targets"] {
        let head = surface.ask("HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let post = surface.ask("POST", path, &[]).await;
        assert_eq!(post.status, 405, "{path}");
        assert!(post.header("allow").contains("GET"), "{path}: {}", post.header("allow"));
    }
    assert_eq!(surface.get("/-/reload").await.status, 405);
}

#[tokio::test]
async fn a_reload_needs_the_flag_and_says_so() {
    let surface = Setup::healthy().serve().await;
    let answer = surface.ask("POST", "/-/reload", &[]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("--web.enable-lifecycle"), "{}", answer.text());
}

fn with_lifecycle() -> Setup {
    Setup { options: Options { enable_lifecycle: true, ..Options::default() }, ..Setup::healthy() }
}

#[tokio::test]
async fn a_reload_tells_its_outcome() {
    let surface = with_lifecycle().serve().await;
    for method in ["POST", "PUT"] {
        assert_eq!(surface.ask(method, "/-/reload", &[]).await.status, 200, "{method}");
    }
    let problem = "ssowatch.yaml:3:5: targets[0].kasm: the key \"ulr\" is not known; did you mean \"url\"?";
    let surface = Setup { reload: Err(problem.to_owned()), ..with_lifecycle() }.serve().await;
    let answer = surface.ask("POST", "/-/reload", &[]).await;
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains(problem), "{}", answer.text());
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_reload() {
    let surface = with_lifecycle().serve().await;
    let foreign = surface.ask("POST", "/-/reload", &[("Origin", "https://evil.example.test")]).await;
    assert_eq!(foreign.status, 403);
    let own = format!("http://{}", surface.address);
    assert_eq!(surface.ask("POST", "/-/reload", &[("Origin", &own)]).await.status, 200);
}

#[tokio::test]
async fn the_configuration_is_shown_as_redacted_text() {
    let answer = Setup::healthy().serve().await.get("/config").await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(answer.text().contains("client_secret: <secret>"));
}

#[tokio::test]
async fn service_discovery_lists_the_targets_of_the_configuration_in_force() {
    let setup = Setup { targets: vec![target("home"), target("office")], ..Setup::healthy() };
    let surface = setup.serve().await;
    let answer = surface.get("/sd").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let labels = json!({"__meta_ssowatch_provider": "id.example.test", "__meta_ssowatch_kasm": "kasm.example.test"});
    assert_eq!(
        answer.json(),
        json!([{"targets": ["home"], "labels": labels}, {"targets": ["office"], "labels": labels}])
    );
    surface.config.send_modify(|config| std::sync::Arc::make_mut(config).targets.clear());
    assert_eq!(surface.get("/sd").await.json(), json!([]));
}

#[tokio::test]
async fn the_api_gives_the_report_and_says_whether_it_is_current() {
    let results = results_of(&[broken_snapshot()]);
    results.list([place("home"), place("new")]);
    let mut setup = Setup::with(results);
    let noon = setup.now;
    let surface = setup.serve().await;
    let document = surface.get("/api/v1/targets").await.json();
    assert_eq!(document["format"], 1);
    let [home, new] = document["targets"].as_array().unwrap().as_slice() else { panic!("two targets") };
    assert_eq!((&home["name"], &home["login"], &home["current"]), (&json!("home"), &json!("broken"), &json!(true)));
    assert_eq!(home["cause"]["stage"], "start");
    assert!(home["checks"].as_array().is_some_and(|checks| !checks.is_empty()));
    assert_eq!((&new["name"], &new["login"], &new["current"]), (&json!("new"), &json!("unknown"), &json!(false)));

    let one = surface.get("/api/v1/targets/home").await.json();
    assert_eq!(one["targets"].as_array().unwrap().len(), 1);
    assert_eq!(one["targets"][0], *home);
    let none = surface.get("/api/v1/targets/nobody").await;
    assert_eq!(none.status, 404);
    assert_eq!(none.json()["targets"], json!(["home", "new"]));

    setup = Setup::with(results_of(&[broken_snapshot()]));
    setup.now = noon + chrono::TimeDelta::hours(1);
    let stale = setup.serve().await.get("/api/v1/targets/home").await.json();
    let home = &stale["targets"][0];
    assert_eq!((&home["login"], &home["cause"], &home["current"]), (&json!("unknown"), &json!(null), &json!(false)));
}

#[tokio::test]
async fn an_unknown_path_is_answered_with_what_exists() {
    let surface = Setup::healthy().serve().await;
    for path in ["/nowhere", "/targets/nobody", "/-/quit", "/targets/"] {
        let answer = surface.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("/api/v1/targets"), "{path}");
        assert!(answer.text().contains("href=\"/targets/home\""), "{path}");
    }
}

#[tokio::test]
async fn a_route_prefix_stands_before_every_path_and_every_link() {
    let options = Options { route_prefix: "/sso".to_owned(), ..Options::default() };
    let surface = Setup { options, ..Setup::healthy() }.serve().await;
    for path in ["/sso", "/sso/", "/sso/metrics", "/sso/-/healthy", "/sso/targets/home", "/sso/api/v1/targets/home"] {
        assert_eq!(surface.get(path).await.status, 200, "{path}");
    }
    assert_eq!(surface.get("/metrics").await.status, 404);
    assert!(surface.get("/sso/").await.text().contains("href=\"/sso/targets/home\""));
    let external = Options {
        route_prefix: "/sso".to_owned(),
        external_url: Some("https://watch.example.test/front".to_owned()),
        ..Options::default()
    };
    let surface = Setup { options: external, ..Setup::healthy() }.serve().await;
    assert!(surface.get("/sso/").await.text().contains("href=\"https://watch.example.test/front/targets/home\""));
}

#[tokio::test]
async fn to_the_public_only_verdicts_are_shown() {
    let mut setup = Setup::healthy();
    setup.options.public = true;
    setup.options.route_prefix = "/watch".to_owned();
    let surface = setup.serve().await;
    for (path, status) in [
        ("/watch/", 200),
        ("/watch", 200),
        ("/watch/targets/home", 200),
        ("/watch/-/healthy", 200),
        ("/watch/-/ready", 200),
        ("/watch/metrics", 403),
        ("/watch/config", 403),
        ("/watch/sd", 403),
        ("/watch/probe?target=home", 403),
        ("/watch/api/v1/targets", 403),
        ("/watch/api/v1/targets/home", 403),
        ("/watch/nothing", 404),
    ] {
        assert_eq!(surface.get(path).await.status, status, "{path}");
    }
}

//! The description itself: whole, as the specification demands, and about every route.

use std::{collections::BTreeSet, process::Command};

use serde_json::{Value, json};
use ssowatch::web::Options;

use super::support::{Description, every_state};
use crate::web::support::Setup;

#[tokio::test]
async fn every_route_is_described_and_every_operation_has_a_route() {
    let surface = every_state().await;
    let description = Description::of(&surface).await;
    let described: BTreeSet<String> = description.operations().into_iter().map(|(path, _, _)| path).collect();
    let page = surface.get("/nowhere").await;
    let routes: BTreeSet<String> = page
        .text()
        .split("<code>")
        .filter_map(|rest| rest.split("</code>").next()?.strip_prefix("/api/v1"))
        .map(str::to_owned)
        .collect();
    assert_eq!(routes, described);
    for (path, method, operation) in description.operations() {
        let real = format!("/api/v1{}", path.replace("{name}", "home").replace("{id}", "login_offered"));
        let answer = surface.ask(&method.to_uppercase(), &real, &[]).await;
        assert_ne!(answer.status, 404, "{method} {path}");
        assert_ne!(answer.status, 405, "{method} {path}");
        for text in ["operationId", "summary"] {
            assert!(operation[text].is_string(), "{method} {path} lacks {text}");
        }
    }
    let ids: BTreeSet<&str> =
        description.operations().iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), description.operations().len(), "an operationId stands twice");
}

#[tokio::test]
async fn a_report_has_the_form_of_check_output_json() {
    let surface = every_state().await;
    let description = Description::of(&surface).await;
    let of_check: Value = serde_json::from_str(include_str!("../../report.schema.json")).unwrap();
    assert_eq!(description.document["components"]["schemas"]["Report"], of_check["properties"]["targets"]["items"]);
}

#[tokio::test]
async fn every_parameter_that_is_described_is_taken_and_no_other() {
    let surface = every_state().await;
    let description = Description::of(&surface).await;
    for (path, method, operation) in description.operations().into_iter().filter(|(_, method, _)| method == "get") {
        let real = format!("/api/v1{}", path.replace("{name}", "home").replace("{id}", "login_offered"));
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters {
            let place = parameter["$ref"].as_str().unwrap().trim_start_matches('#');
            let parameter = description.document.pointer(place).unwrap();
            let name = parameter["name"].as_str().unwrap();
            let value = match name {
                "target" => "home",
                "limit" | "cursor" => "5",
                _ => "2026-11-24T00:00:00Z",
            };
            let range = if name == "to" { "&from=2026-11-23T00:00:00Z" } else { "" };
            assert_eq!(
                surface.get(&format!("{real}?{name}={value}{range}")).await.status,
                200,
                "{method} {path} {name}"
            );
        }
        let other = surface.get(&format!("{real}?other=1")).await;
        assert_eq!(other.status, 400, "{method} {path}");
        assert_eq!(other.json()["parameter"], "other");
    }
}

#[tokio::test]
async fn the_description_says_where_it_is_served_and_by_which_release() {
    let options = |prefix: &str, external: Option<&str>| Options {
        route_prefix: prefix.to_owned(),
        external_url: external.map(str::to_owned),
        ..Options::default()
    };
    for (options, server) in [
        (options("", None), "/api/v1"),
        (options("/watch", None), "/watch/api/v1"),
        (options("/watch", Some("https://sso.example.test/w")), "https://sso.example.test/w/api/v1"),
    ] {
        let path = format!("{}/api/v1/openapi.json", options.route_prefix);
        let surface = Setup { options, ..Setup::healthy() }.serve().await;
        let document = surface.get(&path).await.json();
        assert_eq!(document["servers"], json!([{"url": server}]));
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}

#[tokio::test]
async fn it_is_a_valid_openapi_document() {
    let surface = every_state().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, surface.get("/api/v1/openapi.json").await.body).unwrap();
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools-venv/bin/python");
    let output =
        Command::new(python).args(["-m", "openapi_spec_validator"]).arg(&file).output().unwrap_or_else(|error| {
            panic!("{python}: {error}; tests/run --install makes it, from tests/tools/requirements.txt")
        });
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}

//! What holds for every file that is shipped, by its form.

use super::tool::{debian, files_below, output, passes, python, yaml};
use crate::shipped;

#[test]
fn yamllint_finds_nothing_to_say() {
    passes(python("yamllint").args(["--strict", "--config-file", ".yamllint", "deploy", "alerts"]));
}

#[test]
fn shellcheck_finds_nothing_to_say() {
    let is_script = |name: &String| shipped::text(name).starts_with("#!");
    let scripts = files_below("deploy").into_iter().filter(is_script);
    let (python, shell): (Vec<_>, Vec<_>) =
        scripts.partition(|name| shipped::text(name).starts_with("#!/usr/bin/env python3\n"));
    assert_eq!(shell, ["deploy/debian/build", "deploy/debian/scripts/postrm", "deploy/release"]);
    // Shellcheck reads no Python: tests/run lints this one, and sbom.rs holds what it makes.
    assert_eq!(python, ["deploy/sbom"]);
    passes(debian("shellcheck").args(shell));
}

#[test]
fn each_way_to_run_it_has_its_section() {
    let guide = shipped::text("deploy/README.md");
    let files = files_below("deploy");
    let mut folders: Vec<&str> =
        files.iter().filter_map(|name| Some(name.split_once('/')?.1.split_once('/')?.0)).collect();
    folders.dedup();
    assert!(folders.len() >= 10, "{folders:?}");
    for folder in folders {
        assert!(guide.contains(&format!("({folder}/")), "deploy/README.md has no link into {folder}/");
    }
    for link in guide.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let is_there = link.contains("://") || link.starts_with('#') || shipped::path("deploy").join(link).exists();
        assert!(is_there, "deploy/README.md links to {link}, which is not there");
    }
}

#[test]
fn grafana_is_given_the_prometheus_beside_it_and_the_dashboards_where_the_package_puts_them() {
    let source = &yaml("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"][0];
    assert_eq!((&source["type"], &source["url"]), (&"prometheus".into(), &"http://127.0.0.1:9090".into()));
    let scrape = yaml("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"].clone();
    assert_eq!(source["jsonData"]["timeInterval"], scrape, "Grafana reckons with the scrape interval");
    let provider = &yaml("deploy/grafana/provisioning/dashboards/ssowatch.yml")["providers"][0];
    assert_eq!(provider["options"]["path"], "/usr/share/ssowatch/dashboards");
}

#[test]
fn what_is_built_in_docker_needs_nothing_that_is_not_copied() {
    let dockerfile = shipped::text("deploy/docker/Dockerfile");
    let copies =
        dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.contains("--from"));
    let copied: Vec<&str> = copies.flat_map(|line| line.split(' ').rev().skip(1)).collect();
    let ignored = shipped::text("deploy/docker/Dockerfile.dockerignore");
    let sent: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for part in &copied {
        assert!(sent.contains(part), "{part} is copied, and Dockerfile.dockerignore keeps it out of the context");
    }
    let mut outside = 0;
    for file in files_below("src")
        .iter()
        .filter(|name| name.ends_with(".rs") && !name.ends_with("tests.rs") && !name.ends_with("testing.rs"))
    {
        let text = shipped::text(file);
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        // Paths of include_str! and the like, also where a macro puts them together.
        for path in text.split('"').filter(|text| text.starts_with("../")) {
            let ups = path.matches("../").count();
            let top = path.trim_start_matches("../").split('/').next().unwrap_or_default();
            if ups == file.matches('/').count() {
                outside += 1;
                assert!(copied.contains(&top), "{file} includes {path}, which deploy/docker/Dockerfile does not copy");
            }
        }
    }
    assert!(outside > 3, "what is included from outside src is found");
    let context = tempfile::tempdir().unwrap();
    passes(debian("cp").arg("-R").args(copied).arg(context.path()));
    let metadata = output(
        debian(env!("CARGO"))
            .args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"])
            .current_dir(context.path()),
    );
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
}

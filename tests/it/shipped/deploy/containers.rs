//! The image and the Compose files. No image is built here: that needs an engine and a network.

use serde_json::Value;

use super::tool::{debian, passes, python, yaml};
use crate::shipped;

const DOCKERFILE: &str = "deploy/docker/Dockerfile";
const STACK: &str = "deploy/compose/compose.yml";
const ALONE: &str = "deploy/compose/ssowatch-only.yml";

/// The user of distroless images.
const USER: &str = "65532:65532";

/// A Compose file as the tool understands it, with what it extends.
fn composed(file: &str) -> Value {
    let told = passes(debian("docker-compose").args(["--file", file, "config"]));
    serde_saphyr::from_str(&told).unwrap()
}

#[test]
fn hadolint_finds_nothing_to_say() {
    passes(python("hadolint").args(["--failure-threshold", "style", DOCKERFILE]));
}

#[test]
fn compose_takes_both_files() {
    for file in [STACK, ALONE] {
        passes(debian("docker-compose").args(["--file", file, "config", "--quiet"]));
    }
}

#[test]
fn every_container_is_without_rights_and_reached_from_this_machine_alone() {
    for file in [STACK, ALONE] {
        let composed = composed(file);
        let services = composed["services"].as_object().unwrap();
        assert_eq!(services.len(), if file == STACK { 4 } else { 1 });
        for (name, service) in services {
            assert_eq!(service["read_only"], true, "{name}");
            assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
            assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
            assert!(service["user"].as_str().is_some_and(|user| !user.starts_with('0')), "{name}");
            for port in service["ports"].as_array().unwrap() {
                assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: {port}");
            }
            let (image, tag) = service["image"].as_str().unwrap().rsplit_once(':').expect("a tag");
            assert!(tag.chars().any(|letter| letter.is_ascii_digit()), "{image} has no version");
        }
    }
}

#[test]
fn image_and_compose_name_the_version_and_user_of_this_release() {
    let version = env!("CARGO_PKG_VERSION");
    let image = format!("ghcr.io/ssowatch/ssowatch:{version}");
    assert_eq!(composed(ALONE)["services"]["ssowatch"]["image"], image);
    assert_eq!(composed(STACK)["services"]["ssowatch"]["image"], image);
    let dockerfile = shipped::text(DOCKERFILE);
    assert!(dockerfile.contains(&format!("ARG VERSION={version}\n")));
    assert!(dockerfile.contains(&format!("USER {USER}\n")) && dockerfile.contains(&format!("--chown={USER} ")));
    assert!(dockerfile.contains("HEALTHCHECK") && dockerfile.contains(r#"CMD ["/usr/bin/ssowatch", "healthcheck"]"#));
    assert!(dockerfile.contains(concat!("\"", env!("CARGO_PKG_DESCRIPTION"), "\"")));
    assert_eq!(composed(ALONE)["services"]["ssowatch"]["user"], USER);
}

/// The addresses inside the stack, for those of one machine.
#[test]
fn the_stacks_own_files_are_the_examples_with_its_names() {
    let prometheus = shipped::text("deploy/prometheus/prometheus.yml")
        .replace("127.0.0.1:9093", "alertmanager:9093")
        .replace("127.0.0.1:10059", "ssowatch:10059")
        .replace(
            "# Prometheus beside one ssowatch, both as Debian packages on one machine.",
            "# As ../prometheus/prometheus.yml, with the names of compose.yml. Made from it by a test.",
        );
    shipped::is_what_the_code_makes("deploy/compose/prometheus.yml", &prometheus);
    let source = shipped::text("deploy/grafana/provisioning/datasources/prometheus.yml");
    let source = source.replace("127.0.0.1:9090", "prometheus:9090");
    shipped::is_what_the_code_makes("deploy/compose/grafana-datasource.yml", &source);
    for service in ["alertmanager:9093", "ssowatch:10059"] {
        assert!(prometheus.contains(service) && !prometheus.contains("127.0.0.1"));
        let (name, port) = service.split_once(':').unwrap();
        let ports = composed(STACK)["services"][name]["ports"].to_string();
        assert!(ports.contains(&format!("{port}:{port}")), "{ports}");
    }
}

#[test]
fn what_the_stack_mounts_is_in_this_repository() {
    let root = shipped::path("");
    for (name, service) in composed(STACK)["services"].as_object().unwrap() {
        for volume in service["volumes"].as_array().unwrap() {
            let from = volume.as_str().unwrap().split(':').next().unwrap();
            let is_there = !from.starts_with('/') || (from.starts_with(root.to_str().unwrap()) && exists(from));
            assert!(is_there, "{name} mounts {from}");
        }
    }
}

fn exists(path: &str) -> bool {
    std::path::Path::new(path).exists()
}

/// Secrets are files that each service names, never values in the files that are shipped.
#[test]
fn secrets_come_as_files() {
    let stack = yaml(STACK);
    for (name, secret) in stack["secrets"].as_object().unwrap() {
        assert_eq!(secret["file"], format!("./secrets/{name}"));
    }
    let asked = composed(STACK).to_string();
    for path in ["/etc/prometheus/secrets/smtp_password", "/etc/prometheus/secrets/pager_token"] {
        assert!(asked.contains(path) && shipped::text("deploy/alertmanager/alertmanager.yml").contains(path), "{path}");
    }
    assert!(asked.contains("/run/secrets/grafana_admin_password"));
}

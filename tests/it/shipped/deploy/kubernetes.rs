//! The Kubernetes manifests. Kustomize is not to be had here, so what it puts together is held to its rules by hand.

use serde_json::Value;

use super::tool::{files_below, output, passes, python, yaml};
use crate::shipped;

const BASE: &str = "deploy/kubernetes/base";
const OPERATOR: &str = "deploy/kubernetes/components/prometheus-operator";
const RULE: &str = "deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml";

/// The resources that a kustomization lists.
fn resources(folder: &str) -> Vec<String> {
    let listed = yaml(&format!("{folder}/kustomization.yaml"))["resources"].clone();
    listed.as_array().unwrap().iter().map(|name| format!("{folder}/{}", name.as_str().unwrap())).collect()
}

#[test]
fn kubernetes_takes_the_base() {
    passes(python("kubernetes-validate").arg("--strict").args(resources(BASE)));
}

#[test]
fn a_field_that_kubernetes_does_not_know_would_be_refused() {
    let wrong = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    let text = shipped::text(&format!("{BASE}/deployment.yaml"));
    std::fs::write(&wrong, text.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem")).unwrap();
    let said = output(python("kubernetes-validate").arg("--strict").arg(wrong.path()));
    assert!(!said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// Every file of the folder is listed, or is the config that becomes a ConfigMap.
#[test]
fn a_kustomization_lists_what_stands_beside_it() {
    let mut listed = resources(BASE);
    listed.extend([format!("{BASE}/kustomization.yaml"), format!("{BASE}/ssowatch.yml")]);
    listed.sort_unstable();
    assert_eq!(files_below(BASE), listed);
    // The probe stands in for the scrape config.
    let mut listed = resources(OPERATOR);
    listed.extend([format!("{OPERATOR}/kustomization.yaml"), format!("{OPERATOR}/probe.yaml")]);
    listed.sort_unstable();
    assert_eq!(files_below(OPERATOR), listed);
    let components = yaml(&format!("{OPERATOR}/kustomization.yaml"))["components"].clone();
    for component in components.as_array().unwrap() {
        let folder = format!("{OPERATOR}/{}", component.as_str().unwrap());
        assert_eq!(yaml(&format!("{folder}/kustomization.yaml"))["kind"], "Component");
    }
}

#[test]
fn the_pod_has_no_rights_and_what_it_names_exists() {
    let deployment = yaml(&format!("{BASE}/deployment.yaml"));
    assert_eq!(deployment["spec"]["strategy"]["type"], "Recreate");
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["image"], concat!("ghcr.io/ssowatch/ssowatch:", env!("CARGO_PKG_VERSION")));
    for (place, pointer, value) in [
        (pod, "/automountServiceAccountToken", Value::from(false)),
        (pod, "/securityContext/runAsNonRoot", Value::from(true)),
        (pod, "/securityContext/seccompProfile/type", Value::from("RuntimeDefault")),
        (container, "/securityContext/allowPrivilegeEscalation", Value::from(false)),
        (container, "/securityContext/readOnlyRootFilesystem", Value::from(true)),
        (container, "/securityContext/capabilities/drop/0", Value::from("ALL")),
    ] {
        assert_eq!(place.pointer(pointer), Some(&value), "{pointer}");
    }
    let volumes = pod["volumes"].as_array().unwrap();
    for mount in container["volumeMounts"].as_array().unwrap() {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
    let kustomization = yaml(&format!("{BASE}/kustomization.yaml"));
    assert_eq!(volumes[0]["configMap"]["name"], kustomization["configMapGenerator"][0]["name"]);
    // The rules go by the job, which the operator names after the service.
    assert_eq!(yaml(&format!("{BASE}/service.yaml"))["metadata"]["name"], "ssowatch");
}

#[test]
fn the_configuration_is_valid() {
    let config = shipped::path(BASE).join("ssowatch.yml");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    passes(command.args(["serve", "--config.check"]).arg(format!("--config.file={}", config.display())));
}

fn operator_schema() -> jsonschema::Validator {
    let schema = shipped::text("tests/fixtures/deploy/prometheus-operator.schema.json");
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

#[test]
fn the_operators_resources_have_its_fields() {
    let schema = operator_schema();
    let mut files = resources(OPERATOR);
    files.push(format!("{OPERATOR}/probe.yaml"));
    assert_eq!(files.len(), 4);
    for file in files {
        let resource = yaml(&file);
        let problems: Vec<String> = schema.iter_errors(&resource).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new(), "{file}");
    }
}

#[test]
fn a_field_that_the_operator_does_not_know_would_be_refused() {
    let mut monitor = yaml(&format!("{OPERATOR}/servicemonitor.yaml"));
    monitor["spec"]["endpoints"][0]["timeout"] = "5s".into();
    assert!(!operator_schema().is_valid(&monitor));
}

/// Both ways probe as the Prometheus example does.
#[test]
fn the_operator_probes_as_the_example_does() {
    let example = yaml("deploy/prometheus/prometheus.yml");
    let job = &example["scrape_configs"][1];
    let scrape = &yaml(&format!("{OPERATOR}/scrapeconfig.yaml"))["spec"];
    assert_eq!((&scrape["jobName"], &scrape["metricsPath"]), (&job["job_name"], &job["metrics_path"]));
    assert_eq!((&scrape["params"], &scrape["scrapeInterval"]), (&job["params"], &job["scrape_interval"]));
    let of_example = job["relabel_configs"].to_string();
    let of_operator = scrape["relabelings"].to_string().replace("ssowatch.ssowatch.svc", "127.0.0.1");
    let of_operator = of_operator.replace("sourceLabels", "source_labels").replace("targetLabel", "target_label");
    assert_eq!(of_operator, of_example);
    let probe = &yaml(&format!("{OPERATOR}/probe.yaml"))["spec"];
    assert_eq!((&probe["prober"]["path"], &probe["module"]), (&job["metrics_path"], &job["params"]["module"][0]));
}

/// The groups of a rule file, as they are written.
fn groups(file: &str) -> String {
    let text = shipped::text(file);
    let (_, groups) = text.split_once("groups:\n").unwrap_or_else(|| panic!("{file} has no groups"));
    groups.to_owned()
}

#[test]
fn the_rule_resource_is_made_from_the_rule_files() {
    let groups = ["alerts/ssowatch.rules.yml", "alerts/ssowatch.alerts.yml"].map(groups).concat();
    let indented: String =
        groups.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect();
    let made = format!(
        "# Made from alerts/ssowatch.rules.yml and alerts/ssowatch.alerts.yml by \
         `UPDATE_SHIPPED=1 cargo test --test it shipped::deploy`;\n# changes here are lost.\n\
         apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: ssowatch\nspec:\n  groups:\n{indented}"
    );
    shipped::is_what_the_code_makes(RULE, &made);
    let rules: Vec<Value> = ["alerts/ssowatch.rules.yml", "alerts/ssowatch.alerts.yml"]
        .iter()
        .flat_map(|file| yaml(file)["groups"].as_array().unwrap().clone())
        .collect();
    assert_eq!(yaml(RULE)["spec"]["groups"], Value::from(rules), "the same groups, nothing more");
}

#[test]
fn the_dashboards_become_config_maps_that_grafanas_sidecar_loads() {
    let names = files_below("dashboards").into_iter().filter(|name| name.ends_with(".json"));
    let maps: String = names
        .map(|name| name.trim_start_matches("dashboards/").to_owned())
        .map(|name| format!("  - name: {}\n    files: [{name}]\n", name.trim_end_matches(".json")))
        .collect();
    let made = format!(
        "# The dashboards as ConfigMaps, for Grafana's sidecar, which loads what has this label. It stands here because \
         kustomize\n# reads no file from outside its folder. Made by `UPDATE_SHIPPED=1 cargo test --test it \
         shipped::deploy`.\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator:\n{maps}\
         generatorOptions:\n  # Grafana takes two of one uid for a fault, so an old one must not stay.\n  disableNameSuffixHash: true\n  labels:\n    grafana_dashboard: \"1\"\n"
    );
    shipped::is_what_the_code_makes("dashboards/kustomization.yaml", &made);
    assert!(maps.contains("ssowatch-overview.json"), "{maps}");
}

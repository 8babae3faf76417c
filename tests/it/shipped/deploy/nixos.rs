//! The NixOS module, evaluated with the least of nixpkgs that it needs.

use serde_json::Value;

use super::{
    systemd::{UNIT, section},
    tool::{debian, passes},
};
use crate::shipped;

const MODULE: &str = "deploy/nixos/module.nix";

/// Calls the module as NixOS would, with one credential and one more flag, and gives its `config`.
const CALL: &str = r#"
let
  lib = {
    mkEnableOption = text: { inherit text; };
    mkOption = option: option;
    mkIf = condition: content: if condition then content else { };
    escapeShellArgs = builtins.concatStringsSep " ";
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    types = { package = "package"; str = "str"; attrsOf = x: x; listOf = x: x; };
  };
  pkgs = {
    coreutils = "/store/coreutils";
    formats.yaml = { }: { type = "yaml"; generate = name: content: "/store/${name}"; };
  };
  config.services.ssowatch = {
    enable = ENABLE;
    package = "/store/ssowatch";
    settings = { targets = [ ]; };
    credentials = { oidc_client_secret = "/run/keys/secret"; };
    extraFlags = [ "--log.level=debug" ];
  };
in (import MODULE { inherit config lib pkgs; }).config
"#;

fn evaluated(enable: &str) -> Value {
    let module = shipped::path(MODULE);
    let call = CALL.replace("ENABLE", enable).replace("MODULE", module.to_str().unwrap());
    let told = passes(debian("nix-instantiate").args(["--eval", "--strict", "--json", "--expr", &call]));
    serde_json::from_str(&told).unwrap()
}

/// A value as systemd reads it, by which NixOS and the unit may differ in spelling.
fn spelled(value: &Value) -> Vec<String> {
    match value {
        Value::Bool(value) => vec![if *value { "yes" } else { "no" }.to_owned()],
        Value::Array(values) => values.iter().flat_map(spelled).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

#[test]
fn the_module_parses_and_does_nothing_until_it_is_enabled() {
    passes(debian("nix-instantiate").args(["--parse", MODULE]));
    assert_eq!(evaluated("false"), serde_json::json!({}));
}

#[test]
fn the_module_makes_the_unit_that_the_package_has() {
    let service = &evaluated("true")["systemd"]["services"]["ssowatch"];
    let mut made = service["serviceConfig"].as_object().unwrap().clone();
    let credentials = made.remove("LoadCredential").unwrap();
    assert_eq!(credentials, serde_json::json!(["oidc_client_secret:/run/keys/secret"]));
    let start = made.remove("ExecStart").unwrap();
    assert_eq!(
        start,
        "/store/ssowatch/bin/ssowatch serve --config.file=/store/ssowatch.yml --storage.path=/var/lib/ssowatch --log.level=debug"
    );
    assert_eq!(made.remove("ExecReload").unwrap(), "/store/coreutils/bin/kill -HUP $MAINPID");

    let mut unit = section(&shipped::text(UNIT), "Service");
    for own in ["ExecStart", "ExecReload", "EnvironmentFile"] {
        unit.remove(own).unwrap();
    }
    let made: std::collections::BTreeMap<String, Vec<String>> =
        made.iter().map(|(key, value)| (key.clone(), spelled(value))).collect();
    assert_eq!(made, unit);
    let order = section(&shipped::text(UNIT), "Unit");
    assert_eq!(spelled(&service["after"]).join(" "), order["After"][0]);
    assert_eq!(spelled(&service["startLimitBurst"]), order["StartLimitBurst"]);
    assert_eq!(spelled(&service["startLimitIntervalSec"]), order["StartLimitIntervalSec"]);
}

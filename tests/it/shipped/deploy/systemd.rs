//! The systemd unit.

use std::collections::BTreeMap;

use super::tool::{debian, output, passes};
use crate::shipped;

pub const UNIT: &str = "deploy/systemd/ssowatch.service";

/// The highest exposure that the unit may have, in tenths.
const EXPOSURE: &str = "--threshold=12";

/// The settings of a section, in order of their names; those given twice in the order of the file.
pub fn section(unit: &str, name: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut inside = false;
    for line in unit.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            inside = line == format!("[{name}]");
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside) {
            found.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    found
}

#[test]
fn the_unit_exposes_little() {
    passes(debian("systemd-analyze").args(["security", "--offline=true", "--no-pager", EXPOSURE, UNIT]));
}

#[test]
fn a_unit_that_exposes_more_would_be_refused() {
    let folder = tempfile::tempdir().unwrap();
    let weaker = folder.path().join("ssowatch.service");
    std::fs::write(&weaker, shipped::text(UNIT).replace("DynamicUser=yes\n", "")).unwrap();
    let mut tool = debian("systemd-analyze");
    assert!(!output(tool.args(["security", "--offline=true", "--no-pager", EXPOSURE]).arg(weaker)).status.success());
}

/// The unit alone, and with the drop-in for containers; with a program that is there.
#[test]
fn systemd_understands_the_unit_and_its_drop_in() {
    for drop_in in [None, Some("deploy/systemd/lxc.conf")] {
        let folder = tempfile::tempdir().unwrap();
        let unit = folder.path().join("ssowatch.service");
        let text = shipped::text(UNIT).replace("/usr/bin/ssowatch", env!("CARGO_BIN_EXE_ssowatch"));
        std::fs::write(&unit, text).unwrap();
        if let Some(drop_in) = drop_in {
            let folder = folder.path().join("ssowatch.service.d");
            std::fs::create_dir(&folder).unwrap();
            std::fs::copy(shipped::path(drop_in), folder.join("lxc.conf")).unwrap();
        }
        let said = output(debian("systemd-analyze").args(["verify", "--man=no"]).arg(&unit));
        let complaints = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.status.success(), "{drop_in:?}: {complaints}");
        // Units of this machine may have faults of their own.
        assert!(!complaints.contains("ssowatch") && !complaints.contains("lxc.conf"), "{drop_in:?}: {complaints}");
    }
}

#[test]
fn the_drop_in_only_takes_away_what_the_unit_has() {
    let unit = section(&shipped::text(UNIT), "Service");
    for (key, values) in section(&shipped::text("deploy/systemd/lxc.conf"), "Service") {
        assert!(unit.contains_key(&key), "{key} is not in the unit");
        assert!(["no", "default"].contains(&values[0].as_str()), "{key}={values:?}");
    }
}

#[test]
fn the_journal_lands_in_the_services_own_folder_and_a_hangup_reloads() {
    let service = section(&shipped::text(UNIT), "Service");
    assert_eq!(service["StateDirectory"], ["ssowatch"]);
    assert!(service["ExecStart"][0].contains("--storage.path=%S/ssowatch "), "{:?}", service["ExecStart"]);
    assert!(service["ExecReload"][0].contains("-HUP $MAINPID"));
    assert_eq!((service["Type"][0].as_str(), service["DynamicUser"][0].as_str()), ("notify", "yes"));
}

//! The bill of materials: whole, of the locked versions, and the same whenever it is made of the same commit.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tool::{debian, passes};
use crate::shipped;

fn made() -> String {
    passes(&mut debian("deploy/sbom"))
}

/// The names below a table of `Cargo.toml`.
fn named(table: &str) -> Vec<String> {
    let manifest = shipped::text("Cargo.toml");
    let rows = manifest.lines().skip_while(|line| *line != table).skip(1).take_while(|line| !line.starts_with('['));
    rows.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).filter(|name| !name.starts_with('#')).collect()
}

/// Version and checksum of each locked crate that stands there once.
fn locked() -> BTreeMap<String, (String, String)> {
    let lock = shipped::text("Cargo.lock");
    let field = |block: &str, name: &str| {
        block
            .lines()
            .find_map(|line| Some(line.strip_prefix(&format!("{name} = \""))?.trim_end_matches('"').to_owned()))
    };
    let of = |block: &str| Some((field(block, "name")?, (field(block, "version")?, field(block, "checksum")?)));
    lock.split("[[package]]").filter_map(of).collect()
}

#[test]
fn the_bill_of_materials_names_each_crate_of_the_program_and_none_of_the_tests() {
    let text = made();
    assert_eq!(text, made(), "the same commit gives the same bytes");
    let bill: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    assert_eq!(bill["metadata"]["component"]["name"], "ssowatch");
    let components = bill["components"].as_array().unwrap();
    let find = |name: &str| components.iter().find(|one| one["name"] == name);
    let locked = locked();
    let needed = named("[dependencies]");
    assert!(needed.len() > 30, "{needed:?}");
    for name in needed {
        let found = find(&name).unwrap_or_else(|| panic!("{name} is missing"));
        let (version, checksum) = &locked[&name];
        if found["version"] == **version {
            assert_eq!(found["hashes"][0]["content"], **checksum, "{name}");
        }
        assert!(found["licenses"][0]["expression"].is_string(), "{name} has no licence");
    }
    for name in ["insta", "proptest", "tempfile"] {
        assert!(find(name).is_none(), "{name} is for tests alone");
    }
    let references: Vec<&str> = components.iter().filter_map(|one| one["bom-ref"].as_str()).collect();
    for row in bill["dependencies"].as_array().unwrap() {
        for needs in row["dependsOn"].as_array().unwrap() {
            assert!(references.contains(&needs.as_str().unwrap()), "{row} names what is not listed");
        }
    }
}

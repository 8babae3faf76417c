//! Files: the configuration itself and the secrets that it names.

use std::{fs, path::Path};

use ssowatch::config::Config;

use super::SMALLEST;

fn load(path: &Path) -> Result<Config, String> {
    Config::load(path, &|_| None).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
}

#[test]
fn a_missing_file_says_how_to_write_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        load(&folder.path().join("none.yml")).unwrap_err(),
        "FILE: no such file; write one with `ssowatch config init --provider URL --kasm URL`"
    );
}

#[test]
fn a_folder_and_a_file_that_is_not_text_are_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(load(folder.path()).unwrap_err().contains("is a folder"));
    let path = folder.path().join("latin1.yml");
    fs::write(&path, b"targets: []\n# caf\xe9\n").unwrap();
    assert_eq!(load(&path).unwrap_err(), "FILE: line 2 is not UTF-8; save the file as UTF-8");
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bom.yml");
    fs::write(&path, format!("\u{feff}{SMALLEST}")).unwrap();
    assert_eq!(load(&path).unwrap().targets.len(), 1);
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "s3cret\n").unwrap();
    let path = folder.path().join("ssowatch.yml");
    fs::write(&path, SMALLEST.replace(".com}\n    kasm", ".com, client_secret_file: secret}\n    kasm")).unwrap();
    let config = load(&path).unwrap();
    let secret = config.targets[0].provider.client_secret.as_ref().unwrap();
    assert_eq!(secret.read().unwrap().expose(), "s3cret");
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read_or_that_is_not_there_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ssowatch.yml");
    let secret = folder.path().join("secret");
    fs::write(&path, SMALLEST.replace(".com}\n    kasm", ".com, client_secret_file: secret}\n    kasm")).unwrap();
    let warnings = || load(&path).unwrap().warnings;

    assert_eq!(warnings().len(), 1);
    assert!(warnings()[0].contains("targets[0].provider.client_secret_file: "), "{:?}", warnings());
    assert!(warnings()[0].contains("it is read again at each use"), "{:?}", warnings());

    fs::write(&secret, "canary-value").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(warnings()[0].contains("every user of this machine can read this secret"), "{:?}", warnings());
    assert!(!warnings()[0].contains("canary-value"));

    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(warnings(), [""; 0]);
}

#[test]
fn a_file_that_the_configuration_names_and_that_cannot_be_read_is_a_warning_to_look_at_and_an_error_to_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ssowatch.yml");
    let gone = "gone.pem";
    for (settings, key) in [
        ("client_secret_file: gone.pem", "client_secret_file"),
        ("api_key_file: gone.pem", "api_key_file"),
        ("tls_config: {ca_file: gone.pem}", "tls_config.ca_file"),
        ("tls_config: {cert_file: gone.pem, key_file: gone.pem}", "tls_config.cert_file"),
        ("basic_auth: {username: watch, password_file: gone.pem}", "basic_auth.password_file"),
    ] {
        fs::write(&path, SMALLEST.replace(".com}\n    kasm", &format!(".com, {settings}}}\n    kasm"))).unwrap();
        let config = load(&path).unwrap();
        assert!(config.warnings[0].contains(key), "{settings}: {:?}", config.warnings);
        let refused = config.usable().unwrap_err();
        assert!(refused.contains(key) && refused.contains(gone), "{settings}: {refused}");
    }
    fs::write(&path, SMALLEST).unwrap();
    assert!(load(&path).unwrap().usable().is_ok());
}

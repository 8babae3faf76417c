//! Names of targets and receivers.

use url::Url;

/// The name of a target without one: its app's host, or its provider's where it has no app, and its port where that is unusual.
pub(super) fn default_name(kasm: &Url) -> String {
    let host = kasm.host_str().unwrap_or("kasm");
    kasm.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a text can be a target's name, which is a label, a part of a page's address and a word in a log.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if length > 64 {
        return Err(format!("has {length} characters; a name has at most 64"));
    }
    if name.chars().any(char::is_control) || name.trim() != name || name.is_empty() {
        return Err("a name has printable characters, and no blank at its ends".to_owned());
    }
    Ok(())
}

//! Snapshots in a file: JSON Lines, one snapshot a line, each with the version of its form.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{atomic_file, model::Snapshot};

/// Writes snapshots to a file that only its owner can read. The file is whole or as it was before: never half written.
///
/// # Errors
/// A text for a person that names the file.
pub(super) fn save<'s>(path: &Path, snapshots: impl IntoIterator<Item = &'s Snapshot>) -> Result<(), String> {
    let mut lines = Vec::new();
    for snapshot in snapshots {
        serde_json::to_writer(&mut lines, snapshot).map_err(|error| told(path, &error))?;
        lines.push(b'\n');
    }
    atomic_file::replace(path, &lines, atomic_file::PRIVATE)
        .map_err(|error| format!("cannot save to {}: {error}", path.display()))
}

/// Reads the snapshots of a file.
///
/// # Errors
/// A text for a person that names the file, the snapshot in it, and what to do.
pub(super) fn load(path: &Path) -> Result<Vec<Snapshot>, String> {
    let bytes = fs::read(path).map_err(|error| told(path, &error))?;
    let mut snapshots = Vec::new();
    for (index, value) in serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>().enumerate() {
        let place = format!("{}, snapshot {}", path.display(), index + 1);
        let value = value.map_err(|error| format!("{place}: not JSON: {error}"))?;
        snapshots.push(snapshot(value).map_err(|problem| format!("{place}: {problem}"))?);
    }
    if snapshots.is_empty() {
        return Err(format!("{}: no snapshot in it; `check --save` writes such a file", path.display()));
    }
    Ok(snapshots)
}

fn snapshot(value: Value) -> Result<Snapshot, String> {
    let format = value.get("format").and_then(Value::as_u64);
    if format != Some(u64::from(Snapshot::FORMAT)) {
        let found = format.map_or("no format number".to_owned(), |number| format!("format {number}"));
        return Err(format!(
            "{found}, and this release reads format {}; save it again with this release, or evaluate it with the one that \
             wrote it",
            Snapshot::FORMAT
        ));
    }
    serde_json::from_value(value).map_err(|error| format!("not a snapshot: {error}"))
}

fn told(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_read_back_and_only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved.jsonl");
        let mut other = Snapshot::healthy();
        other.target.name = "other".to_owned();
        let snapshots = [Snapshot::healthy(), other];
        fs::write(&path, "from before").unwrap();
        save(&path, &snapshots).unwrap();
        assert_eq!(load(&path).unwrap(), snapshots);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["saved.jsonl"], "nothing is left beside it");
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "theirs").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let problem = save(&link, [&Snapshot::healthy()]).unwrap_err();
        assert!(problem.contains("links are not followed"), "{problem}");
        assert_eq!(fs::read_to_string(&real).unwrap(), "theirs");
    }

    #[test]
    fn what_cannot_be_written_is_named_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let into_nothing = folder.path().join("no-such-folder").join("saved");
        let problem = save(&into_nothing, [&Snapshot::healthy()]).unwrap_err();
        assert!(problem.contains("no-such-folder"), "{problem}");
        let problem = save(folder.path(), [&Snapshot::healthy()]).unwrap_err();
        assert!(problem.contains("not a regular file"), "{problem}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

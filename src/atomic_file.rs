//! Writes a file whole: after a crash, a power cut or a full disk there is the old file or the new one, never a part.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use rustix::{
    fs::{AtFlags, Mode, OFlags},
    io::Errno,
};

/// Only its owner may read and write it.
pub const PRIVATE: u32 = 0o600;

/// Writes beside the file and renames. The new file has this mode, less what the process masks. A link is not followed:
/// where others may write to the folder, it may lead anywhere.
///
/// # Errors
/// The old file, if there is one, is as it was.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(io::Error::other("it is a link, and links are not followed")),
        Ok(found) if !found.is_file() => return Err(io::Error::other("not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.new", std::process::id()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Everything happens in this folder, even if its path leads elsewhere by now.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = File::from(rustix::fs::open(folder, flags, Mode::empty())?);
    let written = write_new(&folder, &beside, bytes, mode)
        .and_then(|()| Ok(rustix::fs::renameat(&folder, &beside, &folder, name)?));
    if let Err(error) = written {
        // What was begun is of no use to anybody; the first error is the one that counts.
        let _ = rustix::fs::unlinkat(&folder, &beside, AtFlags::empty());
        return Err(error);
    }
    // Without this, a power cut may undo the renaming.
    folder.sync_all()
}

fn write_new(folder: &File, name: &std::ffi::OsStr, bytes: &[u8], mode: u32) -> io::Result<()> {
    // One of a process with our id that was killed.
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(mode))?);
    file.write_all(bytes)?;
    // Before the renaming: after a power cut, the name must not lead to an empty file.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_made_and_replaced_with_its_mode_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (content, mode) in [("first", PRIVATE), ("second", PRIVATE), ("third", 0o400)] {
            replace(&path, content.as_bytes(), mode).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
            assert_eq!(names(folder.path()), ["file"]);
        }
    }

    #[test]
    fn what_a_killed_process_left_is_no_obstacle_and_no_link_is_followed_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "theirs").unwrap();
        symlink(&victim, folder.path().join(format!(".file.{}.new", std::process::id()))).unwrap();
        replace(&folder.path().join("file"), b"ours", PRIVATE).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "ours");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
        assert_eq!(names(folder.path()), ["file", "victim"]);
    }

    #[test]
    fn what_is_no_regular_file_is_left_alone_and_the_reason_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "theirs").unwrap();
        symlink(at("victim"), at("link")).unwrap();
        symlink(at("nothing"), at("dangling")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let before = names(folder.path());
        for (name, reason) in [
            ("link", "links are not followed"),
            ("dangling", "links are not followed"),
            ("folder", "not a regular file"),
            ("none/file", "No such file"),
            ("victim/file", "Not a directory"),
        ] {
            let error = replace(&at(name), b"ours", PRIVATE).unwrap_err().to_string();
            assert!(error.contains(reason), "{name}: {error}");
        }
        assert_eq!(names(folder.path()), before);
        assert_eq!(fs::read_to_string(at("victim")).unwrap(), "theirs");
    }
}

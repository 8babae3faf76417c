//! Small files that the configuration names, read whole: regular files only, up to a size, and within a time.
//!
//! A FIFO, a device or a file on a server that is gone would hold up its reader for ever, and an endless one would fill
//! the memory.

use std::{
    fs::{self, File, FileType, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::fs::OFlags;

use super::{Blocking, Limits, Unfinished};

/// The most that is read of a secret, a certificate or a key.
pub const SMALL: u64 = 1 << 20;
/// The most that is read of a configuration: 50,000 targets.
pub const CONFIGURATION: u64 = 16 << 20;

/// How long a file may take.
const WITHIN: Duration = Duration::from_secs(2);

static FILES: Blocking<(PathBuf, u64), Arc<io::Result<Vec<u8>>>> =
    Blocking::new(Limits { prompt: 8, stuck: 16, patience: Duration::from_secs(1) });

/// A file's content. Does not block.
///
/// # Errors
/// It cannot be read, is no regular file, is too large, or does not come in time. The error does not name the file.
pub async fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let key = (path.to_owned(), most);
    let owned = path.to_owned();
    unpacked(FILES.run(&key, WITHIN, move || Arc::new(content(&owned, most))).await)
}

/// The same where blocking for a moment does no harm: on a thread of its own or before the daemon runs.
///
/// # Errors
/// As [`read`].
pub fn read_here(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let key = (path.to_owned(), most);
    let owned = path.to_owned();
    unpacked(FILES.run_here(&key, WITHIN, move || Arc::new(content(&owned, most))))
}

fn unpacked(read: Result<Arc<io::Result<Vec<u8>>>, Unfinished>) -> io::Result<Vec<u8>> {
    let read = read.map_err(|unfinished| match unfinished {
        Unfinished::TimedOut => io::Error::new(
            io::ErrorKind::TimedOut,
            format!("not read within {} s: its file system hangs", WITHIN.as_secs()),
        ),
        Unfinished::Busy => io::Error::new(io::ErrorKind::ResourceBusy, "not read: too many other files hang"),
        Unfinished::Panicked => io::Error::other("reading it panicked, which is a bug"),
    })?;
    match Arc::try_unwrap(read) {
        Ok(read) => read,
        Err(shared) => match &*shared {
            Ok(bytes) => Ok(bytes.clone()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        },
    }
}

fn content(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // Before it is opened, since opening alone moves a tape or wakes a writer; after, since it may have been replaced.
    is_regular(&fs::metadata(path)?.file_type())?;
    let file = open(path)?;
    is_regular(&file.metadata()?.file_type())?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("is larger than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// Without waiting for a writer where it is a FIFO.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    // The bits of open(2) are an int in C.
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

fn is_regular(kind: &FileType) -> io::Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let what = match kind {
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("is {what}; only regular files are read")))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn only_regular_files_of_a_sensible_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("well"), "content\n").unwrap();
        std::os::unix::fs::symlink(at("well"), at("link")).unwrap();
        fs::write(at("large"), vec![b'x'; 2 << 20]).unwrap();
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (path, expected) in [
            (at("well"), Ok("content\n")),
            (at("link"), Ok("content\n")),
            (at("large"), Err("is larger than 1 MiB")),
            (at("fifo"), Err("is a FIFO; only regular files are read")),
            (at("socket"), Err("is a socket; only regular files are read")),
            ("/dev/zero".into(), Err("is a device; only regular files are read")),
            (folder.path().to_owned(), Err("is a directory")),
            (at("none"), Err("No such file or directory (os error 2)")),
        ] {
            let shown = |read: io::Result<Vec<u8>>| {
                read.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.to_string())
            };
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(shown(read(&path, SMALL).await), expected, "{}", path.display());
            assert_eq!(shown(read_here(&path, SMALL)), expected, "{}", path.display());
        }
    }
}

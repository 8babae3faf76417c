//! Where the journal is kept, by flags.

use std::{path::PathBuf, time::Duration};

use crate::{
    journal::{Journal, Retention, Storage},
    schedule::duration,
};

/// Where the journal is kept.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct StorageArgs {
    /// The folder in which the journal is kept, made if it is not there; without it, the journal is in memory
    #[arg(long = "storage.path", env = "SSOWATCH_STORAGE_PATH", value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// How long the journal is kept
    #[arg(
        long = "storage.retention.time",
        env = "SSOWATCH_STORAGE_RETENTION_TIME",
        value_name = "DURATION",
        default_value = "400d",
        value_parser = time
    )]
    time: Duration,
    /// How large the journal's file may be; the oldest events go first
    #[arg(
        long = "storage.retention.size",
        env = "SSOWATCH_STORAGE_RETENTION_SIZE",
        value_name = "SIZE",
        default_value = "64MB",
        value_parser = size
    )]
    size_bytes: u64,
}

impl StorageArgs {
    /// The file that keeps what receivers of messages were told; none without a folder.
    pub fn told(&self) -> Option<PathBuf> {
        Some(self.path.as_ref()?.join("told.json"))
    }

    /// The journal, with what is in it already.
    ///
    /// # Errors
    /// A text for a person.
    pub fn open(self) -> Result<Journal, String> {
        let Self { path, time, size_bytes } = self;
        let Some(folder) = path else { return Ok(Journal::default()) };
        let storage = Storage { folder, retention: Retention { time, size_bytes } };
        Journal::open(storage).map_err(|error| error.to_string())
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let found = duration::parse(text)?;
    if found < Duration::from_hours(1) {
        return Err("at least 1h; for example 400d".to_owned());
    }
    Ok(found)
}

/// A size in powers of 1024, as Prometheus reads `--storage.tsdb.retention.size`.
fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u32); 4] = [("KB", 10), ("MB", 20), ("GB", 30), ("B", 0)];
    const LEAST: u64 = 1 << 20;
    let problem = || format!("{text:?} is no size; write a number with B, KB, MB or GB, for example 64MB");
    let parts = UNITS.iter().find_map(|(unit, shift)| text.strip_suffix(unit).map(|number| (number, shift)));
    let (number, shift) = parts.ok_or_else(problem)?;
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift)).ok_or_else(problem)?;
    if bytes < LEAST { Err("at least 1MB; for example 64MB".to_owned()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_in_powers_of_1024() {
        for (text, bytes) in [("64MB", 64 << 20), ("2048KB", 2 << 20), ("1GB", 1 << 30), ("1048576B", 1 << 20)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "64", "64M", "64mb", "-1MB", "1.5GB", "99999999999999999999GB", "18446744073709551615GB"]
        {
            assert!(size(text).unwrap_err().contains("64MB"), "{text}");
        }
        assert!(size("1023KB").unwrap_err().contains("at least 1MB"));
    }

    #[test]
    fn a_journal_is_kept_for_an_hour_at_least() {
        assert_eq!(time("400d"), Ok(Duration::from_hours(9600)));
        assert!(time("59m").unwrap_err().contains("at least 1h"));
        assert!(time("400").unwrap_err().contains("no unit"));
    }
}

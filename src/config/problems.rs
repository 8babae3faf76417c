//! What is wrong with a configuration: every problem at once, each with file, line, column, field, and what was meant.

use std::fmt;

/// A place in the file; lines and columns count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, where it has a place.
    pub at: Option<Mark>,
    /// The field's path, for example `targets[0].provider.url`; empty for the whole file.
    pub path: String,
    /// What is wrong and what was meant, for a person. Never holds a secret.
    pub message: String,
}

/// Everything that is wrong with one configuration, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file's name as given, or the flag or variable.
    pub origin: String,
    /// At least one problem.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    /// A single problem of the whole file.
    pub(super) fn whole(origin: &str, message: impl Into<String>) -> Self {
        Self {
            origin: origin.to_owned(),
            problems: vec![Problem { at: None, path: String::new(), message: message.into() }],
        }
    }
}

impl std::error::Error for ConfigError {}

/// More lines than these help nobody: a file that is no configuration at all has a problem on each of its lines.
const MOST_LINES: usize = 100;

/// One line for each problem: `ssowatch.yml:7:5: targets[0].provider.ulr: unknown key; did you mean "url"?`
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(MOST_LINES).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write_line(f, &self.origin, problem)?;
        }
        match self.problems.len().saturating_sub(MOST_LINES) {
            0 => Ok(()),
            1 => write!(f, "\n{}: and 1 more problem", self.origin),
            more => write!(f, "\n{}: and {more} more problems", self.origin),
        }
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, origin: &str, Problem { at, path, message }: &Problem) -> fmt::Result {
    f.write_str(origin)?;
    if let Some(Mark { line, column }) = at {
        write!(f, ":{line}:{column}")?;
    }
    if !path.is_empty() {
        write!(f, ": {path}")?;
    }
    write!(f, ": {message}")
}

/// The candidate that was probably meant: at most a third of its letters differ.
pub(super) fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_ascii_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_nothing_but_problems_ends_in_how_many_more_there_are() {
        let problem = |line| Problem { at: Some(Mark { line, column: 1 }), path: String::new(), message: "no".into() };
        for (problems, lines, last) in [
            (100, 100, "a.yml:100:1: no"),
            (101, 101, "a.yml: and 1 more problem"),
            (9_000, 101, "a.yml: and 8900 more problems"),
        ] {
            let error = ConfigError { origin: "a.yml".into(), problems: (1..=problems).map(problem).collect() };
            let text = error.to_string();
            assert_eq!((text.lines().count(), text.lines().last()), (lines, Some(last)));
        }
    }

    #[test]
    fn what_was_meant_is_found_and_nothing_far_off_is_guessed() {
        let keys = ["url", "internal_url", "client_secret", "client_secret_file", "kind"];
        for (written, meant) in [
            ("ulr", Some("url")),
            ("URL", Some("url")),
            ("client-secret", Some("client_secret")),
            ("client_secret_fil", Some("client_secret_file")),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(written, keys), meant, "{written}");
        }
    }
}

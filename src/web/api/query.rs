//! Query parameters: each is named, known and stands once, or the request is refused.

use std::collections::BTreeMap;

use axum::http::Uri;
use chrono::{DateTime, TimeZone as _, Utc};
use url::form_urlencoded;

use super::Problem;
use crate::{clock::Time, render::similar};

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Query {
    values: BTreeMap<&'static str, String>,
}

impl Query {
    /// Reads the parameters; those of another name are refused.
    pub(super) fn read(uri: &Uri, known: &[&'static str]) -> Result<Self, Problem> {
        let mut values = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let Some(known) = known.iter().find(|known| **known == name) else {
                return Err(Problem::parameter(&name, unknown(&name, known)));
            };
            if values.insert(*known, value.into_owned()).is_some() {
                return Err(Problem::parameter(&name, format!("The parameter {name} stands twice.")));
            }
        }
        Ok(Self { values })
    }

    /// Refuses every parameter.
    pub(super) fn none(uri: &Uri) -> Result<(), Problem> {
        Self::read(uri, &[]).map(|_| ())
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A time: RFC 3339, or milliseconds since 1970.
    pub(super) fn time(&self, name: &str) -> Result<Option<Time>, Problem> {
        let read = |text: &str| {
            let milliseconds = text.parse().ok().and_then(|count| Utc.timestamp_millis_opt(count).single());
            milliseconds.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()))
        };
        let meant = "a time such as 2026-11-24T12:00:00Z (a + in it is written %2B), or milliseconds since 1970";
        self.parsed(name, meant, read)
    }

    /// A whole number from 1 to `most`.
    pub(super) fn count(&self, name: &str, most: usize) -> Result<Option<usize>, Problem> {
        let read = |text: &str| text.parse().ok().filter(|count| (1..=most).contains(count));
        self.parsed(name, &format!("a whole number from 1 to {most}"), read)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        self.parsed(name, "true or false", |text| text.parse().ok())
    }

    /// A value that is read by a rule; `meant` says what it must be.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        meant: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refused = || Problem::parameter(name, format!("The parameter {name} is \"{text}\"; it must be {meant}."));
        read(text).map(Some).ok_or_else(refused)
    }
}

fn unknown(name: &str, known: &[&str]) -> String {
    let rest = match (similar(name, known.iter().copied()).first(), known) {
        (Some(meant), _) => format!("did you mean {meant}?"),
        (None, []) => "there is none here.".to_owned(),
        (None, known) => format!("there are {}.", known.join(", ")),
    };
    format!("The parameter {name} is not known; {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Query, Problem> {
        Query::read(&format!("/x?{query}").parse().unwrap(), &["since", "limit", "wait"])
    }

    fn refusal<T: std::fmt::Debug>(result: Result<T, Problem>) -> String {
        format!("{:?}", result.unwrap_err())
    }

    #[test]
    fn a_time_is_written_in_two_ways() {
        let time = |text: &str| read(&format!("since={text}")).unwrap().time("since");
        let noon = Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap();
        for text in ["2026-11-24T12:00:00Z", "2026-11-24T13:00:00%2B01:00", "1795521600000"] {
            assert_eq!(time(text).unwrap(), Some(noon), "{text}");
        }
        for text in ["", "yesterday", "2026-11-24", "2026-11-24T13:00:00+01:00", "99999999999999999999"] {
            assert!(refusal(time(text)).contains("since"), "{text}");
        }
    }

    #[test]
    fn numbers_and_flags_are_held_to_their_range() {
        let count = |text: &str| read(&format!("limit={text}")).unwrap().count("limit", 10);
        assert_eq!(count("10").unwrap(), Some(10));
        for text in ["0", "11", "-1", "ten", ""] {
            assert!(refusal(count(text)).contains("from 1 to 10"), "{text}");
        }
        let flag = |text: &str| read(&format!("wait={text}")).unwrap().flag("wait");
        assert_eq!(flag("false").unwrap(), Some(false));
        assert!(refusal(flag("no")).contains("true or false"));
    }

    #[test]
    fn a_parameter_that_is_not_known_or_stands_twice_is_refused() {
        assert!(refusal(read("sinse=1")).contains("did you mean since?"));
        assert!(refusal(read("x=1")).contains("there are since, limit, wait."));
        assert!(refusal(read("limit=1&limit=2")).contains("stands twice"));
        assert!(refusal(Query::none(&"/x?a".parse().unwrap())).contains("there is none here"));
        assert!(read("").unwrap().text("since").is_none());
    }
}

//! The cookies of one side for the time of one run: name and value. They live no longer than it.

use std::{collections::BTreeMap, fmt};

use hyper::header::{HeaderValue, SET_COOKIE};

use crate::{
    collect::transport::{answer::Answer, fetch_error::FetchError, request_auth::sensitive},
    config::Secret,
};

/// More cookies than this are not kept.
const MOST: usize = 30;

/// The cookies that a side has set.
#[derive(Default)]
pub(super) struct Jar(BTreeMap<String, Secret>);

/// Neither names nor values are shown.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jar({})", self.0.len())
    }
}

impl Jar {
    /// Takes what an answer sets. An empty value takes a cookie away.
    pub(super) fn take(&mut self, answer: &Answer) {
        for value in answer.headers.get_all(SET_COOKIE) {
            let Ok(text) = value.to_str() else { continue };
            let pair = text.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            let expires = text.split(';').any(|part| part.trim().eq_ignore_ascii_case("max-age=0"));
            if value.is_empty() || expires {
                self.0.remove(&name);
            } else if !name.is_empty() && (self.0.len() < MOST || self.0.contains_key(&name)) {
                self.0.insert(name, Secret::new(value));
            }
        }
    }

    /// The `Cookie` header. By hand: with a plain HTTP address on loopback, cookies are marked `Secure` all the same.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>, FetchError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let all: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect();
        sensitive(all.join("; ")).map(Some)
    }

    /// Whether a cookie whose name ends so is there.
    pub(super) fn has(&self, ending: &str) -> bool {
        self.0.keys().any(|name| name.ends_with(ending))
    }

    /// What no text may repeat.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::recorded::answer;

    #[test]
    fn cookies_are_kept_by_name_sent_together_and_taken_away_by_an_empty_value() {
        let mut jar = Jar::default();
        assert_eq!(jar.header().unwrap(), None);
        jar.take(&answer(200, &[("set-cookie", "__Host-session=one; Path=/; Secure"), ("set-cookie", "b=two")], ""));
        jar.take(&answer(200, &[("set-cookie", "__Host-session=three; Max-Age=60")], ""));
        assert_eq!(jar.header().unwrap().unwrap().to_str().unwrap(), "__Host-session=three; b=two");
        assert!(jar.has("session") && !format!("{jar:?}").contains("three"));
        jar.take(&answer(204, &[("set-cookie", "__Host-session=; Path=/"), ("set-cookie", "b=x; Max-Age=0")], ""));
        assert_eq!(jar.header().unwrap(), None);
    }
}

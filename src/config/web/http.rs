//! Reads `http_server_config` and `rate_limit`.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};

use super::{
    super::reader::{Field, Marked, Reader, Section},
    did_you_mean_exactly, given, truth,
};
use crate::schedule::duration;

/// How many requests are answered: a bucket of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The time in which one more request becomes possible.
    pub interval: Duration,
    /// How many may come at once. At least 1.
    pub burst: u32,
}

/// The headers that may be set, and the values that they may have, where these are few.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

/// The headers of every answer.
pub(super) fn headers(reader: &mut Reader<'_>, field: Field) -> Vec<(HeaderName, HeaderValue)> {
    let read = reader.section(field, |reader, section| {
        // We speak HTTP/1.1 to every client, which `true` allows, too: it is the default there.
        truth(reader, section, "http2");
        let named = section.take("headers").map(|field| reader.named(field)).unwrap_or_default();
        named.into_iter().filter_map(|(name, field)| header(reader, &name, field)).collect()
    });
    read.unwrap_or_default()
}

fn header(reader: &mut Reader<'_>, name: &Marked<String>, field: Field) -> Option<(HeaderName, HeaderValue)> {
    let Some((_, values)) = HEADERS.iter().find(|(known, _)| *known == name.value) else {
        let known = HEADERS.map(|(known, _)| known);
        let meant = did_you_mean_exactly(&name.value, &known);
        let hint = meant
            .map_or_else(|| format!("known here: {}", known.join(", ")), |meant| format!("did you mean \"{meant}\"?"));
        reader.problem(&name.place, format!("this header cannot be set; {hint}"));
        return None;
    };
    let text = reader.text_or_empty(field)?;
    if !values.is_empty() && !values.contains(&text.value.as_str()) {
        reader.problem(&text.place, format!("{:?} is not one of: {}", text.value, values.join(", ")));
        return None;
    }
    // Blank leaves it as it is.
    if text.value.trim().is_empty() {
        return None;
    }
    let value =
        HeaderValue::from_str(&text.value).map_err(|_| "holds a line break or another control character".to_owned());
    let value = reader.check(&text.place, value)?;
    let name = name.value.parse().map_err(|_| "is not a header's name".to_owned());
    Some((reader.check(&text.place, name)?, value))
}

/// The rate; none where the interval is 0.
pub(super) fn rate(reader: &mut Reader<'_>, field: Field) -> Option<Rate> {
    reader.section(field, |reader, section| {
        let interval = given(reader, section, "interval");
        let burst = burst(reader, section);
        let interval = interval.and_then(|text| reader.check(&text.place, duration::parse(&text.value)))?;
        if interval.is_zero() {
            return None;
        }
        match burst {
            Some(burst) if burst > 0 => Some(Rate { interval, burst }),
            _ => {
                let place = section.place.clone();
                if !reader.has_problem_below(&place) {
                    reader.problem(&place, "a \"burst\" of 0 lets no request through; write 1 or more");
                }
                None
            }
        }
    })?
}

fn burst(reader: &mut Reader<'_>, section: &mut Section) -> Option<u32> {
    let text = given(reader, section, "burst")?;
    let number = text.value.parse().map_err(|_| format!("{:?} is not a number of requests, such as 20", text.value));
    reader.check(&text.place, number)
}

//! Answers for the tests of the reading halves: recorded from real releases, or written down.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{
    collect::transport::answer::Answer,
    model::{HttpTiming, Snapshot},
};

/// The answer of a file in `tests/fixtures/observe`.
pub(super) fn recorded(text: &str) -> Answer {
    let recording: Value = serde_json::from_str(text).unwrap();
    let response = &recording["response"];
    let headers: Vec<(&str, &str)> = response["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let body = match &response["body"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let path = recording["request"]["path"].as_str().unwrap();
    Answer { url: format!("https://id.example.test{path}").parse().unwrap(), ..answer(status, &headers, &body) }
}

/// An answer as written down here.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    Answer {
        url: "https://id.example.test/asked".parse().unwrap(),
        status,
        headers: map,
        body: body.as_bytes().to_vec(),
        timing: HttpTiming::default(),
        middle: Snapshot::healthy().taken_at,
        withheld: false,
    }
}

/// An answer of JSON.
pub(super) fn json(status: u16, body: &str) -> Answer {
    answer(status, &[("content-type", "application/json")], body)
}

/// A web page.
pub(super) fn html(status: u16, body: &str) -> Answer {
    answer(status, &[("content-type", "text/html; charset=utf-8")], body)
}

/// A redirect.
pub(super) fn redirect(status: u16, location: &str) -> Answer {
    answer(status, &[("location", location)], "")
}

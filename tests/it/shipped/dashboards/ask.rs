//! Questions to a real Prometheus.

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{frames::Answer, panel::Panel, parse::as_sent};
use crate::end_to_end::prometheus::{Prometheus, until};

pub fn escaped(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// The series that a query gives, by the API for one time or for a range of times.
///
/// # Errors
/// Prometheus refuses it; what it says.
pub async fn ask(prometheus: &Prometheus, query: &str, over_time: bool) -> Result<Vec<Value>, String> {
    if over_time {
        return ask_over(prometheus, query, 30.0).await;
    }
    answered(prometheus, &format!("/api/v1/query?query={}", escaped(query))).await
}

/// The same over the last seconds.
async fn ask_over(prometheus: &Prometheus, query: &str, seconds: f64) -> Result<Vec<Value>, String> {
    let now = prometheus.value("vector(time())").await;
    let (query, start) = (escaped(query), now - seconds);
    answered(prometheus, &format!("/api/v1/query_range?query={query}&start={start}&end={now}&step=1")).await
}

async fn answered(prometheus: &Prometheus, path: &str) -> Result<Vec<Value>, String> {
    let answer = until("an answer of the API", async || prometheus.api(path).await).await;
    if answer["status"] == "success" {
        return Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default());
    }
    Err(answer["error"].as_str().unwrap_or("no error is told").to_owned())
}

/// The answers to the queries of a panel, for one time.
pub async fn answers(prometheus: &Prometheus, panel: &Panel, target: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for query in &panel.queries {
        answers.push(prometheus.query(&as_sent(&query.expr, target)).await.unwrap_or_default());
    }
    answers
}

/// A series over time: labels, and values by time.
pub type Line = (Value, Vec<(f64, f64)>);

/// The series of a query over the last seconds.
pub async fn over_time(prometheus: &Prometheus, query: &str, seconds: f64) -> Vec<Line> {
    let found = ask_over(prometheus, query, seconds).await.unwrap();
    let point = |point: &Value| (point[0].as_f64().unwrap(), point[1].as_str().unwrap().parse().unwrap());
    let points = |one: &Value| one["values"].as_array().unwrap().iter().map(point).collect();
    found.iter().map(|one| (one["metric"].clone(), points(one))).collect()
}

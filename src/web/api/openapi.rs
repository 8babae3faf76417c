//! What describes this interface (OpenAPI 3.1).

use std::sync::LazyLock;

use axum::{extract::State, http::Uri};
use serde_json::{Value, json};

use super::{Answer, Problem, Query, Shared, Told};

/// The description, typed by hand beside the code; a test reads it and holds real answers against it.
static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| serde_json::from_str(include_str!("openapi.json")).ok());

pub(super) async fn document(State(app): Shared, uri: Uri) -> Told {
    Query::none(&uri)?;
    let mut document = DOCUMENT.clone().ok_or_else(|| Problem::internal("the description cannot be read"))?;
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["servers"] = json!([{"url": format!("{}/api/v1", app.options.base())}]);
    Answer::of(&document)
}

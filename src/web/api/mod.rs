//! The JSON interface, `/api/v1`: what the pages tell, for programs. `openapi.json` describes it, and a test holds real
//! answers against that.
//!
//! Every answer is JSON with an `ETag`, every refusal a problem (RFC 9457), also those that come from elsewhere: an unknown
//! path, another method, a missing login.

mod annotations;
mod answer;
mod change;
mod changes;
mod checks;
mod fields;
mod history;
mod maintenance;
mod openapi;
mod problem;
mod query;
mod run_now;
mod stats;
mod targets;

use axum::{
    extract::{Request, State},
    http::{Method, header::IF_NONE_MATCH},
    middleware::Next,
    response::Response,
    routing::{MethodRouter, get, post},
};

pub(super) use run_now::ByHand;

use self::{answer::Answer, problem::Problem, query::Query};
use super::{App, Shared};

/// The version of the form, as `check --output json` has it: more fields may follow, these stay.
const FORMAT: u32 = crate::render::json::FORMAT;

/// What every handler gives.
type Told = Result<Answer, Problem>;

/// The handler of a path under `/api/v1`; none for another path.
pub(super) fn handler(path: &str) -> Option<MethodRouter<App>> {
    Some(match path.strip_prefix("/api/v1")? {
        "/status" => get(targets::status),
        "/targets" => get(targets::all),
        "/targets/{name}" => get(targets::one),
        "/targets/{name}/fields" => get(fields::fields),
        "/targets/{name}/changes" => get(changes::of_target),
        "/targets/{name}/history" => get(history::history),
        "/targets/{name}/check" => post(run_now::check),
        "/checks" => get(checks::all),
        "/checks/{id}" => get(checks::one),
        "/changes" => get(changes::all),
        "/annotations" => get(annotations::annotations),
        "/maintenance" => get(maintenance::list).post(maintenance::begin),
        "/maintenance/end" => post(maintenance::end),
        "/stats" => get(stats::stats),
        "/openapi.json" => get(openapi::document),
        _ => return None,
    })
}

/// Gives every answer under `/api` its manners: an answer that the client has already is not sent again, and a refusal
/// is a problem wherever it came from.
pub(super) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix(app.options.route_prefix.trim_end_matches('/')).unwrap_or(path);
    if path != "/api" && !path.starts_with("/api/") {
        return next.run(request).await;
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(IF_NONE_MATCH).filter(|_| is_read).cloned();
    let response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        return problem::of(response).await;
    }
    answer::unless_known(response, known.as_ref())
}

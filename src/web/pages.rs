//! What answers with a page, a badge or a calendar.

use axum::{
    extract::{self, Extension, Path, Query},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    App, PATHS, Shared, Viewer, badge, calendar,
    page::{self, View},
    text,
};

/// Who asks, as [`super::access::guard`] notes it.
type By = Extension<Viewer>;

impl App {
    fn view(&self, viewer: Viewer) -> View<'_> {
        View { journal: &self.journal, windows: &self.windows, now: self.clock.now(), options: &self.options, viewer }
    }
}

#[derive(Deserialize)]
pub(super) struct IndexQuery {
    page: Option<usize>,
}

pub(super) async fn index(
    extract::State(app): Shared,
    Extension(viewer): By,
    Query(query): Query<IndexQuery>,
) -> Html<String> {
    let page = query.page.unwrap_or(1);
    Html(page::index(&app.results.entries(), page, &app.view(viewer)))
}

pub(super) async fn target(extract::State(app): Shared, Extension(viewer): By, Path(name): Path<String>) -> Response {
    match app.results.entry(&name) {
        Some(entry) => Html(page::target(&entry, &app.view(viewer))).into_response(),
        None => missing(&app, viewer),
    }
}

pub(super) async fn checks(extract::State(app): Shared, Extension(viewer): By, Path(name): Path<String>) -> Response {
    match app.results.entry(&name) {
        Some(entry) => Html(page::checks(&entry, &app.view(viewer))).into_response(),
        None => missing(&app, viewer),
    }
}

#[derive(Deserialize)]
pub(super) struct ChangesQuery {
    target: Option<String>,
    before: Option<u64>,
}

pub(super) async fn changes(
    extract::State(app): Shared,
    Extension(viewer): By,
    Query(query): Query<ChangesQuery>,
) -> Html<String> {
    let asked = page::Asked { target: query.target, before: query.before };
    Html(page::changes(&asked, &app.view(viewer)))
}

/// The badge may stand on any page, and is asked anew each time.
pub(super) async fn badge(extract::State(app): Shared, Path(name): Path<String>) -> Response {
    let Some(entry) = app.results.entry(&name) else { return text(StatusCode::NOT_FOUND, "No target has this name.") };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    (headers, badge::badge(&entry, app.clock.now())).into_response()
}

pub(super) async fn expiries(extract::State(app): Shared, Path(name): Path<String>) -> Response {
    let latest = app.results.entry(&name).and_then(|entry| entry.latest.clone());
    let calendar = latest.and_then(|latest| calendar::calendar(&latest.report, &latest.snapshot, &app.options));
    match calendar {
        Some(calendar) => ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], calendar).into_response(),
        None => text(StatusCode::NOT_FOUND, "No date is known for a target of this name."),
    }
}

pub(super) async fn not_found(extract::State(app): Shared, Extension(viewer): By) -> Response {
    missing(&app, viewer)
}

/// A page that says what exists.
fn missing(app: &App, viewer: Viewer) -> Response {
    let page = page::not_found(&PATHS, &app.results.entries(), &app.view(viewer));
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

//! What answers with a page, a badge or a calendar.

use std::sync::Arc;

use axum::{
    extract::{self, Extension, Path, Query},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    App, PATHS, Shared, Viewer, badge, calendar, feed,
    page::{self, View},
    text,
};

/// Who asks, as [`super::access::guard`] notes it.
type By = Extension<Viewer>;

impl App {
    /// Shows something as it is now.
    fn show<T>(&self, viewer: Viewer, show: impl FnOnce(&View<'_>) -> T) -> T {
        let config = Arc::clone(&self.config.borrow());
        let (journal, windows, options) = (&*self.journal, &*self.windows, &self.options);
        show(&View { journal, windows, now: self.clock.now(), options, config: &config, viewer })
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
    Html(app.show(viewer, |view| page::index(&app.results.entries(), page, view)))
}

pub(super) async fn target(extract::State(app): Shared, Extension(viewer): By, Path(name): Path<String>) -> Response {
    match app.results.entry(&name) {
        Some(entry) => Html(app.show(viewer, |view| page::target(&entry, view))).into_response(),
        None => missing(&app, viewer),
    }
}

pub(super) async fn checks(extract::State(app): Shared, Extension(viewer): By, Path(name): Path<String>) -> Response {
    match app.results.entry(&name) {
        Some(entry) => Html(app.show(viewer, |view| page::checks(&entry, view))).into_response(),
        None => missing(&app, viewer),
    }
}

pub(super) async fn feed(extract::State(app): Shared, Extension(viewer): By) -> Response {
    let feed = app.show(viewer, feed::feed);
    ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], feed).into_response()
}

pub(super) async fn check(extract::State(app): Shared, Extension(viewer): By, Path(id): Path<String>) -> Response {
    match app.show(viewer, |view| page::check(&id, view)) {
        Some(page) => Html(page).into_response(),
        None => missing(&app, viewer),
    }
}

pub(super) async fn runbook(extract::State(app): Shared, Extension(viewer): By, Path(alert): Path<String>) -> Response {
    match app.show(viewer, |view| page::runbook(&alert, view)) {
        Some(page) => Html(page).into_response(),
        None => missing(&app, viewer),
    }
}

pub(super) async fn clients(extract::State(app): Shared, Extension(viewer): By) -> Html<String> {
    Html(app.show(viewer, |view| page::clients(&app.results.entries(), view)))
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
    Html(app.show(viewer, |view| page::changes(&asked, view)))
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
    let page = app.show(viewer, |view| page::not_found(&PATHS, &app.results.entries(), view));
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

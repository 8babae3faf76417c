//! Who may see what: each path tells nothing, verdicts, or more.

use axum::{
    extract::{MatchedPath, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use super::{App, text};

/// How much a path tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Nothing about the targets: whether the process lives.
    Nothing,
    /// To the public, verdicts only: no addresses, ids or values. To others, all of it.
    Verdicts,
    /// More than verdicts.
    All,
}

/// Who asks; in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody: sees verdicts only.
    Public,
    /// Somebody who may see all.
    Full,
}

/// Notes who asks, and refuses what is not for them.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let viewer = if app.options.public { Viewer::Public } else { Viewer::Full };
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    if viewer == Viewer::Public && path.is_some_and(|path| app.tells(&path) == Tells::All) {
        return text(
            StatusCode::FORBIDDEN,
            "This page shows verdicts only (--web.public): there is no more to see here.",
        );
    }
    request.extensions_mut().insert(viewer);
    next.run(request).await
}

//! The maintenance window that a target is in.

use super::{View, escape::clipped, words::time};
use crate::web::Viewer;

/// The longest reason, in characters.
const REASON: usize = 200;

/// Until when it lasts and what it means, and to those who may see all, why. Nothing where none is open.
pub(super) fn line(target: &str, view: &View<'_>) -> String {
    let Some(window) = view.windows.active(view.now, target) else { return String::new() };
    let reason = window.reason.filter(|_| view.viewer == Viewer::Full);
    let reason = reason.map(|reason| format!(": {}", clipped(&reason, REASON))).unwrap_or_default();
    let until = time(window.until);
    format!("<p class=\"note\">Maintenance until {until}{reason}; messages are held back, checks go on.</p>\n")
}

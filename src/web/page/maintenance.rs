//! The maintenance window that a target is in.

use maud::{Markup, html};

use super::{View, text::clipped, words::time};
use crate::web::Viewer;

/// The longest reason, in characters.
const REASON: usize = 200;

/// Until when it lasts and what it means, and to those who may see all, why. Nothing where none is open.
pub(super) fn line(target: &str, view: &View<'_>) -> Markup {
    let Some(window) = view.windows.active(view.now, target) else { return html! {} };
    let reason = window.reason.filter(|_| view.viewer == Viewer::Full);
    html! {
        p.note {
            "Maintenance until " (time(window.until))
            @if let Some(reason) = reason { ": " (clipped(&reason, REASON)) }
            "; messages are held back, checks go on."
        }
    }
}

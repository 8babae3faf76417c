//! One shape for each state, so that nobody needs colour to tell them apart.

use crate::render::path::State;

const ALL: [State; 6] = [State::Ok, State::Broken, State::Degraded, State::AtRisk, State::Unknown, State::Unproven];

/// The class of a state: its colour, and the id of its shape.
pub(super) fn class(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Broken => "broken",
        State::Degraded => "degraded",
        State::AtRisk => "risk",
        State::Unknown => "unknown",
        State::Unproven => "open",
    }
}

/// A disc with a tick, an octagon with a cross, a triangle, a clock, a lozenge with a question mark, a broken ring: each
/// on a square of 16.
fn shape(state: State) -> &'static str {
    match state {
        State::Ok => {
            "<path fill='currentColor' stroke='none' fill-rule='evenodd' \
             d='M8 .8a7.2 7.2 0 1 0 0 14.4A7.2 7.2 0 1 0 8 .8ZM4 8.3l1.2-1.2 2 2 3.8-4 1.2 1.1-5 5.3Z'/>"
        }
        State::Broken => {
            "<path fill='currentColor' stroke='none' fill-rule='evenodd' \
             d='M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5Zm.2 3L3.8 5.2 6.6 8l-2.8 2.8 1.4 1.4L8 9.4l2.8 2.8 1.4-1.4L9.4 8l2.8-2.8-1.4-1.4L8 6.6Z'/>"
        }
        State::Degraded => {
            "<path fill='currentColor' stroke='none' fill-rule='evenodd' \
             d='M8 1l7.6 14H.4ZM7.1 5.8h1.8v4.6H7.1Zm0 5.7h1.8v1.8H7.1Z'/>"
        }
        State::AtRisk => "<circle cx='8' cy='8' r='6.3'/><path d='M8 4.3V8l2.7 1.6'/>",
        State::Unknown => {
            "<path d='M8 1l7 7-7 7-7-7Z'/><path stroke-width='1.5' d='M6.3 6.7a1.75 1.75 0 1 1 2.5 1.6c-.6.3-.8.6-.8 1.1M8 10.7v1.1'/>"
        }
        State::Unproven => "<circle cx='8' cy='8' r='6.3' stroke-dasharray='2.6 2.4'/>",
    }
}

/// The shapes, once for a page.
pub(super) fn shapes() -> String {
    let symbol = |state| format!("<symbol id=\"i-{}\" viewBox=\"0 0 16 16\">{}</symbol>", class(state), shape(state));
    let symbols: String = ALL.into_iter().map(symbol).collect();
    format!("<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"vh\">{symbols}</svg>\n")
}

/// A state's shape in its place. The word stands beside it.
pub(super) fn icon(state: State) -> String {
    let class = class(state);
    format!("<svg class=\"i {class}\" aria-hidden=\"true\"><use href=\"#i-{class}\"/></svg>")
}

/// A state's shape as the icon of the page, in the address itself (RFC 2397).
pub(super) fn favicon(state: State) -> String {
    let colour = match state {
        State::Ok => "%231a7f37",
        State::Broken => "%23d1242f",
        State::Degraded | State::AtRisk | State::Unknown => "%23bf8700",
        State::Unproven => "%236e7781",
    };
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' color='{colour}' fill='none' \
         stroke='{colour}' stroke-width='1.75'>{}</svg>",
        shape(state)
    )
    .replace('<', "%3C")
    .replace('>', "%3E")
}

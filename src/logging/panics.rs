//! Panics: told by their place, and not by what they say, which may quote what a server sent.

use std::{
    panic::PanicHookInfo,
    sync::{Arc, OnceLock},
};

tokio::task_local! {
    /// Where the code that runs here panicked.
    static PLACE: Arc<OnceLock<String>>;
}

/// Lets the caller tell of a panic in this future: its place then stands in the cell, and the panic hook logs nothing.
pub fn noting_panics<F: Future>(future: F) -> (impl Future<Output = F::Output>, Arc<OnceLock<String>>) {
    let place = Arc::new(OnceLock::new());
    (PLACE.scope(Arc::clone(&place), future), place)
}

/// The panic hook: logs where something panicked, unless somebody waits to tell it himself.
pub(super) fn tell(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let noted = PLACE.try_with(|noted| noted.set(place.clone()).is_ok());
    if noted != Ok(true) {
        tracing::error!(place, "ssowatch panicked, which is a bug; please report it with this place");
    }
}

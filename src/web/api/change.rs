//! What a request must be like that has something done.

use axum::http::{HeaderMap, StatusCode, header};

use super::Problem;
use crate::web::Options;

/// Refuses it where such requests are off, for the reason `off`, and where it is not JSON: no form of a page can send that,
/// and a script of another origin has to ask first. [`crate::web::access::guard`] has refused other origins before.
pub(super) fn may_change(options: &Options, headers: &HeaderMap, off: &str) -> Result<(), Problem> {
    if !options.enable_lifecycle {
        return Err(Problem::new(StatusCode::FORBIDDEN, off));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "A request that has something done needs the header Content-Type: application/json.";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_may_have_something_done_and_only_where_that_is_on() {
        let on = Options { enable_lifecycle: true, ..Options::default() };
        for (kind, may) in [
            (Some("application/json"), true),
            (Some("Application/JSON; charset=utf-8"), true),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/jsonp"), false),
            (None, false),
        ] {
            let kind = kind.map(|kind| (header::CONTENT_TYPE, kind.parse().unwrap()));
            let headers: HeaderMap = kind.into_iter().collect();
            assert_eq!(may_change(&on, &headers, "It is off.").is_ok(), may, "{headers:?}");
            assert!(may_change(&Options::default(), &headers, "It is off.").is_err(), "{headers:?}");
        }
    }
}

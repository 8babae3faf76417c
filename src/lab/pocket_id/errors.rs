//! Error answers in the shape of each release.

use serde_json::{Value, json};

use super::Answer;
use crate::{lab::random, providers::pocket_id::Version};

/// An error of the REST API: `{"error"}`, from 2.13 with `code`, `details` and `request_id`.
pub(in crate::lab) struct RestError {
    pub status: u16,
    /// The text up to 2.12.
    pub text: &'static str,
    /// The text from 2.13, where it differs.
    pub new_text: Option<&'static str>,
    pub code: &'static str,
    /// `details.resource` from 2.13.
    pub resource: Option<&'static str>,
}

pub(in crate::lab) const CLIENT_UNKNOWN: RestError = RestError {
    status: 404,
    text: "Record not found",
    new_text: Some("OIDC client not found"),
    code: "not_found",
    resource: Some("OIDC client"),
};
pub(in crate::lab) const NOT_SIGNED_IN: RestError = RestError::of(401, "You are not signed in", "not_signed_in");
pub(super) const NO_PERMISSION: RestError =
    RestError::of(403, "You don't have permission to perform this action", "forbidden");
pub(in crate::lab) const DISABLED: RestError = RestError::of(403, "User account is disabled", "user_disabled");
pub(super) const ACCESS_DENIED: RestError =
    RestError::of(403, "You're not allowed to access this service", "oidc_access_denied");
pub(in crate::lab) const NOT_FOUND: RestError = RestError::of(404, "Record not found", "not_found");
pub(in crate::lab) const SOMETHING_WRONG: RestError = RestError::of(500, "Something went wrong", "internal_error");
pub(super) const SETUP_DONE: RestError = RestError::of(404, "Not found", "setup_not_available");
pub(in crate::lab) const TOO_MANY: RestError = RestError::of(429, "Too many requests", "rate_limited");

impl RestError {
    pub(in crate::lab) const fn of(status: u16, text: &'static str, code: &'static str) -> Self {
        Self { status, text, new_text: None, code, resource: None }
    }

    /// The answer of that release.
    pub(in crate::lab) fn answer(&self, version: Version) -> Answer {
        if version < Version::new(2, 13) {
            return legacy(self.status, self.text);
        }
        let mut body =
            json!({"error": self.new_text.unwrap_or(self.text), "code": self.code, "request_id": random::uuid()});
        if let Some(resource) = self.resource {
            body["details"] = json!({"resource": resource});
        }
        Answer::json(self.status, &body)
    }
}

/// `{"error": text}`: every error up to 2.9, and the REST API's up to 2.12.
pub(super) fn legacy(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"error": text}))
}

/// No such endpoint: the same on every release that answers JSON there.
pub(super) fn no_such_endpoint() -> Answer {
    legacy(404, "API endpoint not found")
}

/// An error of the OAuth library from 2.10 (RFC 6749, section 5.2).
pub(super) fn oauth(status: u16, error: &str, description: &str) -> Answer {
    oauth_json(status, &json!({"error": error, "error_description": description}))
}

/// An answer of the OAuth library from 2.10: its own content type and cache headers.
pub(super) fn oauth_json(status: u16, body: &Value) -> Answer {
    Answer::of(status, "application/json;charset=UTF-8", body.to_string())
        .with("Cache-Control", "no-store")
        .with("Pragma", "no-cache")
}

pub(super) const INVALID_REQUEST: &str = "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.";
pub(super) const INVALID_CLIENT: &str = "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).";
pub(super) const INVALID_GRANT: &str = "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.";
pub(super) const UNAUTHORIZED: &str =
    "The request could not be authorized. Check that you provided valid credentials in the right format.";
pub(super) const INVALID_STATE: &str = "The state is missing or does not have enough characters and is therefore considered too weak. Request parameter 'state' must be at least be 8 characters long to ensure sufficient entropy.";

//! A token of the provider verifies by its published keys.

use super::{Check, SeverityRule, needs_client_secret};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "token_verifies",
    severity: SeverityRule::DEGRADED,
    title: "A fresh token verifies by the published keys",
    why: "A token that the published keys do not verify is refused by everybody who looks; two instances with \
           different keys, or a cached key set, do that.",
    mend: "See that all instances of Pocket ID share one database and key, and that nothing caches \
           /.well-known/jwks.json.",
    needs: &[Credential::ClientSecret],
    since: "",
    source: "RFC 7515; RFC 9068; OpenID Connect Core 1.0, section 10.1",
    fields: &[],
    run: needs_client_secret,
};

//! The protocol as pure types: bytes in, facts out.

pub mod conformance;

mod address;
mod authorize_url;
mod discovery;
mod json;
mod jwks;
mod key_material;
mod text;
mod token;

pub use address::{is_internal, is_issuer_of, is_loopback, is_template};
pub use authorize_url::{AuthorizeUrl, State};
pub use discovery::Discovery;
pub use json::{Json, JsonLimits, JsonProblem, at_most, parse_json, parse_json_within};
pub use jwks::{Jwk, Jwks};
pub use text::{cut, demands_assertion, distinct, escaped_json, is_unshown, one_line, short};
pub use token::{Signature, TokenFacts};

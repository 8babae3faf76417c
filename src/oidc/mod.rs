//! The protocol as pure types: bytes in, facts out.

mod authorize_url;
mod discovery;
mod json;
mod jwks;
mod token;

pub use authorize_url::{AuthorizeUrl, State};
pub use discovery::Discovery;
pub use json::{Json, JsonProblem, parse_json};
pub use jwks::{Jwk, Jwks};
pub use token::{Signature, TokenFacts};

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

pub use address::{is_issuer_of, is_loopback, is_template};
pub use authorize_url::{AuthorizeUrl, State};
pub use discovery::Discovery;
pub use json::{Json, JsonProblem, parse_json};
pub use jwks::{Jwk, Jwks};
pub use text::{cut, one_line, short};
pub use token::{Signature, TokenFacts};

//! What the canary is by itself: a software passkey, the file that keeps it, and the record of its runs. Nothing here
//! talks to a server; `collect::sign_in` does.

pub mod authenticator;
pub mod passkey_file;
pub mod runs;

pub use authenticator::{Passkey, Refusal};
pub use passkey_file::Enrolled;

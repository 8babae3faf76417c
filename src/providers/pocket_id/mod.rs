//! What is Pocket ID's own, pure: which release answers, and by which rules that release matches redirect URIs.

mod asked_of;
mod bases;
mod dialect;
mod profile;
mod redirect;
mod registration;
mod traces;

pub use asked_of::AskedOf;
pub use bases::Bases;
pub(super) use dialect::span_of;
pub use dialect::{Dialect, Version, VersionSpan};
pub use profile::PROFILE;
pub use redirect::{Registered, registered};
pub use registration::{
    AllowedGroup, ApiKeyEntry, ClientRegistration, GroupEntry, GroupMembers, ListedClient, Paged, Pagination,
    SecretEntry, parse_answer,
};
pub use traces::SignInTraces;

//! What is known of the kinds of apps (relying parties).

pub mod callbacks;
pub mod kasm;

mod catalogue;
mod login;
mod profile;
mod words;

pub use catalogue::AppKind;
pub use login::{
    KnownMethod, KnownStart, KnownUrlIn, LoginMethod, LoginRequest, Parts, StartAnswer, StartOf, StartRead, UrlIn,
};
pub use profile::{AppForms, AppProfile, Grade, Pkce, ProviderName, is_path_of};
pub use words::AppName;

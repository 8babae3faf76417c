//! The look, against servers that behave and servers that do not.

pub mod pair;
pub mod pki;
pub mod relay;
pub mod server;

mod clients;
mod garbage;
mod hostile;
mod reading;
mod sharing;
mod trust;
mod where_to;

//! The look, against servers that behave and servers that do not.

pub mod pair;
pub mod pki;
pub mod relay;
pub mod server;

mod apps;
mod clients;
mod garbage;
mod hostile;
mod limits;
mod own_settings;
mod pulse;
mod reading;
mod recognised;
mod sharing;
mod trust;
mod where_to;

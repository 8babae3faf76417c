//! The look, against servers that behave and servers that do not.

mod pair;
mod pki;
mod relay;
mod server;

mod garbage;
mod hostile;
mod reading;
mod sharing;
mod trust;
mod where_to;

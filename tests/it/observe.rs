//! The look, against servers that behave and servers that do not.

mod pair;
mod server;

mod reading;

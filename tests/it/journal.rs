//! The journal on disk.

mod kept;
mod rounds;

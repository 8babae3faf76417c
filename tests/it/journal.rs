//! The journal on disk.

mod kept;
mod killed;
mod refused;
mod retention;
mod rounds;

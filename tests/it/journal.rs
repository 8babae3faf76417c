//! The journal on disk.

mod changes;
mod disk;
mod kept;
mod killed;
mod refused;
mod restart;
mod retention;
mod rounds;
mod vanished;

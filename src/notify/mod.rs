//! Tells receivers what happens, for who has no monitoring stack: a message when a target breaks, and one when it is
//! mended.
//!
//! Nothing is queued. For each receiver a [`Ledger`] holds what is so (each change confirmed by a second look) and what
//! the receiver was told; what differs is the next message. So a break and a mend that could not be delivered meanwhile
//! become one message, what is superseded is never sent, and a receiver that does not answer costs no memory. The ledger,
//! the pace and the words are pure; the [`Desk`](desk) beside the rounds reads the board, asks for second looks, and
//! sends, so that no receiver ever delays a round.

mod course;
pub mod desk;
pub mod heartbeat;
mod ledger;
pub mod maintenance;
pub mod memory;
mod message;
mod pace;
mod second_look;
pub mod send;
mod sight;
#[cfg(test)]
mod tests;
mod words;

pub use ledger::{Ledger, Rules};
pub use message::{Item, Matter, Message, Phase};
pub use sight::Sight;
pub use words::{text, title, value};

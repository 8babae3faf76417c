//! Tells receivers what happens, for who has no monitoring stack: a message when a target breaks, and one when it is
//! fixed.
//!
//! Nothing is queued. For each receiver a [`ReceiverState`] holds what is so (each change confirmed by a second look) and what
//! the receiver was told; what differs is the next message. So a break and a fix that could not be delivered meanwhile
//! become one message, what is superseded is never sent, and a receiver that does not answer costs no memory. The receiver_state,
//! the backoff and the words are pure; the [`Notifier`](notifier) beside the rounds reads the results, asks for second looks, and
//! sends, so that no receiver ever delays a round.

mod alert_state;
mod backoff;
mod confirmation;
pub mod heartbeat;
pub mod maintenance;
pub mod memory;
mod message;
pub mod notifier;
mod receiver_state;
pub mod send;
mod target_status;
#[cfg(test)]
mod tests;
mod words;

pub use message::{AlertKey, Item, Message, Phase};
pub use receiver_state::{ReceiverState, Rules};
pub use target_status::TargetStatus;
pub use words::{text, title, value};

//! How sign-in stood over time.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Time,
    model::{Known, Login},
};

/// A time through which sign-in at a target stood the same, as seen by rounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first round of it.
    pub from: Time,
    /// The last round of it, or the first of the next one.
    pub to: Time,
    /// How it stood.
    pub login: Login,
    /// The check that was the cause, where it was broken.
    pub cause: Option<String>,
}

/// What was so when sign-in was last seen to work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Good {
    /// The round that saw it.
    pub at: Time,
    /// The watched values of that round, by source.
    pub known: Vec<Known>,
}

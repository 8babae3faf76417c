//! Every fault of the lab is found, has the right cause, and nothing else is said; a healthy lab of every kind gives none.

mod fixes;
mod healthy;
mod hostile;
pub mod stage;
pub mod surfaces;
mod table;

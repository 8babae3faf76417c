//! A fault in the lab becomes one page: lab, daemon, Prometheus, Alertmanager and a receiver, all real.
//!
//! The examples' times are divided by [`SCALE`]: a round every 10 s for every minute, scraped and evaluated every 2.5 s for
//! every 15 s, settings every 50 s for every 5 minutes, and every `for`, `keep_firing_for`, range and group time likewise.
//! What the sixth of a time shows holds for the whole of it, as nothing here takes long by itself: a round takes
//! milliseconds. That the sum of the examples' own times stays within 3 and 8 minutes is asserted from their files.

mod receiver;
mod shards;
mod stack;

/// Routes that tell nobody.
const NOBODY: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

//! The style sheet and the script. The answers' policy allows these very texts by their hashes.

/// Light and dark by the reader's setting; a state is shown by shape and word, colour only adds to it.
pub const STYLE: &str = include_str!("style.css");

/// Shows the page anew every half minute, and says so when the daemon no longer answers. All is there without it.
pub const SCRIPT: &str = include_str!("script.js");

//! What a check means.

//! The API: its answers, its description, its errors.

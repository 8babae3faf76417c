//! Tests of `telling`.

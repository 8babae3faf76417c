//! Tests of `parsers`.

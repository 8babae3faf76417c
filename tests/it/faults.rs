//! Tests of `faults`.

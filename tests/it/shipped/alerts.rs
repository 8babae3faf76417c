//! Alert rules, recording rules and runbooks.

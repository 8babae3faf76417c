//! The lab: a Pocket ID and a Kasm made of our own code, for the demo and the tests, with faults one can switch on.

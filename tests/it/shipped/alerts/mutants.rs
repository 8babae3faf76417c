//! What is changed in a rule must be noticed by its tests.

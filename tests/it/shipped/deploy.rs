//! The unit, the packages and the manifests.

//! Tells systemd how the service is.

//! Messages, heartbeats and maintenance windows.

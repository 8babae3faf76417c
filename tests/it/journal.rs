//! The journal on disk: restarts, kills, full disks, other versions.

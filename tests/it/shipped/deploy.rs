//! The unit, the packages and the manifests: each held to the tool that its users have, and run as far as that can be
//! done without root's powers over the reader's system.

mod alertmanager;
mod containers;
mod debian;
mod flags;
mod kubernetes;
mod nixos;
mod prometheus;
mod quadlet;
mod sbom;
mod server;
mod syscalls;
mod systemd;
mod text;
mod tool;

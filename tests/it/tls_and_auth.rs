//! TLS, logins, sockets and limits.

mod canary;
mod client_certs;
mod files;
mod limits;
mod logins;
mod process;
mod promtool;
mod scraped;
mod sockets;
mod support;
mod tls;

//! TLS, logins, sockets and limits.

mod client_certs;
mod logins;
mod support;
mod tls;

//! TLS, logins, sockets and limits.

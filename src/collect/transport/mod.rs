//! HTTP, TLS and connections: what may be sent where, how often, and what came of it.

pub(in crate::collect) mod answer;
pub(in crate::collect) mod budget;
pub(in crate::collect) mod certificate;
pub(in crate::collect) mod connect_trace;
pub(in crate::collect) mod connection;
pub(in crate::collect) mod fetch_error;
pub(in crate::collect) mod http;
pub mod local;
pub(in crate::collect) mod origin_client;
pub(in crate::collect) mod probed;
pub(in crate::collect) mod proxy;
pub(in crate::collect) mod request_auth;
pub(in crate::collect) mod side_client;
pub(in crate::collect) mod tls;
pub(in crate::collect) mod trust;
pub mod webhook_client;

//! TLS of the HTTP surface.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    sign::SingleCertAndKey,
};

use super::client_cert::ClientCerts;
use crate::config::{ClientAuth, WebTls};

/// The settings, for rustls.
///
/// # Errors
/// They cannot be used together.
pub(super) fn server_config(tls: &WebTls) -> Result<ServerConfig, String> {
    let provider = Arc::new(CryptoProvider {
        cipher_suites: tls.cipher_suites.clone(),
        kx_groups: tls.groups.clone(),
        ..aws_lc_rs::default_provider()
    });
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&tls.versions)
        .map_err(|error| format!("tls_server_config: {error}"))?;
    let builder = match tls.client_auth {
        ClientAuth::NoClientCert => builder.with_no_client_auth(),
        _ => builder.with_client_cert_verifier(Arc::new(ClientCerts::new(tls, provider)?)),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from((*tls.identity).clone())));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ignore_client_order = tls.prefers_own_order;
    Ok(config)
}

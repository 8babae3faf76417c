//! Kasm's stored OpenID configs: `get_oidc_configs` of the developer API, by a key with *Auth View*.

use serde_json::json;

use super::developer_api::{DeveloperApi, Permission};
use crate::{
    apps::kasm::OidcConfigs,
    collect::transport::fetch_error::{self, FetchError},
    model::Reason,
};

const NEEDS: Permission = Permission { name: "Auth View", is_required: true };

/// Asks for the stored configs.
///
/// # Errors
/// Why there are none.
pub(in crate::collect) async fn collect(api: &DeveloperApi<'_>) -> Result<OidcConfigs, FetchError> {
    read(&api.call("get_oidc_configs", json!({}), NEEDS).await?)
}

fn read(body: &[u8]) -> Result<OidcConfigs, FetchError> {
    match OidcConfigs::parse(body) {
        Ok(Ok(configs)) => Ok(configs),
        Ok(Err(said)) => {
            Err(FetchError::failed(Reason::Body, format!("Kasm answers with an error of its own: {said}")))
        }
        Err(problem) => Err(fetch_error::of_json(&problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configs_are_read_and_another_shape_is_none() {
        assert_eq!(read(br#"{"oidc_configs":[]}"#).unwrap().configs, []);
        assert_eq!(read(br#"{"oidc_configs":[{"oidc_id":"A-1"}]}"#).unwrap().configs[0].id.as_deref(), Some("a1"));
        for body in ["{}", "[]", "<H1>Internal Error</H1>", "", r#"{"error_message":"no"}"#] {
            assert!(matches!(read(body.as_bytes()), Err(FetchError::Failed { reason: Reason::Body, .. })), "{body}");
        }
    }
}

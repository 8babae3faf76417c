//! Kasm's release: `system_info` of the developer API, by a key with *System View* (the answer's form is unconfirmed).

use serde_json::json;

use super::developer_api::{DeveloperApi, Permission};
use crate::{
    apps::kasm::{KasmVersion, build_of},
    collect::transport::fetch_error::{self, FetchError},
};

const NEEDS: Permission = Permission { name: "System View", is_required: false };

/// Asks for the release.
///
/// # Errors
/// IntoMissing it is not known.
pub(in crate::collect) async fn collect(api: &DeveloperApi<'_>) -> Result<KasmVersion, FetchError> {
    let body = api.call("system_info", json!({}), NEEDS).await?;
    build_of(&body).map(|build| KasmVersion { build }).map_err(|problem| fetch_error::of_body(&problem))
}

//! Kasm's release: `system_info` of the developer API, by a key with *System View* (the answer's form is unconfirmed).

use serde_json::json;

use super::{
    developer_api::{DeveloperApi, Permission},
    reasons::{self, Stop},
};
use crate::{kasm::build_of, model::KasmVersion};

const NEEDS: Permission = Permission { name: "System View", is_required: false };

/// Asks for the release.
///
/// # Errors
/// Why it is not known.
pub(super) async fn look(api: &DeveloperApi<'_>) -> Result<KasmVersion, Stop> {
    let body = api.call("system_info", json!({}), NEEDS).await?;
    build_of(&body).map(|build| KasmVersion { build }).map_err(|problem| reasons::of_json(&problem))
}

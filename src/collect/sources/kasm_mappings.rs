//! Kasm's group mappings, by a key with *Groups View*: `get_groups` names the groups, `get_sso_mappings_group` gives the
//! mappings of one.
//!
//! `get_groups` is in no documentation; several public clients of the developer API go by it. Groups of the system's own
//! (All Users) need *Groups View System* besides: what only that would show is left out.

use serde_json::json;

use super::developer_api::{DeveloperApi, Permission};
use crate::{
    apps::kasm::GroupMapping,
    apps::kasm::{GroupName, groups_of, mappings_of},
    collect::transport::fetch_error::{self, FetchError},
};

const NEEDS: Permission = Permission { name: "Groups View", is_required: false };
const NEEDS_FOR_SYSTEM_GROUPS: Permission = Permission { name: "Groups View System", is_required: false };

/// More groups than this are not asked about.
const MOST_GROUPS: usize = 10;

/// Asks for the mappings of at most ten groups, one after the other.
///
/// # Errors
/// IntoMissing they are not known.
pub(in crate::collect) async fn collect(api: &DeveloperApi<'_>) -> Result<Vec<GroupMapping>, FetchError> {
    let body = api.call("get_groups", json!({}), NEEDS).await?;
    let groups = groups_of(&body).map_err(|problem| fetch_error::of_body(&problem))?;
    let mut found = Vec::new();
    for group in groups.iter().take(MOST_GROUPS) {
        match of_group(api, group).await {
            Ok(mappings) => found.extend(mappings),
            // This one group is out of reach.
            Err(FetchError::OutOfReach(_)) if groups.len() > 1 => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(found)
}

async fn of_group(api: &DeveloperApi<'_>, group: &GroupName) -> Result<Vec<GroupMapping>, FetchError> {
    let parameters = json!({"group_id": group.id});
    let body = api.call("get_sso_mappings_group", parameters, NEEDS_FOR_SYSTEM_GROUPS).await?;
    mappings_of(&body, &group.name).map_err(|problem| fetch_error::of_body(&problem))
}

//! What Pocket ID has registered for Kasm's client, and, where only groups may use it, the list of groups with their
//! counts of members: those in the registration are always 0 (measured).

use super::provider_key::{ProviderKey, client_segment};
use crate::{
    collect::transport::fetch_error::FetchError,
    model::{Missing, Registration},
    providers::pocket_id::{ClientRegistration, GroupEntry, Paged, Registered, VersionSpan, registered},
};

/// Asks for the registration of a client.
pub(in crate::collect) async fn collect(key: &ProviderKey<'_>, client_id: &str) -> Result<Registration, Missing> {
    let answer = key.ask(&["oidc", "clients", &client_segment(client_id)], &[]).await?;
    if answer.status == 404 {
        return Err(key.stop(FetchError::status(404, "HTTP 404: Pocket ID has no client of that ID")));
    }
    let client: ClientRegistration = key.read(&answer)?;
    let groups = if needs_groups(&client) { Some(groups(key).await?) } else { None };
    Ok(Registration { client, groups })
}

/// Whether the members of groups decide who may sign in. Before 2.0 an empty list of groups let everybody in.
fn needs_groups(client: &ClientRegistration) -> bool {
    client.is_group_restricted != Some(false) && !client.allowed_user_groups.is_empty()
}

/// Whether nothing in it bars Kasm's users, as far as it tells: else it is asked again soon, so that a fix shows.
pub(in crate::collect) fn lets_in(seen: &Registration, version: Option<VersionSpan>, sent: Option<&str>) -> bool {
    let client = &seen.client;
    let demands = [client.is_public, client.pkce_enabled, client.requires_pushed_authorization_requests];
    let is_closed = client.is_group_restricted == Some(true) && client.allowed_user_groups.is_empty();
    let takes = |(version, sent)| registered(version, &client.callback_urls, sent) == Registered::Yes;
    !demands.contains(&Some(true)) && !is_closed && !has_no_members(seen) && version.zip(sent).is_none_or(takes)
}

/// Whether groups decide, and each that may use the client is known to be empty.
fn has_no_members(seen: &Registration) -> bool {
    let groups = seen.groups.as_deref().unwrap_or_default();
    let is_empty = |id: &str| groups.iter().any(|group| group.id == id && group.user_count == Some(0));
    needs_groups(&seen.client) && seen.client.allowed_user_groups.iter().all(|allowed| is_empty(&allowed.id))
}

async fn groups(key: &ProviderKey<'_>) -> Result<Vec<GroupEntry>, Missing> {
    let query = [("pagination[page]", "1"), ("pagination[limit]", "100")];
    Ok(key.get::<Paged<GroupEntry>>(&["user-groups"], &query).await?.data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::pocket_id::parse_answer;

    #[test]
    fn groups_without_members_let_nobody_in() {
        let client: ClientRegistration = parse_answer(
            br#"{"id":"c1","name":"Kasm","isGroupRestricted":true,"allowedUserGroups":[{"id":"a1","name":"kasm-users"}]}"#,
        )
        .unwrap();
        let of = |user_count| {
            let group = GroupEntry { id: "a1".to_owned(), name: "kasm-users".to_owned(), user_count };
            lets_in(&Registration { client: client.clone(), groups: Some(vec![group]) }, None, None)
        };
        assert_eq!([of(Some(2)), of(Some(0)), of(None)], [true, false, true]);
        assert!(lets_in(&Registration { client: client.clone(), groups: None }, None, None), "not read");
    }

    #[test]
    fn the_list_of_groups_is_read_only_where_groups_decide() {
        let client = |rest: &str| -> ClientRegistration {
            parse_answer(format!(r#"{{"id":"c1","name":"Kasm"{rest}}}"#).as_bytes()).unwrap()
        };
        let group = r#","allowedUserGroups":[{"id":"a1","name":"kasm-users"}]"#;
        assert!(needs_groups(&client(&format!(r#","isGroupRestricted":true{group}"#))));
        assert!(needs_groups(&client(group)), "before 2.0");
        assert!(!needs_groups(&client(&format!(r#","isGroupRestricted":false{group}"#))));
        assert!(!needs_groups(&client(r#","isGroupRestricted":true,"allowedUserGroups":[]"#)));
        assert!(!needs_groups(&client("")));
    }
}

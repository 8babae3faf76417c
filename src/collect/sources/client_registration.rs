//! What Pocket ID has registered for Kasm's client, and, where only groups may use it, the list of groups with their
//! counts of members: those in the registration are always 0 (measured).

use std::collections::HashSet;

use super::provider_key::{ProviderKey, client_segment};
use crate::{
    collect::transport::fetch_error::FetchError,
    model::{Missing, Registration},
    providers::pocket_id::{ClientRegistration, GroupEntry, GroupMembers, Paged, Registered, VersionSpan, registered},
};

/// Groups are asked for their members only where these are so few that all of them may be disabled.
const FEW_MEMBERS: u64 = 5;
/// And only where so few groups may use the client.
const MOST_GROUPS: usize = 2;

/// Asks for the registration of a client.
pub(in crate::collect) async fn collect(key: &ProviderKey<'_>, client_id: &str) -> Result<Registration, Missing> {
    let answer = key.ask(&["oidc", "clients", &client_segment(client_id)], &[]).await?;
    if answer.status == 404 {
        return Err(key.stop(FetchError::status(404, "HTTP 404: Pocket ID has no client of that ID")));
    }
    let client: ClientRegistration = key.read(&answer)?;
    let groups = if needs_groups(&client) { Some(groups(key, &client).await?) } else { None };
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
    let empty: HashSet<&str> =
        groups.iter().filter(|group| group.able() == Some(0)).map(|group| group.id.as_str()).collect();
    let mut allowed = seen.client.allowed_user_groups.iter();
    needs_groups(&seen.client) && allowed.all(|allowed| empty.contains(allowed.id.as_str()))
}

/// The groups; where those that may use the client have few members, with how many of these are enabled.
async fn groups(key: &ProviderKey<'_>, client: &ClientRegistration) -> Result<Vec<GroupEntry>, Missing> {
    let query = [("pagination[page]", "1"), ("pagination[limit]", "100")];
    let mut groups = key.get::<Paged<GroupEntry>>(&["user-groups"], &query).await?.data;
    let is_allowed = |group: &GroupEntry| client.allowed_user_groups.iter().any(|allowed| allowed.id == group.id);
    let allowed: Vec<&mut GroupEntry> = groups.iter_mut().filter(|group| is_allowed(group)).collect();
    let members: u64 = allowed.iter().map(|group| group.user_count.unwrap_or(u64::MAX)).fold(0, u64::saturating_add);
    if allowed.len() <= MOST_GROUPS && (1..=FEW_MEMBERS).contains(&members) {
        for group in allowed {
            let seen: GroupMembers = key.get(&["user-groups", &group.id], &[]).await?;
            let enabled = seen.users.iter().filter(|member| !member.disabled).count();
            group.enabled_count = Some(enabled as u64);
        }
    }
    Ok(groups)
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
            let group =
                GroupEntry { id: "a1".to_owned(), name: "kasm-users".to_owned(), user_count, enabled_count: None };
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

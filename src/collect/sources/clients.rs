//! All clients that Pocket ID has registered, page by page.

use super::provider_key::ProviderKey;
use crate::{
    collect::transport::fetch_error::bounded,
    model::{Missing, ProviderClient, ProviderClients},
    providers::pocket_id::{ListedClient, Paged},
};

/// The most pages, of a hundred clients each.
const MOST_PAGES: u64 = 5;
/// The most callbacks of one client, and the most secrets: 20 is what Pocket ID lets it have.
const MOST_OF_ONE: usize = 20;

/// Asks for the clients. Never for a secret, which nobody can read.
pub(in crate::collect) async fn collect(key: &ProviderKey<'_>) -> Result<ProviderClients, Missing> {
    let mut found = ProviderClients { clients: Vec::new(), total: 0 };
    for number in 1..=MOST_PAGES {
        let page = number.to_string();
        let query = [("pagination[page]", page.as_str()), ("pagination[limit]", "100")];
        let page: Paged<ListedClient> = key.get(&["oidc", "clients"], &query).await?;
        found.total = page.pagination.total_items;
        found.clients.extend(page.data.into_iter().map(client));
        if number >= page.pagination.total_pages {
            break;
        }
    }
    Ok(found)
}

fn client(listed: ListedClient) -> ProviderClient {
    let is_restricted = listed.is_restricted();
    let callbacks = listed.callback_urls.iter().take(MOST_OF_ONE).map(|callback| bounded(callback)).collect();
    let secrets = listed.credentials.secrets.map(|mut secrets| {
        secrets.truncate(MOST_OF_ONE);
        secrets
    });
    ProviderClient {
        id: bounded(&listed.id),
        name: bounded(&listed.name),
        callbacks,
        is_public: listed.is_public,
        requires_pkce: listed.pkce_enabled,
        is_restricted,
        secrets,
        last_used_at: listed.last_used_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::pocket_id::parse_answer;

    /// The clients of a recording.
    fn recorded(text: &str) -> Vec<ProviderClient> {
        let body = serde_json::from_str::<serde_json::Value>(text).unwrap()["response"]["body"].take();
        let page: Paged<ListedClient> = parse_answer(body.to_string().as_bytes()).unwrap();
        page.data.into_iter().map(client).collect()
    }

    #[test]
    fn the_list_of_any_recorded_release_is_read() {
        let new = recorded(include_str!("../../../tests/fixtures/pocket-id/2.14.0/client_list.json"));
        let kasm = &new[0];
        assert_eq!((kasm.name.as_str(), kasm.is_restricted), ("Kasm Workspaces", Some(true)));
        assert_eq!(kasm.callbacks, ["https://kasm.example.test/api/oidc_callback"]);
        assert_eq!(kasm.secrets.as_ref().map(|secrets| secrets[0].prefix.as_str()), Some("lHmG"));
        let public = new.iter().find(|client| client.is_public == Some(true)).unwrap();
        assert_eq!((public.requires_pkce, public.secrets.as_ref().map(Vec::len)), (Some(true), Some(0)));
        for text in [
            include_str!("../../../tests/fixtures/pocket-id/1.16.0/client_list.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.3.0/client_list.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.9.0/client_list.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.10.0/client_list.json"),
        ] {
            let clients = recorded(text);
            assert!(clients.len() >= 4, "{text}");
            assert!(clients.iter().all(|client| client.secrets.is_none() && client.is_restricted.is_some()), "{text}");
        }
    }
}

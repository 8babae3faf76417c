//! When somebody signed in to Kasm's client last, by Pocket ID's audit log. Opt-in: `last_sign_in.enabled`.

use serde::Deserialize;

use super::provider_key::ProviderKey;
use crate::{
    clock::Time,
    model::{LastSignIn, Missing},
    providers::pocket_id::Paged,
};

/// What the log calls a sign-in to a client: one that the user has consented to before, and the first.
const EVENTS: [&str; 2] = ["CLIENT_AUTHORIZATION", "NEW_CLIENT_AUTHORIZATION"];

/// An entry of the log: of the person and the address nothing is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    created_at: Time,
    event: String,
}

/// Asks for the newest entries about a client, which the log knows by its name.
pub(in crate::collect) async fn collect(key: &ProviderKey<'_>, client_name: &str) -> Result<LastSignIn, Missing> {
    let query = [
        ("filters[clientName]", client_name),
        ("sort[column]", "createdAt"),
        ("sort[direction]", "desc"),
        ("pagination[page]", "1"),
        ("pagination[limit]", "20"),
    ];
    Ok(last(&key.get::<Paged<Entry>>(&["audit-logs", "all"], &query).await?.data))
}

fn last(entries: &[Entry]) -> LastSignIn {
    let at = entries.iter().filter(|entry| EVENTS.contains(&entry.event.as_str())).map(|entry| entry.created_at).max();
    LastSignIn { at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::pocket_id::parse_answer;

    #[test]
    fn the_newest_sign_in_to_the_client_counts() {
        let read = |entries: &str| -> LastSignIn {
            let body = format!(r#"{{"data":[{entries}],"pagination":{{"totalPages":1,"totalItems":2}}}}"#);
            last(&parse_answer::<Paged<Entry>>(body.as_bytes()).unwrap().data)
        };
        let entry = |at: &str, event: &str| format!(r#"{{"createdAt":"{at}","event":"{event}","username":"alice"}}"#);
        let old = entry("2026-11-24T04:09:12Z", "NEW_CLIENT_AUTHORIZATION");
        let new = entry("2026-11-24T05:09:12Z", "CLIENT_AUTHORIZATION");
        let other = entry("2026-11-24T06:09:12Z", "NEW_DEVICE_CODE_AUTHORIZATION");
        let seen = read(&[old, new, other].join(",")).at.unwrap();
        assert_eq!(seen.to_rfc3339(), "2026-11-24T05:09:12+00:00");
        assert_eq!(read("").at, None);
    }
}

//! Which of the addresses in a discovery document are asked, and where.

use url::Url;

use crate::{
    collect::transport::{
        fetch_error::{FetchError, bounded, place},
        side_client::SideClient,
    },
    providers::ProviderKind,
};

/// Where to ask for an address of the document: as written, if the config names its origin. Pocket ID's back-channel
/// addresses may have a base that only its neighbours reach (`INTERNAL_APP_URL`); it serves the same paths on the public
/// one, so they are asked there. An origin of another provider that the config does not name is never contacted.
pub(in crate::collect) fn reachable(provider: &SideClient, written: &str, kind: ProviderKind) -> Option<Url> {
    let url = Url::parse(written).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if provider.names(&url) {
        return Some(url);
    }
    (kind == ProviderKind::PocketId).then(|| provider.at(url.path()))
}

/// What is said of an address that is not asked.
pub(in crate::collect) fn foreign(field: &str, written: &str) -> FetchError {
    let place = Url::parse(written).map_or_else(|_| "no web address".to_owned(), |url| place(&url));
    FetchError::OutOfReach(bounded(&format!(
        "the discovery document's {field} names another origin ({place}), which the config does not"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_address_is_named_without_its_query() {
        let FetchError::OutOfReach(why) = foreign("jwks_uri", "https://u:p@x.test/keys?token=1") else { panic!() };
        assert!(why.contains("(https://x.test/keys)"), "{why}");
        assert!(matches!(foreign("jwks_uri", "keys"), FetchError::OutOfReach(why) if why.contains("no web address")));
    }
}

//! What ends at a known time, in words.

/// The words for an item of [`crate::model::Expiry`].
#[must_use]
pub fn in_words(item: &str) -> String {
    match item {
        "provider_certificate" => "The provider's certificate".to_owned(),
        "app_certificate" => "Kasm's certificate".to_owned(),
        "client_secret" => "The client secret".to_owned(),
        "provider_key" => "Our Pocket ID key".to_owned(),
        other => other.replace('_', " "),
    }
}

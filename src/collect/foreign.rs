//! The readers of foreign bytes that stand below this module, by themselves: for whoever feeds them anything, without a
//! server.

use hyper::{
    HeaderMap,
    header::{HeaderValue, RETRY_AFTER},
};
use rustls::pki_types::CertificateDer;

use super::{
    sources::html,
    transport::{answer::http_date, certificate, fetch_error::retry_after},
};
use crate::{clock::Time, model::Certificate};

/// What is read out of a web page.
#[derive(Debug)]
pub struct PageParts {
    /// Its title.
    pub title: Option<String>,
    /// The addresses of its scripts.
    pub scripts: Vec<String>,
    /// Its words.
    pub words: String,
    /// The fields of its form.
    pub fields: Vec<(String, String)>,
}

/// Reads a web page.
#[must_use]
pub fn page(text: &str) -> PageParts {
    let fields = html::form(text).map(|form| form.fields).unwrap_or_default();
    PageParts { title: html::title(text), scripts: html::scripts(text), words: html::words(text), fields }
}

/// The facts of certificates as served.
#[must_use]
pub fn certificates(chain: &[Vec<u8>]) -> Vec<Certificate> {
    let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    // What hangs on them is read the same way.
    let _ = (
        certificate::is_self_signed(&chain),
        certificate::has_issuer_of_leaf(&chain),
        certificate::common_time(&chain),
    );
    certificate::facts(&chain)
}

/// How many seconds `Retry-After` asks to wait, and the time of an HTTP date.
#[must_use]
pub fn times(text: &str, now: Time) -> (Option<i64>, Option<Time>) {
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_str(text).ok().map(|value| (RETRY_AFTER, value)));
    (retry_after(&headers, now).map(|wait| wait.num_seconds()), http_date(text))
}

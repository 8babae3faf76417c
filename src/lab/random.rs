//! Random texts: ids, nonces, states.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB";

/// Random bytes.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The system's generator does not fail once it works; zeros would only make an id of the lab less unique.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes
}

/// Letters and digits, as Kasm's library makes its `state`.
pub(super) fn letters(count: usize) -> String {
    std::iter::repeat_with(|| char::from(LETTERS[usize::from(bytes::<1>()[0] % 64)])).take(count).collect()
}

/// A random version 4 UUID.
pub(super) fn uuid() -> String {
    let mut id = bytes::<16>();
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Random bytes as base64url.
pub(super) fn base64url<const N: usize>() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<N>())
}

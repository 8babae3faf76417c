//! JSON, deflated (zlib).

use std::io::{self, Read as _, Write as _};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Serialize, de::DeserializeOwned};

/// What one row inflates to at most: none that was written comes near.
const MOST: u64 = 64 << 20;

/// Whole texts go through: the compressor takes far longer over many small pieces than over one large one.
pub(super) fn deflated(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(value)?;
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(json.len() / 4), Compression::default());
    encoder.write_all(&json)?;
    encoder.finish()
}

pub(super) fn inflated<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    let mut json = Vec::with_capacity(bytes.len() * 6);
    ZlibDecoder::new(bytes).take(MOST).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

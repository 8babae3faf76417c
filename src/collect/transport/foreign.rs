//! What foreign servers write, with every credential of ours masked: there is no other way from their bytes to a fact.
//!
//! A server may repeat what it was sent, whole or in part, as it is or encoded. [`Mask`] knows the credentials of a
//! target and is the only thing that makes a [`ForeignText`] or [`ForeignHeaders`]; answers hold nothing else. It runs
//! before anything is read, cut or logged.

use std::{borrow::Cow, ops::Deref};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::header::{HeaderMap, HeaderValue};
use url::form_urlencoded;

use crate::{
    collect::transport::fetch_error::FetchError,
    config::{HttpSettings, Secret, Target},
    model::{Tls, Trust},
};

/// What stands in a credential's place. Nothing in it needs an escape in JSON, HTML or a header.
pub(in crate::collect) const MASKED: &str = "(masked)";

/// A part of a credential of this length, in bytes, is masked. Shorter credentials are masked whole.
const PART: usize = 8;
/// The characters of base64 that 8 bytes decide alone, wherever they stand.
const PART_BASE64: usize = 10;
/// What is shorter is no secret, and stands in every text.
const SHORTEST: usize = 4;

/// Words of the protocols, which are no secrets, whatever a credential holds.
const PUBLIC: &str = "authorization_code client_credentials client_secret_basic client_secret_post client_secret_jwt \
    private_key_jwt refresh_token preferred_username given_name family_name email_verified openid-configuration \
    application/json kasm-workspaces password access_token id_token token_type redirect_uri invalid_client \
    invalid_grant invalid_request unauthorized_client unsupported_grant_type error_description error_message";

/// Bytes that a foreign server wrote, without credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::collect) struct ForeignText(Vec<u8>);

impl ForeignText {
    /// Wipes what holds a token.
    pub(in crate::collect) fn wipe(&mut self) {
        self.0.fill(0);
    }
}

impl Deref for ForeignText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Headers that a foreign server wrote, without credentials.
#[derive(Debug, Clone, Default)]
pub(in crate::collect) struct ForeignHeaders(HeaderMap);

impl Deref for ForeignHeaders {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        &self.0
    }
}

/// The credentials that no foreign text may repeat. Holds pieces of them; never shown.
#[derive(Clone, Default)]
pub(in crate::collect) struct Mask {
    /// Every piece of [`PART`] bytes of a credential in one of its forms, as a sorted number.
    pieces: Vec<u64>,
    /// The same in base64: every piece of [`PART_BASE64`] of its characters, six bits each.
    base64: Vec<u64>,
    /// A bit for some bits of each piece of either kind: most of a text is passed over by this alone. Its length is a power of two.
    filter: Vec<u64>,
    /// Credentials that are shorter than a piece: length and number.
    short: Vec<(usize, u64)>,
    /// What the operator's own settings say openly.
    public: Vec<u8>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask(..)")
    }
}

impl Mask {
    /// A mask of these credentials. What the operator's own settings say openly is no secret, even where a credential
    /// holds it.
    pub(in crate::collect) fn new<'a>(
        secrets: impl IntoIterator<Item = &'a Secret>,
        public: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut mask = Self::default();
        for text in public {
            mask.public.extend(text.bytes().map(|byte| folded(byte.to_ascii_lowercase())));
            mask.public.push(0);
        }
        secrets.into_iter().for_each(|secret| mask.add(secret.expose()));
        for pieces in [&mut mask.pieces, &mut mask.base64] {
            pieces.sort_unstable();
            pieces.dedup();
            pieces.shrink_to_fit();
        }
        mask.short.sort_unstable();
        mask.short.dedup();
        mask.filter = vec![0; ((mask.pieces.len() + mask.base64.len()) / 8).next_power_of_two().max(64)];
        for piece in mask.pieces.iter().chain(&mask.base64) {
            let (word, bit) = filtered(&mask.filter, *piece);
            mask.filter[word] |= bit;
        }
        mask
    }

    /// The mask of all credentials of a target, as far as they can be read; what cannot be read is not sent either.
    pub(in crate::collect) fn of(target: &Target) -> Self {
        Self::new(&secrets(target), public(target))
    }

    fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let percent: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        // What a header holds behind its scheme is a credential of its own.
        for part in secret.split(' ').chain([secret, percent.as_str()]) {
            for before in 0..3 {
                self.add_base64(part, before);
            }
            // A text is read with its encodings taken away, and so is what looks like one in a credential.
            for layer in Layers::of(part.as_bytes()) {
                self.add_form(layer.bytes.iter().copied());
            }
        }
    }

    fn add_form(&mut self, form: impl Iterator<Item = u8>) {
        let form: Vec<u8> = form.map(folded).collect();
        match form.len() {
            ..SHORTEST => {}
            SHORTEST..PART => self.short.push((form.len(), number(&form))),
            PART.. => self.pieces.extend(form.windows(PART).filter(|piece| is_telling(piece)).map(number)),
        }
    }

    /// The characters of base64 that this text alone decides, with so many other bytes before it.
    fn add_base64(&mut self, text: &str, before: usize) {
        let encoded = STANDARD.encode([&vec![0; before], text.as_bytes()].concat());
        // Each character holds six bits; the first ones also hold bits of what stands before, the last ones of what
        // follows.
        let (first, end) = ((before * 8).div_ceil(6), (before + text.len()) * 8 / 6);
        if text.len() < PART {
            self.add_form(encoded.as_bytes()[first..end.max(first)].iter().copied());
            return;
        }
        let all = [&vec![0; before], text.as_bytes()].concat();
        for (at, piece) in (first..).zip(encoded.as_bytes()[first..end].windows(PART_BASE64)) {
            // What these characters stand for, in whole bytes.
            if !is_telling(&all[(at * 6).div_ceil(8)..(at + PART_BASE64) * 6 / 8]) {
                continue;
            }
            self.base64.extend(piece.iter().try_fold(0, |number, byte| Some(number << 6 | six_bits(*byte)?)));
        }
    }

    /// The same text without these credentials, too.
    pub(in crate::collect) fn again(&self, text: ForeignText) -> ForeignText {
        self.text(text.0)
    }

    /// The same headers without these credentials, too.
    pub(in crate::collect) fn headers_again(&self, headers: ForeignHeaders) -> ForeignHeaders {
        self.headers(headers.0)
    }

    /// A body.
    pub(in crate::collect) fn text(&self, bytes: Vec<u8>) -> ForeignText {
        match self.masked(&bytes) {
            Some(masked) => ForeignText(masked),
            None => ForeignText(bytes),
        }
    }

    /// The headers of an answer.
    pub(in crate::collect) fn headers(&self, mut headers: HeaderMap) -> ForeignHeaders {
        for value in headers.values_mut() {
            if let Some(masked) = self.masked(value.as_bytes()) {
                // What is left of a header, with the mask between, holds no byte that a header may not.
                *value = HeaderValue::from_bytes(&masked).unwrap_or(HeaderValue::from_static(MASKED));
            }
        }
        ForeignHeaders(headers)
    }

    /// A sentence that may quote a server.
    pub(in crate::collect) fn sentence<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.masked(text.as_bytes()) {
            Some(masked) => String::from_utf8_lossy(&masked).into_owned().into(),
            None => text.into(),
        }
    }

    /// Why there is no answer: a library's words may quote a server, too.
    pub(in crate::collect) fn stop(&self, stop: FetchError) -> FetchError {
        match stop {
            FetchError::Failed { reason, status, detail } => {
                FetchError::Failed { reason, status, detail: self.sentence(&detail).into_owned() }
            }
            FetchError::OutOfReach(why) => FetchError::OutOfReach(self.sentence(&why).into_owned()),
            FetchError::Blocked(by) => FetchError::Blocked(by),
        }
    }

    /// The names in certificates.
    pub(in crate::collect) fn tls(&self, mut tls: Tls) -> Tls {
        for certificate in &mut tls.chain {
            let names = certificate.names.iter_mut();
            for text in names.chain([&mut certificate.subject, &mut certificate.issuer]) {
                if let Cow::Owned(masked) = self.sentence(text) {
                    *text = masked;
                }
            }
        }
        if let Trust::Refused(why) = &mut tls.trust {
            *why = self.sentence(why).into_owned();
        }
        tls
    }

    /// The text with every credential masked; none where it holds none.
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        if self.filter.is_empty() {
            return None;
        }
        let spans = self.spans(text);
        if spans.is_empty() {
            return None;
        }
        let mut masked = Vec::with_capacity(text.len());
        let mut from = 0;
        for (begin, end) in spans {
            masked.extend_from_slice(&text[from..begin]);
            masked.extend_from_slice(MASKED.as_bytes());
            from = end;
        }
        masked.extend_from_slice(&text[from..]);
        Some(masked)
    }

    /// Where credentials stand, in the order of the text. It is read once for each encoding that is taken away: what looks
    /// like an escape may be a credential behind a percent sign.
    fn spans(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Layers::of(text).flat_map(|layer| self.spans_in(text, &layer)).collect();
        found.sort_unstable();
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for (begin, end) in found {
            match spans.last_mut().filter(|before| begin < before.1) {
                Some(before) => before.1 = before.1.max(end),
                None => spans.push((begin, end)),
            }
        }
        spans
    }

    fn spans_in(&self, text: &[u8], layer: &Layer<'_>) -> Vec<(usize, usize)> {
        let mut spans: Vec<Span> = Vec::new();
        let (mut last, mut last_base64, mut count_base64) = (0_u64, 0_u64, 0);
        for (count, byte) in layer.bytes.iter().enumerate() {
            let byte = folded(*byte);
            last = last << 8 | u64::from(byte);
            let mut found = |length: usize| {
                let first = count + 1 - length;
                let says: Vec<u8> = layer.bytes[first..=count].iter().map(|byte| folded(*byte)).collect();
                note(&mut spans, &Found { begin: layer.begin(first), end: layer.end(count), count, says: &says });
            };
            if count + 1 >= PART && self.may_hold(last) && self.pieces.binary_search(&last).is_ok() {
                found(PART);
            }
            match six_bits(byte) {
                None => count_base64 = 0,
                Some(bits) => {
                    last_base64 = (last_base64 << 6 | bits) & ((1 << (6 * PART_BASE64)) - 1);
                    count_base64 += 1;
                    if count_base64 >= PART_BASE64
                        && self.may_hold(last_base64)
                        && self.base64.binary_search(&last_base64).is_ok()
                    {
                        found(PART_BASE64);
                    }
                }
            }
            for (length, short) in &self.short {
                if count + 1 >= *length && last & ((1 << (8 * length)) - 1) == *short {
                    found(*length);
                }
            }
        }
        let is_secret = |span: &Span| !self.is_public(&span.says);
        spans.into_iter().filter(is_secret).map(|span| whole_characters(text, span.begin, span.end)).collect()
    }

    /// Whether a piece is perhaps in one of the lists.
    fn may_hold(&self, piece: u64) -> bool {
        let (word, bit) = filtered(&self.filter, piece);
        self.filter[word] & bit != 0
    }

    fn is_public(&self, says: &[u8]) -> bool {
        let lower = says.to_ascii_lowercase();
        let holds = |public: &[u8]| public.windows(lower.len()).any(|window| window == lower);
        let words: Vec<u8> = PUBLIC.bytes().map(folded).collect();
        holds(&self.public) || holds(&words)
    }
}

/// The credentials of a target, as far as they can be read.
pub(in crate::collect) fn secrets(target: &Target) -> Vec<Secret> {
    let (provider, app) = (&target.provider, &target.app);
    let own = [&provider.client_secret, &provider.api_key, &app.api_key, &app.api_key_secret];
    let own = own.into_iter().flatten().filter_map(|source| source.read().ok());
    let canary = target.canary.as_ref().and_then(|canary| canary.api_key.as_ref()?.read().ok());
    own.chain(canary).chain([&provider.http, &app.http].into_iter().flat_map(secrets_of)).collect()
}

/// The credentials in the settings of a connection.
pub(in crate::collect) fn secrets_of(settings: &HttpSettings) -> impl Iterator<Item = Secret> {
    let logins = settings.basic_auth.iter().chain(settings.proxy.iter().filter_map(|proxy| proxy.auth.as_ref()));
    let sources = logins.map(|(_, password)| password).chain(settings.headers.iter().map(|header| &header.value));
    sources.filter_map(|source| source.read().ok())
}

/// What the settings of a target say openly.
pub(in crate::collect) fn public(target: &Target) -> Vec<&str> {
    let (provider, app) = (&target.provider, &target.app);
    let urls = [Some(&provider.url), provider.internal_url.as_ref(), Some(&app.url)].into_iter().flatten();
    let mut texts: Vec<&str> = urls.map(url::Url::as_str).collect();
    texts.push(&target.name);
    for settings in [&provider.http, &app.http] {
        texts.extend(settings.basic_auth.iter().map(|(user, _)| user.as_str()));
        texts.extend(settings.headers.iter().map(|header| header.name.as_str()));
    }
    texts
}

/// A credential, or a part of it, in a text.
struct Span {
    begin: usize,
    end: usize,
    /// How many units of the text stand before its last one.
    count: usize,
    /// What it says, decoded and folded.
    says: Vec<u8>,
}

/// A piece of a credential in a text.
struct Found<'f> {
    begin: usize,
    end: usize,
    count: usize,
    says: &'f [u8],
}

/// Notes what was found; where it overlaps what was found before, that goes on.
fn note(spans: &mut Vec<Span>, found: &Found<'_>) {
    let Found { begin, end, count, says } = *found;
    match spans.last_mut().filter(|before| begin < before.end) {
        None => spans.push(Span { begin, end, count, says: says.to_vec() }),
        Some(before) if begin <= before.begin => *before = Span { begin, end, count, says: says.to_vec() },
        Some(before) => {
            let new = (count - before.count).min(says.len());
            before.says.extend(&says[says.len() - new..]);
            (before.end, before.count) = (end, count);
        }
    }
}

/// No character of a text is left in half.
fn whole_characters(text: &[u8], mut begin: usize, mut end: usize) -> (usize, usize) {
    let continues = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    while begin > 0 && continues(begin) {
        begin -= 1;
    }
    while continues(end) {
        end += 1;
    }
    (begin, end)
}

fn number(piece: &[u8]) -> u64 {
    piece.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether it takes a credential to write this: a run of zeros stands in any identifier.
fn is_telling(piece: &[u8]) -> bool {
    let mut bytes = piece.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len() > 2
}

/// What a character of base64 stands for; both alphabets are folded into one.
fn six_bits(byte: u8) -> Option<u64> {
    let bits = SIX_BITS[usize::from(byte)];
    (bits < 64).then_some(bits)
}

/// A table, since every byte of every answer asks. 64 stands for what is not in the alphabet.
static SIX_BITS: [u64; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [64; 256];
    let mut bits = 0;
    while bits < alphabet.len() {
        table[alphabet[bits] as usize] = bits as u64;
        bits += 1;
    }
    table
};

/// Where the bit of a piece is in the filter.
fn filtered(filter: &[u64], piece: u64) -> (usize, u64) {
    /// Mixes all bits into the upper ones (Knuth, volume 3, section 6.4).
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = piece.wrapping_mul(MIX);
    // A filter's length is far below 2^32.
    let word = (mixed >> 32) as usize & (filter.len() - 1);
    (word, 1 << (mixed >> 58))
}

/// Bytes that encodings exchange for each other count as one: both alphabets of base64, and the blanks of a form.
fn folded(byte: u8) -> u8 {
    match byte {
        b'-' | b' ' => b'+',
        b'_' => b'/',
        other => other,
    }
}

/// A text as it is written, and as it is meant where up to three encodings lie over each other, as in an address in a
/// query in JSON. Ends where there is no encoding left to take away.
struct Layers<'t> {
    next: Option<Layer<'t>>,
    left: usize,
}

/// A text with some encodings taken away.
struct Layer<'t> {
    bytes: Cow<'t, [u8]>,
    /// Where each byte stands in the text as it is written; none where it is the text itself. The bytes of one escape
    /// have one place.
    begins: Option<Vec<u32>>,
    /// How long the text is as it is written.
    length: usize,
}

impl<'t> Layers<'t> {
    fn of(text: &'t [u8]) -> Self {
        Self { next: Some(Layer { bytes: text.into(), begins: None, length: text.len() }), left: 3 }
    }
}

impl<'t> Iterator for Layers<'t> {
    type Item = Layer<'t>;

    fn next(&mut self) -> Option<Layer<'t>> {
        let layer = self.next.take()?;
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            self.next = layer.decoded();
        }
        Some(layer)
    }
}

/// The longest escape that is known, after its first byte: `\u` with two halves of a character.
const LONGEST: usize = 11;

impl<'t> Layer<'t> {
    /// Where a byte begins in the text as it is written.
    fn begin(&self, at: usize) -> usize {
        match &self.begins {
            None => at,
            // A text is at most a few megabytes long, whatever a server sends.
            Some(begins) => begins[at] as usize,
        }
    }

    /// Where a byte ends in the text as it is written.
    fn end(&self, at: usize) -> usize {
        let begin = self.begin(at);
        (at + 1..self.bytes.len()).map(|next| self.begin(next)).find(|next| *next > begin).unwrap_or(self.length)
    }

    /// Takes one encoding away: `%41`, `\u0041` and `\n` of JSON, `&#65;` and `&amp;` of HTML. None where there is none.
    fn decoded(&self) -> Option<Self> {
        let bytes = &*self.bytes;
        let escape = |from: usize| {
            let at = from + bytes[from..].iter().position(|byte| matches!(byte, b'%' | b'\\' | b'&'))?;
            Some((at, meaning(bytes[at], &bytes[at + 1..bytes.len().min(at + 1 + LONGEST)])))
        };
        let mut next = escape(0);
        while let Some((at, None)) = next {
            next = escape(at + 1);
        }
        next.as_ref()?;
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut begins = Vec::with_capacity(bytes.len());
        let mut from = 0;
        // What an escape stands for is no escape in the same layer: a byte that begins another one is left to the next.
        while let Some((at, meant)) = next {
            let end = at + usize::from(meant.is_none());
            decoded.extend_from_slice(&bytes[from..end]);
            begins.extend((from..end).map(|at| place(self.begin(at))));
            from = end;
            if let Some((meant, used)) = meant {
                let mut letters = [0; 4];
                let meant = match meant {
                    Meant::Byte(byte) => {
                        letters[0] = byte;
                        &letters[..1]
                    }
                    Meant::Letter(letter) => letter.encode_utf8(&mut letters).as_bytes(),
                };
                decoded.extend_from_slice(meant);
                begins.extend(meant.iter().map(|_| place(self.begin(at))));
                from = at + 1 + used;
            }
            next = escape(from);
        }
        decoded.extend_from_slice(&bytes[from..]);
        begins.extend((from..bytes.len()).map(|at| place(self.begin(at))));
        Some(Self { bytes: decoded.into(), begins: Some(begins), length: self.length })
    }
}

/// A place in a text in half the memory. Texts are at most a few megabytes long, whatever a server sends.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

enum Meant {
    Byte(u8),
    Letter(char),
}

/// What an escape stands for, and how many bytes after its first belong to it.
fn meaning(first: u8, rest: &[u8]) -> Option<(Meant, usize)> {
    match (first, *rest.first()?) {
        (b'%', _) => Some((Meant::Byte(u8::try_from(hex(rest.get(..2)?)?).ok()?), 2)),
        (b'\\', b'u') => utf16(rest),
        (b'\\', b'x') => Some((Meant::Byte(u8::try_from(hex(rest.get(1..3)?)?).ok()?), 3)),
        (b'\\', b'n') => Some((Meant::Byte(b'\n'), 1)),
        (b'\\', b't') => Some((Meant::Byte(b'\t'), 1)),
        (b'\\', letter @ (b'"' | b'\'' | b'\\' | b'/')) => Some((Meant::Byte(letter), 1)),
        (b'&', b'#') => {
            let end = rest.iter().position(|byte| *byte == b';')?;
            let number = match rest.get(1..end)? {
                [b'x' | b'X', digits @ ..] => hex(digits)?,
                digits => std::str::from_utf8(digits).ok()?.parse().ok()?,
            };
            Some((Meant::Letter(char::from_u32(number)?), end + 1))
        }
        (b'&', _) => {
            let named: [(&[u8], u8); 5] =
                [(b"amp;", b'&'), (b"lt;", b'<'), (b"gt;", b'>'), (b"quot;", b'"'), (b"apos;", b'\'')];
            let (name, byte) = named.into_iter().find(|(name, _)| rest.starts_with(name))?;
            Some((Meant::Byte(byte), name.len()))
        }
        _ => None,
    }
}

fn utf16(rest: &[u8]) -> Option<(Meant, usize)> {
    let high = hex(rest.get(1..5)?)?;
    if let Some(letter) = char::from_u32(high) {
        return Some((Meant::Letter(letter), 5));
    }
    let low = hex(rest.get(5..11)?.strip_prefix(b"\\u")?)?;
    let both = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let letter = char::decode_utf16(both).next()?.ok()?;
    Some((Meant::Letter(letter), 11))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    if !is_hex {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "cAnArY+se%cret%41\\u0041:with&all=kinds/of \"things\" \u{fc}\u{1f511}";

    fn mask(secrets: &[&str]) -> Mask {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
        Mask::new(&secrets, ["https://id.example.test/"])
    }

    fn shown(secrets: &[&str], text: &str) -> String {
        String::from_utf8(mask(secrets).text(text.as_bytes().to_vec()).to_vec()).unwrap()
    }

    fn percent(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    fn json(text: &str) -> String {
        text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
    }

    fn html(text: &str) -> String {
        text.chars().map(|letter| format!("&#x{:x};", u32::from(letter))).collect()
    }

    #[test]
    fn a_credential_is_masked_in_every_encoding() {
        let form: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let quoted = serde_json::to_string(SECRET).unwrap();
        let decimal: String = SECRET.chars().map(|letter| format!("&#{};", u32::from(letter))).collect();
        for written in [
            SECRET.to_owned(),
            percent(SECRET),
            percent(SECRET).to_uppercase(),
            percent(&percent(SECRET)),
            form.clone(),
            percent(&form),
            quoted[1..quoted.len() - 1].to_owned(),
            json(SECRET),
            json(&percent(SECRET)),
            html(SECRET),
            html(&json(SECRET)),
            decimal,
            SECRET.replace('&', "&amp;").replace('"', "&quot;"),
        ] {
            assert_eq!(shown(&[SECRET], &format!("<a {written} z>")), format!("<a {MASKED} z>"), "{written}");
        }
    }

    #[test]
    fn base64_is_masked_at_each_alignment_in_both_alphabets() {
        let form: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        for before in ["", "u", "us", "use", "user:"] {
            for (text, after) in [(SECRET, ""), (SECRET, "\u{ff}\u{fe}"), (&form, "")] {
                let plain = format!("{before}{text}{after}");
                for written in [STANDARD.encode(&plain), URL_SAFE.encode(&plain), URL_SAFE_NO_PAD.encode(&plain)] {
                    let told = shown(&[SECRET], &format!("Basic {written}."));
                    let rest = told.replace(MASKED, "");
                    assert!(told.contains(MASKED), "{before:?} {written} {told}");
                    assert!(rest.len() <= before.len() * 2 + 24, "{before:?} {written} {told}");
                }
            }
        }
    }

    #[test]
    fn a_part_of_eight_characters_is_masked_and_fewer_are_not() {
        let secret = "kW7xPq2ZtR9mLd4V";
        for from in 0..secret.len() - PART {
            let part = &secret[from..from + PART];
            assert_eq!(shown(&[secret], &format!(".{part}.")), format!(".{MASKED}."));
            let less = format!(".{}.", &part[1..]);
            assert_eq!(shown(&[secret], &less), less);
        }
        assert_eq!(shown(&[secret], &secret[..15]), MASKED, "all but one");
    }

    #[test]
    fn a_short_credential_is_masked_whole_and_what_is_shorter_still_is_none() {
        assert_eq!(
            shown(&["hunter2", "abc"], "hunter2 hunter abc xhunter2x"),
            format!("{MASKED} hunter abc x{MASKED}x")
        );
    }

    #[test]
    fn what_stands_in_any_identifier_is_no_part_of_a_credential() {
        let client = "00000000-0000-4000-8000-0000000000c1";
        for text in [client.to_owned(), STANDARD.encode(client), STANDARD.encode(format!("x{client}"))] {
            assert_eq!(shown(&["Secret000000000000000000001"], &text), text);
        }
        assert!(!shown(&["Secret000000000000000000001"], "Secret000000000000000000001").contains("Secret"));
    }

    #[test]
    fn a_credential_behind_what_begins_an_escape_is_masked() {
        for before in ["%", "\\", "&", "%%", "\\u", "&#", "%2"] {
            let told = shown(&["d4VsN5cGh8Jb3Yf6"], &format!("{before}d4VsN5cGh8Jb3Yf6"));
            assert_eq!(told, format!("{before}{MASKED}"));
        }
    }

    #[test]
    fn what_is_public_stays_readable_even_where_a_credential_holds_it() {
        let secret = "id.example.test-kW7xPq2ZtR9m";
        let document = "{\"issuer\":\"https://id.example.test\",\"grant_types_supported\":[\"password\"]}";
        assert_eq!(shown(&[secret, "my-password-7"], document), document);
        assert_eq!(shown(&[secret], &format!("at {secret}!")), format!("at {MASKED}!"));
    }

    #[test]
    fn the_credential_behind_a_scheme_is_one_of_its_own() {
        assert_eq!(
            shown(&["Bearer kW7xPq2ZtR9mLd4V"], "token kW7xPq2ZtR9mLd4V."),
            format!("token{MASKED}."),
            "with the blank before it"
        );
    }

    #[test]
    fn headers_are_masked_and_stay_headers() {
        let mut headers = HeaderMap::new();
        headers.append("location", HeaderValue::from_bytes(format!("/a?b={}", percent(SECRET)).as_bytes()).unwrap());
        headers.append("server", HeaderValue::from_static("caddy"));
        let headers = mask(&[SECRET]).headers(headers);
        assert_eq!(headers["location"], format!("/a?b={MASKED}"));
        assert_eq!(headers["server"], "caddy");
    }

    #[test]
    fn what_holds_no_credential_is_left_as_it_is() {
        for text in ["", "%", "%4", "%zz", "\\", "\\u12", "\\ud83d", "&", "&#", "&#x110000;", "&unknown;", "a\u{fc}%C3"]
        {
            assert_eq!(shown(&[SECRET], text), text);
            assert_eq!(shown(&[], text), text);
        }
        let bytes = [0xff, 0xfe, b'%', 0x80];
        assert_eq!(&*mask(&[SECRET]).text(bytes.to_vec()), bytes);
    }

    proptest! {
        #[test]
        fn no_part_is_ever_left(
            before in "[ -~\u{fc}]{0,12}", from in 0_usize..20, length in PART..20, after in "[ -~\u{fc}]{0,12}"
        ) {
            let secret = "kW7xPq2ZtR9mLd4VsN5cGh8Jb3Yf6TwE";
            let part = &secret[from..(from + length).min(secret.len())];
            prop_assume!(part.len() >= PART);
            let told = shown(&[secret], &format!("{before}{part}{after}"));
            prop_assert!(!told.contains(part), "{}", told);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = mask(&[SECRET, "hunter2"]).text(bytes);
        }
    }
}

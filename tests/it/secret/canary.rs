//! The secret, in every form that it is sent in, and the token never come out.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ssowatch::{
    lab::{Fault, LabOptions},
    render::{json, junit, style::Style, text::text},
};
use url::form_urlencoded;

use super::{Watched, inline};

const SECRET: &str = "cAnArY+se%cret:with&all=kinds/of things";

/// Where the log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What must not be seen: the secret as it is, percent-encoded, in base64 with and without the client's id; any token.
fn forms() -> Vec<String> {
    let percent: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let id = "00000000-0000-4000-8000-0000000000c1";
    vec![
        "cAnArY".to_owned(),
        STANDARD.encode(SECRET),
        STANDARD.encode(&percent),
        STANDARD.encode(format!("{id}:{percent}")),
        STANDARD.encode(format!("{id}:{SECRET}")),
        percent,
        // Every signed token begins like this: `{"alg`, `{"kid`, `{"typ` in base64url.
        "eyJ".to_owned(),
    ]
}

#[tokio::test]
async fn neither_the_secret_nor_the_token_comes_out_whatever_is_wrong() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is read");
    let faults = [
        None,
        Some(Fault::SecretRegenerated),
        Some(Fault::ClientDeleted),
        Some(Fault::DatabaseGone),
        Some(Fault::SigningKeyDiffers),
        Some(Fault::ProviderServerError),
        Some(Fault::ProviderTruncates),
        Some(Fault::EndpointsElsewhere),
    ];
    for (major, minor) in [(2, 9), (2, 14)] {
        for fault in faults {
            let options = LabOptions { client_secret: SECRET.to_owned(), ..LabOptions::version(major, minor) };
            let mut watched = Watched::of(options).await.with_token();
            watched.target.provider.client_secret = inline(SECRET);
            if let Some(fault) = fault {
                watched.lab.break_with(fault);
            }
            let round = watched.look().await;
            let shown = [
                serde_json::to_string(&round.snapshot).unwrap(),
                format!("{round:?} {:?} {:?}", watched.target, watched.collector),
                text(&round.report, &round.snapshot, Style::PLAIN),
                json::json([&round.report]).unwrap(),
                junit::junit([&round.report]).unwrap(),
            ];
            let asked = fault.is_none() && watched.lab.minted() == 1;
            assert!(asked || fault.is_some(), "a token was minted, so that there is something to hide");
            for (shown, form) in shown.iter().flat_map(|shown| forms().into_iter().map(move |form| (shown, form))) {
                assert!(!shown.contains(&form), "{major}.{minor} {fault:?}: {form} is in {shown}");
            }
            watched.ends_well().await;
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log is read"));
    for form in forms() {
        assert!(!log.contains(&form), "{form} is in the log");
    }
}

//! No answer makes the look panic or leak.

use super::{
    pair::{Pair, authorize_url},
    server::{Act, Seen, json},
};

/// A few hundred answers from one seed: mangled good ones, and noise.
fn mangled(seed: u64, good: Vec<u8>) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).unwrap()
    };
    let mut bytes = good;
    for _ in 0..=next() % 6 {
        if bytes.is_empty() {
            break;
        }
        let at = next() % bytes.len();
        match next() % 4 {
            0 => bytes[at] = u8::try_from(next() % 256).unwrap(),
            1 => bytes.truncate(at),
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, u8::try_from(next() % 256).unwrap()),
        }
    }
    bytes
}

#[tokio::test]
async fn mangled_answers_give_a_snapshot() {
    let mut pair = Pair::well().await;
    pair.target.provider.http.timeout = Some(std::time::Duration::from_millis(200));
    pair.target.app.http.timeout = Some(std::time::Duration::from_millis(200));
    pair.target.passkey_enabled = true;
    for seed in 0..40 {
        let (provider, kasm) = (pair.provider_url(), pair.kasm_url());
        let (one, two) = (super::pair::pocket_id(&provider, &kasm), super::pair::a_kasm(&provider, &kasm));
        let mangle = move |act: Act, seen: &Seen| match act {
            Act::Send(bytes) if (seed + seen.target.len() as u64).is_multiple_of(2) => {
                Act::SendAndClose(mangled(seed + seen.target.len() as u64, bytes))
            }
            other => other,
        };
        pair.provider.does(move |seen| mangle(one(seen), seen));
        pair.kasm.does(move |seen| mangle(two(seen), seen));
        let seen = pair.look().await;
        let text = serde_json::to_string(&seen).unwrap();
        assert!(serde_json::from_str::<ssowatch::model::Snapshot>(&text).is_ok(), "seed {seed}");
    }
}

#[tokio::test]
async fn no_state_of_a_login_and_no_query_enters_the_snapshot() {
    let mut pair = Pair::well().await;
    let state = "012345678901234567890123456789";
    for location in [
        format!("{}/api/oidc_callback?error=invalid_scope&state=x:{state}", pair.kasm_url()),
        format!("{}/elsewhere?state=x:{state}", pair.kasm_url()),
        format!("/login?state=x:{state}"),
        format!("{}/api/oidc_callback?code={state}", pair.kasm_url()),
    ] {
        pair.provider_but("/authorize", move |_| super::server::redirect(302, &location));
        pair.collector = ssowatch::collect::Collector::new(pair.clock);
        let seen = pair.look().await;
        assert!(seen.authorize_dry_run.ok().is_some());
        assert!(!serde_json::to_string(&seen).unwrap().contains(state));
    }
    pair.provider_but("/authorize", |seen| super::server::html(400, &format!("<p>cannot do {}</p>", seen.target)));
    pair.collector = ssowatch::collect::Collector::new(pair.clock);
    assert!(
        !serde_json::to_string(&pair.look().await).unwrap().contains(state),
        "an error page that repeats the request"
    );
    let url = format!("{}&client_secret=hunter2", authorize_url(&pair.provider_url(), &pair.kasm_url()));
    pair.kasm_but("/api/sso", move |_| json(200, serde_json::json!({"url": url}).to_string()));
    let asked = pair.provider.count("/authorize");
    let seen = pair.look().await;
    assert_eq!(pair.provider.count("/authorize"), asked, "a URL with a secret is not sent");
    assert!(!serde_json::to_string(&seen).unwrap().contains("hunter2"));
}

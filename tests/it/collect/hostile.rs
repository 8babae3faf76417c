//! Servers that misbehave: every reason by one of them.

use std::{io::Write, time::Duration};

use ssowatch::model::{HealthState, Missing, Reason, SourceId};

use super::{
    pair::{Pair, document, failure, reason, url},
    server::{Act, answer, bytes, html, json},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The failure of discovery where its path is answered like this.
async fn discovery(act: impl Fn(&Pair) -> Act) -> (Reason, String) {
    discovery_within(Duration::from_secs(30), act).await
}

/// The same, with this limit of one request.
async fn discovery_within(limit: Duration, act: impl Fn(&Pair) -> Act) -> (Reason, String) {
    let mut pair = Pair::well().await;
    pair.target.provider.http.timeout = Some(limit);
    let act = act(&pair);
    pair.provider_but(DISCOVERY, move |_| act.clone());
    failure(&pair.look().await.discovery)
}

fn whole(pair: &Pair) -> Vec<u8> {
    bytes(200, &[("Content-Type", "application/json")], document(&pair.provider_url()).to_string())
}

fn half(pair: &Pair) -> Vec<u8> {
    let mut bytes = whole(pair);
    bytes.truncate(bytes.len() / 2);
    bytes
}

#[tokio::test]
async fn a_status_that_is_not_good_is_told() {
    let status = |detail: &str| (Reason::Status, detail.to_owned());
    let error = r#"{"error":"Something went wrong"}"#;
    assert_eq!(discovery(|_| json(500, error)).await, status("HTTP 500: Something went wrong"));
    assert_eq!(discovery(|_| html(502, "<h1>Bad Gateway</h1>")).await, status("HTTP 502 with a web page"));
    assert_eq!(discovery(|_| json(404, "{}")).await, status("HTTP 404"));
}

#[tokio::test]
async fn a_body_of_the_wrong_kind_is_told() {
    let page = (Reason::Body, "a web page instead of JSON".to_owned());
    assert_eq!(discovery(|_| html(200, "<html>hello</html>")).await, page);
    for body in ["[]", "", "{", "nonsense"] {
        assert_eq!(discovery(|_| json(200, body)).await.0, Reason::Body, "{body}");
    }
    let other = discovery(|_| Act::SendAndClose(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())).await;
    assert_eq!(other, (Reason::Body, "what answers does not speak HTTP/1.1".to_owned()));
}

#[tokio::test]
async fn who_answers_in_the_servers_place_is_told_from_the_server() {
    let page = ("Content-Type", "text/html");
    let cloudflare =
        |status, body: &'static str| move |_: &Pair| answer(status, &[("Server", "cloudflare"), page], body);
    assert_eq!(discovery(|_| json(429, r#"{"error":"Too many requests"}"#)).await.0, Reason::Throttled);
    assert_eq!(discovery(|_| answer(403, &[("cf-mitigated", "challenge")], "")).await.0, Reason::Challenged);
    assert_eq!(discovery(cloudflare(403, "<p>no</p>")).await.0, Reason::Challenged);
    assert_eq!(discovery(cloudflare(503, "<title>Just a moment...</title>")).await.0, Reason::Challenged);
    assert_eq!(discovery(cloudflare(503, "<h1>Maintenance</h1>")).await.0, Reason::Status);
}

#[tokio::test]
async fn an_answer_that_does_not_come_to_an_end_in_time_is_given_up() {
    let limit = Duration::from_millis(300);
    let nothing = discovery_within(limit, |_| Act::SendAndHang(Vec::new())).await;
    assert_eq!(nothing, (Reason::Timeout, "no whole answer within 0.3 s".to_owned()));
    assert_eq!(discovery_within(limit, |pair| Act::SendAndHang(half(pair))).await.0, Reason::Timeout);
    assert_eq!(discovery_within(limit, |pair| Act::Drip(whole(pair))).await.0, Reason::Timeout);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_matter_of_the_connection() {
    let broken = "the server closed the connection before the answer was whole";
    assert_eq!(discovery(|pair| Act::SendAndClose(half(pair))).await, (Reason::Connect, broken.to_owned()));
    assert_eq!(discovery(|_| Act::SendAndClose(Vec::new())).await.0, Reason::Connect);
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read_whether_announced_or_not_or_compressed() {
    let big = vec![b' '; 1_000_001];
    let announced = big.clone();
    assert_eq!(discovery(move |_| answer(200, &[], &announced)).await.0, Reason::TooLarge);
    let mut endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    endless.extend_from_slice(&big);
    assert_eq!(discovery(move |_| Act::SendAndHang(endless.clone())).await.0, Reason::TooLarge);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&big).unwrap();
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 10_000);
    assert_eq!(discovery(move |_| answer(200, &[("Content-Encoding", "gzip")], &bomb)).await.0, Reason::TooLarge);
    assert_eq!(discovery(|_| answer(200, &[("Content-Encoding", "gzip")], "{}")).await.0, Reason::Body);
    assert_eq!(discovery(|_| answer(200, &[("Content-Encoding", "br")], "{}")).await.0, Reason::Body);
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let pair = Pair::well().await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(document(&pair.provider_url()).to_string().as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    pair.provider_but(DISCOVERY, move |seen| {
        assert_eq!(seen.header("accept-encoding"), Some("gzip, deflate"));
        answer(200, &[("Content-Encoding", "gzip"), ("Content-Type", "application/json")], &packed)
    });
    assert!(pair.look().await.discovery.ok().is_some());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_dns_and_nothing_of_that_side_is_asked() {
    let mut pair = Pair::well().await;
    // A label of more than 63 letters is refused before any resolver is asked.
    pair.target.provider.url = url(&format!("http://{}.invalid", "a".repeat(64)));
    let seen = pair.look().await;
    assert_eq!(reason(&seen.provider_connection), Reason::Dns);
    for (source, _, _, missing) in seen.observations() {
        if source.side() == ssowatch::model::Side::Provider
            && source.needs().is_empty()
            && ![SourceId::ProviderConnection, SourceId::PasskeyDomain].contains(&source)
        {
            assert_eq!(missing, Some(&Missing::Blocked { by: SourceId::ProviderConnection }), "{source:?}");
        }
    }
    assert!(seen.login_start.ok().is_some(), "the other side is looked at all the same");
    assert!(seen.requests.iter().all(|count| count.side == ssowatch::model::Side::App));
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_connect() {
    let mut pair = Pair::well().await;
    let gone = super::server::nobody();
    pair.target.app.url = url(&format!("http://{gone}"));
    let seen = pair.look().await;
    let (reason, detail) = failure(&seen.app_connection);
    assert_eq!(
        (reason, detail),
        (Reason::Connect, format!("no address takes a connection ({gone}: connection refused)"))
    );
    assert_eq!(seen.kasm_login_settings.get().unwrap_err(), Missing::Blocked { by: SourceId::AppConnection });
}

#[tokio::test]
async fn an_origin_that_throttles_is_not_asked_again_before_it_said() {
    let pair = Pair::well().await;
    pair.provider_but(DISCOVERY, |_| answer(429, &[("Retry-After", "120")], ""));
    let seen = pair.look().await;
    assert_eq!(reason(&seen.discovery), Reason::Throttled);
    let asked = pair.provider.seen().len();
    let seen = pair.look().await;
    let (reason, detail) = failure(&seen.discovery);
    assert_eq!(reason, Reason::Throttled);
    assert!(detail.starts_with("not asked"), "{detail}");
    assert_eq!(pair.provider.seen().len(), asked);
    assert!(seen.app_health.ok().is_some());
}

#[tokio::test]
async fn without_retry_after_the_next_look_asks_again() {
    let pair = Pair::well().await;
    pair.provider_but(DISCOVERY, |_| json(429, "{}"));
    pair.look().await;
    pair.provider_but(DISCOVERY, |_| json(404, "{}"));
    assert_eq!(reason(&pair.look().await.discovery), Reason::Status);
}

#[tokio::test]
async fn what_the_document_lacks_or_no_document_blocks_what_hangs_on_it_alone() {
    let pair = Pair::well().await;
    let mut lacking = document(&pair.provider_url());
    lacking.as_object_mut().unwrap().remove("jwks_uri");
    pair.provider_but(DISCOVERY, move |_| json(200, lacking.to_string()));
    let seen = pair.look().await;
    assert_eq!(seen.jwks.get().unwrap_err(), Missing::Blocked { by: SourceId::Discovery });
    assert!(seen.provider_endpoints.ok().is_some());
    pair.provider_but(DISCOVERY, |_| json(500, "{}"));
    let seen = pair.look().await;
    assert_eq!(seen.jwks.get().unwrap_err(), Missing::Blocked { by: SourceId::Discovery });
    assert!(seen.authorize_dry_run.ok().is_some(), "people are sent to Kasm's own address all the same");
    assert!(seen.client_meta.ok().is_some(), "the database is asked all the same");
}

#[tokio::test]
async fn kasms_own_trouble_is_told_from_a_wall_before_it() {
    let internal_error = "<html><H1>Internal Error</H1></html>";
    let pair = Pair::well().await;
    pair.kasm.does(move |_| html(500, internal_error));
    let seen = pair.look().await;
    assert_eq!(
        seen.app_health.get().unwrap().fact.state,
        HealthState::Unhealthy("HTTP 500 with a web page".to_owned())
    );
    assert_eq!(reason(&seen.kasm_login_settings), Reason::Status);
    assert_eq!(seen.login_start.get().unwrap_err(), Missing::Blocked { by: SourceId::KasmLoginSettings });
    assert_eq!(seen.app_page.get().unwrap().status, 500);
    pair.kasm.does(|_| html(403, "<form>Log in to the VPN</form>"));
    let seen = pair.look().await;
    assert!(matches!(seen.kasm_login_settings.get().unwrap_err(), Missing::OutOfReach(_)));
    pair.kasm.does(|_| html(200, "<form>Log in to Authelia</form>"));
    let seen = pair.look().await;
    assert!(matches!(seen.kasm_login_settings.get().unwrap_err(), Missing::OutOfReach(_)));
    assert!(matches!(seen.app_health.get().unwrap().fact.state, HealthState::Hidden(_)));
    pair.kasm.does(|_| html(200, "<title>Kasm</title>"));
    assert_eq!(reason(&pair.look().await.kasm_login_settings), Reason::Body);
    pair.kasm.does(|_| json(200, r#"{"unknown":1}"#));
    let seen = pair.look().await;
    assert_eq!(reason(&seen.app_health), Reason::Body);
    assert_eq!(reason(&seen.kasm_login_settings), Reason::Body);
    assert_eq!(seen.login_start.get().unwrap_err(), Missing::Blocked { by: SourceId::KasmLoginSettings });
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_is_opened_anew() {
    let pair = Pair::well().await;
    let well = super::pair::a_kasm(&pair.provider_url(), &pair.kasm_url());
    pair.kasm.does(move |seen| match well(seen) {
        // Says nothing of closing, and closes.
        Act::Send(bytes) => Act::SendAndClose(bytes),
        other => other,
    });
    let seen = pair.look().await;
    for missing in [seen.app_health.get().err(), seen.kasm_login_settings.get().err(), seen.login_start.get().err()] {
        assert_eq!(missing, None);
    }
}

#[tokio::test]
async fn a_database_that_is_away_shows_in_the_clients_entry() {
    let pair = Pair::well().await;
    let path: &'static str = Box::leak(format!("/api/oidc/clients/{}/meta", super::pair::CLIENT).into_boxed_str());
    pair.provider_but(path, |_| json(500, r#"{"error":"Something went wrong","code":"internal_error"}"#));
    assert_eq!(failure(&pair.look().await.client_meta), (Reason::Status, "HTTP 500: Something went wrong".to_owned()));
    pair.provider_but(path, |_| json(404, r#"{"error":"Record not found"}"#));
    let seen = pair.look().await;
    assert_eq!(
        (seen.client_meta.get().unwrap().name.as_deref(), seen.client_meta.get().unwrap().is_app_client),
        (None, true)
    );
    pair.provider_but(path, |_| json(404, r#"{"error":"API endpoint not found"}"#));
    assert_eq!(reason(&pair.look().await.client_meta), Reason::Status);
}

#[tokio::test]
async fn the_clock_of_a_side_is_read_and_a_cdn_is_named() {
    let pair = Pair::well().await;
    let body = document(&pair.provider_url()).to_string();
    pair.provider_but(DISCOVERY, move |_| {
        let date = "Thu, 01 Jan 1970 00:00:00 GMT";
        answer(200, &[("Content-Type", "application/json"), ("Date", date), ("CF-RAY", "1")], &body)
    });
    let seen = pair.look().await;
    let clock = seen.discovery.get().unwrap().clock.clone().unwrap();
    assert!(clock.skew_seconds < -1e9);
    assert_eq!(clock.through.as_deref(), Some("Cloudflare"));
    assert_eq!(seen.app_health.get().unwrap().clock, None, "no Date, no reading");
}

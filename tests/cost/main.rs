//! What foreign answers cost, by an allocator that counts: whatever a server sends, a round with one megabyte of it takes
//! at most 20 MB. The bar for the processor's time, 200 ms, is held where time is measured: `tests/bench/cost` runs this
//! with `SSOWATCH_BENCH=1` and a release build. Otherwise only a round that would freeze a machine fails here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::print_stdout, reason = "figures are told")]

#[path = "../it/collect/pair.rs"]
#[expect(dead_code, reason = "made for another binary")]
mod pair;
#[path = "../it/collect/server.rs"]
#[expect(dead_code, reason = "made for another binary")]
mod server;

use std::{sync::Mutex, time::Duration};

use pair::Pair;
use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use server::{Act, answer, html};
use ssowatch::{
    collect::{CollectMode, Collector},
    model::Snapshot,
    round::{Round, round},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One at a time: memory and time are those of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

const MEMORY_LIMIT: usize = 20_000_000;
/// No measure: what was quadratic took minutes.
const FROZEN: Duration = Duration::from_secs(30);

/// How long a round may take of the processor, and a healthy target's round be held up by ten hostile ones.
fn time_limits() -> [Duration; 2] {
    match std::env::var_os("SSOWATCH_BENCH") {
        Some(_) => [Duration::from_millis(200), Duration::from_secs(1)],
        None => [FROZEN, FROZEN],
    }
}

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/.well-known/jwks.json";
const SETTINGS: &str = "/api/login_settings";
const START: &str = "/api/sso";

/// What a server sends in place of one answer: in odd rounds the first, in even ones the other.
struct Hostile {
    name: &'static str,
    path: &'static str,
    bodies: [Vec<u8>; 2],
}

impl Hostile {
    fn same(name: &'static str, path: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { name, path, bodies: [body.clone(), body] }
    }
}

/// An answer of as many bytes as are read: `begin`, then `piece(n)` for n = 0, 1, ... with commas between, then `end`.
fn filled(begin: &str, piece: impl Fn(usize) -> String, most: usize, end: &str) -> String {
    let mut text = begin.to_owned();
    for n in 0..most {
        let next = piece(n);
        if text.len() + next.len() + end.len() + 1 > 1_000_000 {
            break;
        }
        if n > 0 {
            text.push(',');
        }
        text.push_str(&next);
    }
    text + end
}

fn all(provider: &str, kasm: &str) -> Vec<Hostile> {
    const MANY: usize = usize::MAX;
    let document = pair::document(provider).to_string();
    let open = document.strip_suffix('}').unwrap();
    let kept = |name: &'static str, body: String| Hostile::same(name, DISCOVERY, body);
    let coordinate = [
        "AMaFjga3BATpzZ4-y2YjlbRCnGSBOQU_tSH4KK9ga009uqFLXnfv51ko_h3BJ6L_qN4zSLPBhWpCm_l-fjHC5b1m",
        "ARg5KWp4mjvABFyKX7QsfRvZmPVESVebRGgXr70XJz5mLJfucple9CZAxVC5AT-tB2E1PHCGonLCQIi-lHaf0WZQ",
    ];
    let point = |n: usize| {
        format!(r#"{{"kty":"EC","crv":"P-521","kid":"{n}","x":"{}","y":"{}"}}"#, coordinate[0], coordinate[1])
    };
    let big_rsa = |n: usize| format!(r#"{{"kty":"RSA","kid":"{n}","e":"AQAB","n":"{}{n:04}"}}"#, "_".repeat(2_700));
    let other_keys = |from: usize| {
        let key = move |n: usize| format!(r#"{{"kty":"OKP","crv":"X25519","kid":"{n}","x":"{:043}"}}"#, from + n);
        filled(r#"{"keys":["#, key, 100, "]}").into_bytes()
    };
    let config = |n: usize| format!(r#"{{"oidc_id":"{n:032x}","display_name":"{}"}}"#, "x".repeat(9_800));
    let configs = |reverse: bool| {
        let id = move |n: usize| if reverse { 51_999 - n } else { n };
        let begin = r#"{"sso_enabled":true,"oidc":{"oidc_configs":["#;
        filled(begin, |n| format!(r#"{{"oidc_id":"{:x}"}}"#, id(n)), 52_000, "]}}").into_bytes()
    };
    let url = format!("{provider}/authorize?client_id=c&redirect_uri={kasm}/cb");
    vec![
        kept("small objects", filled(&format!("{open},\"z\":["), |_| r#"{"":0}"#.to_owned(), MANY, "]}")),
        kept(
            "small objects in lists",
            filled(&format!("{open},\"z\":["), |_| r#"[{"":[{"":0}]}]"#.to_owned(), 400, "]}"),
        ),
        kept("endpoints", filled(&format!("{open},"), |n| format!(r#""{n}_endpoint":"x""#), 48_000, "}")),
        kept(
            "endpoints that are read",
            filled(&format!("{open},"), |n| format!(r#""{n}_endpoint":"{}""#, "x".repeat(3_000)), 300, "}"),
        ),
        kept(
            "a long key",
            format!(r#"{{"{}":{{{}}}}}"#, "k".repeat(500_000), filled("", |n| format!(r#""{n:x}":1"#), 44_000, "")),
        ),
        kept("the same key", filled("{", |_| r#""kk":{"a":0,"a":1}"#.to_owned(), MANY, "}")),
        kept("levels", format!("{}{}", "[".repeat(500_000), "]".repeat(500_000))),
        kept("objects in objects", r#"{"a":"#.repeat(160_000)),
        kept("a long number", format!(r#"{open},"z":{}}}"#, "9".repeat(900_000))),
        kept("a long issuer", format!(r#"{open},"issuer":"{}"}}"#, "é".repeat(400_000))),
        kept("a long list", filled(&format!("{open},\"scopes_supported\":["), |n| format!(r#""{n}""#), MANY, "]}")),
        kept(
            "lists that are read",
            filled(&format!("{open},\"scopes_supported\":["), |n| format!("\"{n} {}\"", "x".repeat(900)), 990, "]}"),
        ),
        Hostile::same("zeros", KEYS, filled(r#"{"keys":["#, |_| "0".to_owned(), MANY, "]}")),
        Hostile::same("elliptic keys", KEYS, filled(r#"{"keys":["#, point, 100, "]}")),
        Hostile::same("many elliptic keys", KEYS, filled(r#"{"keys":["#, point, MANY, "]}")),
        Hostile::same("large RSA keys", KEYS, filled(r#"{"keys":["#, big_rsa, 100, "]}")),
        Hostile::same(
            "an RSA key of megabits",
            KEYS,
            format!(r#"{{"keys":[{{"kty":"RSA","e":"AQAB","n":"{}"}}]}}"#, "_".repeat(900_000)),
        ),
        Hostile::same(
            "an exponent of megabits",
            KEYS,
            format!(r#"{{"keys":[{{"kty":"RSA","n":"{}","e":"{0}"}}]}}"#, "_".repeat(480_000)),
        ),
        Hostile::same(
            "a certificate of a megabyte",
            KEYS,
            format!(r#"{{"keys":[{{"kty":"RSA","e":"AQAB","n":"AQAB","x5c":["{}"]}}]}}"#, "MIIB".repeat(220_000)),
        ),
        Hostile::same(
            "a long key ID",
            KEYS,
            format!(r#"{{"keys":[{{"kty":"RSA","kid":"{}"}}]}}"#, "\\u0001".repeat(160_000)),
        ),
        Hostile { name: "other keys each time", path: KEYS, bodies: [other_keys(0), other_keys(1_000)] },
        Hostile { name: "configs in another order", path: SETTINGS, bodies: [configs(false), configs(true)] },
        Hostile::same("configs that are read", SETTINGS, filled(r#"{"oidc":{"oidc_configs":["#, config, 100, "]}}")),
        Hostile::same(
            "a long authorize URL",
            START,
            json!({"url": format!("{url}&{}", "a&".repeat(450_000))}).to_string(),
        ),
        Hostile::same(
            "an authorize URL that is read",
            START,
            json!({"url": format!("{url}&scope={}", "a+".repeat(16_000))}).to_string(),
        ),
        Hostile::same("tags", "/authorize", "<a ".repeat(600_000)),
        Hostile::same("quotes", "/authorize", "<a '\">".repeat(330_000)),
        Hostile::same(
            "fields",
            "/authorize",
            format!("<form method=post action=/x>{}", "<input name=a value=b>".repeat(90_000)),
        ),
        Hostile::same("words", "/authorize", "a &amp; ".repeat(240_000)),
        Hostile::same("scripts", "/", "<script src=/a.js>".repeat(110_000)),
        Hostile::same(
            "noise",
            DISCOVERY,
            (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<u8>>(),
        ),
    ]
}

/// Serves the hostile answer in round `n`, and everything else well.
fn serve(pair: &Pair, hostile: &Hostile, n: usize) {
    let body = hostile.bodies[n % 2].clone();
    let act = match hostile.path {
        "/authorize" | "/" => html(200, &String::from_utf8_lossy(&body)),
        _ => answer(200, &[("Content-Type", "application/json")], &body),
    };
    drop(body);
    let act = move |_: &server::Seen| -> Act { act.clone() };
    if [SETTINGS, START].contains(&hostile.path) {
        pair.kasm_but(hostile.path, act);
    } else {
        pair.provider_but(hostile.path, act);
    }
}

async fn look(pair: &mut Pair, before: Option<&Round>) -> Round {
    pair.collector = Collector::new(pair.clock);
    round(&pair.collector, &pair.target, before.map(|round| &round.snapshot), CollectMode::Full).await
}

fn cpu() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// What something costs: memory on top of what was held before, and time of the processor.
async fn cost<T>(work: impl Future<Output = T>) -> (T, usize, Duration) {
    MEMORY.reset_peak_usage();
    let (memory, begun) = (MEMORY.current_usage(), cpu());
    let value = work.await;
    (value, MEMORY.peak_usage().saturating_sub(memory), cpu() - begun)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::await_holding_lock, reason = "that is what it is for")]
async fn a_megabyte_of_anything_costs_at_most_20_mb_in_each_round_and_after_a_restart() {
    let _alone = ALONE.lock().unwrap();
    let [time_limit, _] = time_limits();
    let mut pair = Pair::well().await;
    let first = look(&mut pair, None).await;
    let (_, base_memory, base_time) = cost(look(&mut pair, Some(&first))).await;
    let mut report = format!("a healthy round: {} kB, {} ms\n", base_memory / 1000, base_time.as_millis());
    let mut broken = Vec::new();
    for hostile in all(&pair.provider_url(), &pair.kasm_url()) {
        let mut before = first.clone();
        for n in 0..4 {
            if n == 3 {
                // After a restart: the snapshot as the journal keeps it.
                let saved = serde_json::to_vec(&before.snapshot).unwrap();
                let read = async { serde_json::from_slice::<Snapshot>(&saved).unwrap() };
                let (snapshot, memory, time) = cost(read).await;
                if saved.len() > 4_000_000 || memory > MEMORY_LIMIT || time > time_limit {
                    broken.push(format!("{}: {} bytes in the journal, {memory} read", hostile.name, saved.len()));
                }
                before.snapshot = snapshot;
            }
            serve(&pair, &hostile, n);
            let (round, memory, time) = cost(look(&mut pair, Some(&before))).await;
            let time = time.saturating_sub(base_time);
            let line = format!("{}, round {}: {} kB, {} ms", hostile.name, n + 1, memory / 1000, time.as_millis());
            if memory > MEMORY_LIMIT || time > time_limit {
                broken.push(line.clone());
            }
            report.push_str(&line);
            report.push('\n');
            before = round;
        }
    }
    assert!(broken.is_empty(), "{}\n\nall:\n{report}", broken.join("\n"));
    println!("{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::await_holding_lock, reason = "that is what it is for")]
async fn ten_hostile_targets_together_leave_a_healthy_one_its_time() {
    let _alone = ALONE.lock().unwrap();
    let mut hostile = Vec::new();
    for n in 0..10 {
        let pair = Pair::well().await;
        let all = all(&pair.provider_url(), &pair.kasm_url());
        serve(&pair, &all[n * all.len() / 10], 0);
        hostile.push(pair);
    }
    let mut healthy = Pair::well().await;
    let (_, _, alone) = cost(look(&mut healthy, None)).await;
    let rounds = hostile.into_iter().map(|mut pair| tokio::spawn(async move { look(&mut pair, None).await }));
    // Two threads: what the others take of the processor is at most what the healthy one waits for.
    let (_, memory, together) = cost(async {
        let rounds: Vec<_> = rounds.collect();
        let round = look(&mut healthy, None).await;
        for round in rounds {
            round.await.unwrap();
        }
        round
    })
    .await;
    let delay = together.saturating_sub(alone);
    let [_, limit] = time_limits();
    println!("ten hostile targets: {} kB, {} ms", memory / 1000, delay.as_millis());
    assert!(delay < limit && memory < 10 * MEMORY_LIMIT, "{} kB, {} ms", memory / 1000, delay.as_millis());
}

//! The architecture, held by a test: which part of the source may use which, and what no part may do.
//!
//! When this fails, read the message first: it says which rule was broken and why the rule is there. If the rule is
//! wrong for a good reason, change it here, in the same commit, and say why.

mod files;
mod source;

use std::path::Path;

use files::Files;
use source::Source;

/// What a top module may use of our own code.
struct Layer {
    module: &'static str,
    may_use: &'static [&'static str],
    because: &'static str,
}

const fn layer(module: &'static str, may_use: &'static [&'static str], because: &'static str) -> Layer {
    Layer { module, may_use, because }
}

/// From the bottom to the top. A module may always use itself.
const LAYERS: &[Layer] = &[
    layer("clock", &[], "the only reader of time stands below everything"),
    layer("blocking", &[], "how to wait for what may hang does not depend on what is waited for"),
    layer("atomic_file", &[], "whoever keeps something in a file writes it by this"),
    layer("repeats", &["clock"], "what counts repetitions knows nothing of what is repeated"),
    layer("rate_limiter", &["clock"], "how fast something may happen, by the time that the caller reads"),
    layer("oidc", &[], "the protocol is pure types: bytes in, facts out"),
    layer("apps", &["oidc"], "what is known of a kind of app is pure: bytes in, facts out"),
    layer("providers", &["oidc", "clock"], "what is known of a kind of provider is pure: bytes in, facts out"),
    layer("model", &["clock", "oidc", "apps", "providers"], "the nouns are plain data: no I/O, no clock"),
    layer(
        "checks",
        &["model", "oidc", "apps", "providers", "clock"],
        "checks evaluate a snapshot and know nothing else",
    ),
    layer("schedule", &["clock"], "schedules are computed, not waited for"),
    layer(
        "config",
        &["apps", "blocking", "clock", "model", "providers", "schedule", "checks"],
        "the configuration is read without asking a server and without rendering a report",
    ),
    layer(
        "canary",
        &["atomic_file", "blocking", "clock", "model"],
        "the passkey and the record of its runs are files and bytes: nothing here talks to a server",
    ),
    layer(
        "collect",
        &["blocking", "canary", "clock", "config", "model", "oidc", "apps", "providers"],
        "collecting never evaluates and never renders, so that a snapshot can be saved and evaluated later",
    ),
    layer("round", &["checks", "config", "model", "collect"], "the spine: collect, evaluate, and nothing more"),
    layer("results", &["clock", "model"], "the results are kept as they were published; surfaces read them"),
    layer(
        "journal",
        &["clock", "model", "repeats"],
        "the journal keeps what changed, in memory and in its file; surfaces read it",
    ),
    layer(
        "metrics",
        &["results", "checks", "clock", "model", "oidc", "providers"],
        "metrics are a function of (results, now): rendering never collects",
    ),
    layer(
        "render",
        &["checks", "clock", "journal", "apps", "model", "oidc", "providers"],
        "what is rendered is a function of (report, snapshot): rendering never collects",
    ),
    layer(
        "logging",
        &["checks", "clock", "metrics", "model", "oidc", "repeats"],
        "a log line is rendered: it never collects",
    ),
    layer(
        "scheduler",
        &[
            "results", "clock", "config", "journal", "logging", "metrics", "model", "collect", "repeats", "round",
            "schedule",
        ],
        "the scheduler runs rounds; it knows no check and no surface",
    ),
    layer(
        "notify",
        &[
            "atomic_file",
            "blocking",
            "results",
            "clock",
            "config",
            "metrics",
            "model",
            "collect",
            "oidc",
            "scheduler",
            "render",
        ],
        "messages are functions of (results, what was sent); the notifier asks for confirmations and collects nothing",
    ),
    layer(
        "web",
        &[
            "results",
            "checks",
            "clock",
            "config",
            "journal",
            "metrics",
            "model",
            "notify",
            "collect",
            "oidc",
            "providers",
            "rate_limiter",
            "round",
            "schedule",
            "scheduler",
            "render",
        ],
        "pages are functions of (results, now); only /probe collects",
    ),
    layer(
        "lab",
        &["apps", "clock", "config", "model", "providers"],
        "the lab plays the other side: it shares the names of kinds, and no code with what collects from it or evaluates it",
    ),
];

/// The modules that wire the rest together may use all of it.
const WIRING: &[&str] = &["", "app", "cli"];

/// The modules that are functions of their arguments.
const PURE: &[&str] = &["oidc", "apps", "providers", "model", "checks", "render", "schedule"];

/// What no pure module may touch.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::io",
    "std::thread",
    "std::process",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::time::Instant",
    "std::time::SystemTime",
    "crate::clock::Clock",
    "tokio",
    "reqwest",
    "hyper",
    "axum",
];

/// The modules that may open connections or take them, and why.
const NETWORK: &[(&str, &str)] = &[
    ("collect", "the only code that asks providers and apps"),
    ("lab", "serves the other side"),
    ("notify", "sends messages to where the operator says"),
    ("web", "serves the pages"),
    ("app", "binds the listeners"),
    ("cli", "healthcheck asks our own daemon; serve and demo bind listeners"),
];

/// Where the code may name a product.
const NAME_PRODUCTS: &[&str] = &["apps", "providers", "lab"];

/// The names of products that stand elsewhere, and why. A new one needs a good reason.
const PRODUCT_NAMES: &[(&[&str], &str)] = &[
    (&["kasm", "pocket_id", "PocketId"], "the modules of the kinds, and values of the closed lists of kinds"),
    (
        &[
            "KasmConfig",
            "KasmLoginSettings",
            "KasmMappings",
            "KasmStart",
            "KasmUser",
            "KasmVersion",
            "kasm_config",
            "kasm_login_settings",
            "kasm_mappings",
            "kasm_user",
            "kasm_version",
            "by_kasm_key",
            "KasmCertificate",
        ],
        "sources that only Kasm has, and what they give",
    ),
    (
        &[
            "Kasm",
            "kasm_api_key_file",
            "kasm_api_key_secret_file",
            "kasm_ca",
            "kasm_ca_file",
            "kasm_key",
            "kasm_key_secret",
            "kasm_side",
        ],
        "keys of the configuration and flags, which stay as they are",
    ),
    (
        &["kasm_licensed", "kasm_public_port", "pocket_id_only", "is_pocket_id", "is_kasm", "POCKET_ID_PAGES"],
        "checks of one product alone, and the condition that they begin with",
    ),
    (&["KASM", "kasm_agrees", "kasm_form", "kasm_label"], "the guide, whose texts are for two forms"),
];

/// The places of one source beside the checks and texts that read it: what a new one costs.
const PLACES_OF_A_SOURCE: &[(&str, &str)] = &[
    ("src/collect/sources/custom_claims.rs", "asks, and reads the answer"),
    ("src/collect/sources/mod.rs", "names that file"),
    ("src/collect/target.rs", "puts it into the snapshot"),
    ("src/collect/with_provider_key.rs", "says after what it is asked"),
    ("src/model/credentialed.rs", "defines the fact"),
    ("src/model/healthy.rs", "holds an example of the fact"),
    ("src/model/snapshot.rs", "has the field"),
    ("src/model/sources.rs", "has the row"),
];

/// The whole top level of the repository, beside hidden files and `target`.
const TOP_LEVEL: &[&str] = &[
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "alerts",
    "dashboards",
    "deploy",
    "src",
    "target",
    "tests",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Holds a rule over the whole source tree, and says all that breaks it at once.
fn hold(rule: impl Fn(&Source) -> Vec<String>) {
    let sources = source::tree(root());
    assert!(sources.len() > 40, "the source tree was not found");
    let broken: Vec<String> = sources
        .iter()
        .flat_map(|source| rule(source).into_iter().map(|what| format!("{}: {what}", source.name)))
        .collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn starts_with(path: &[String], prefix: &str) -> bool {
    let prefix: Vec<&str> = prefix.split("::").collect();
    path.len() >= prefix.len() && prefix.iter().zip(path).all(|(wanted, own)| wanted == own)
}

#[test]
fn each_module_uses_only_what_stands_below_it() {
    hold(uses_what_it_may);
}

fn uses_what_it_may(source: &Source) -> Vec<String> {
    if WIRING.contains(&source.top()) {
        return Vec::new();
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.module == source.top()) else {
        return vec![format!(
            "`{}` is a module that tests/it/layers.rs does not know: say there what it may use, and why",
            source.top()
        )];
    };
    let used = source.paths().into_iter().filter(|path| path[0] == "crate");
    used.filter(|path| path[1] != layer.module && !layer.may_use.contains(&path[1].as_str()))
        .map(|path| {
            format!(
                "uses {}; {} may use {}: {}",
                path.join("::"),
                layer.module,
                if layer.may_use.is_empty() { "nothing of ours".to_owned() } else { layer.may_use.join(", ") },
                layer.because
            )
        })
        .collect()
}

#[test]
fn every_permission_is_used() {
    let sources = source::tree(root());
    let mut stale = Vec::new();
    for layer in LAYERS {
        let own: Vec<_> = sources.iter().filter(|source| source.top() == layer.module).map(Source::paths).collect();
        let is_used = |module: &str| own.iter().flatten().any(|path| path[0] == "crate" && path[1] == module);
        stale.extend(layer.may_use.iter().filter(|module| !is_used(module)).map(|module| (layer.module, *module)));
    }
    assert!(stale.is_empty(), "nothing needs these permissions any more; take them away: {stale:?}");
}

#[test]
fn no_circle_of_files_runs_through_two_folders() {
    let sources = source::tree(root());
    let circles = Files::of(&sources).circles_across_folders();
    let lines: Vec<String> = circles.iter().map(|circle| circle.join("\n")).collect();
    assert!(circles.is_empty(), "\n{}\n", lines.join("\n\n"));
}

#[test]
fn pure_modules_do_no_io_and_read_no_clock() {
    hold(is_pure);
}

fn is_pure(source: &Source) -> Vec<String> {
    if !PURE.contains(&source.top()) {
        return Vec::new();
    }
    let mut broken: Vec<String> = source
        .paths()
        .iter()
        .filter(|path| IMPURE.iter().any(|impure| starts_with(path, impure)))
        .map(|path| {
            format!("uses {}; {} is pure: what it says follows from its arguments", path.join("::"), source.top())
        })
        .collect();
    if source.has_word("async") || source.has_word("await") {
        broken.push(format!(
            "is asynchronous; {} is pure: whoever looks waits, not whoever evaluates or tells",
            source.top()
        ));
    }
    broken
}

#[test]
fn only_collecting_sending_and_serving_touch_the_network() {
    hold(leaves_the_network_alone);
}

fn leaves_the_network_alone(source: &Source) -> Vec<String> {
    if NETWORK.iter().any(|(module, _)| *module == source.top()) {
        return Vec::new();
    }
    let network = [
        "reqwest",
        "hyper",
        "hyper_util",
        "lettre::transport",
        "lettre::AsyncTransport",
        "tokio::net",
        "std::net::TcpStream",
        "std::net::TcpListener",
    ];
    source
        .paths()
        .iter()
        .filter(|path| network.iter().any(|name| starts_with(path, name)))
        .map(|path| {
            let allowed: Vec<String> = NETWORK.iter().map(|(module, why)| format!("{module} ({why})")).collect();
            format!("uses {}; connections are opened or taken only in {}", path.join("::"), allowed.join(", "))
        })
        .collect()
}

#[test]
fn a_check_sees_no_verdict_of_another() {
    hold(|source| {
        let is_check = source.top() == "checks" && source.module.len() == 3;
        let verdicts = ["Report", "CheckReport", "Cause", "Coverage", "Login"];
        let seen = verdicts.iter().filter(|name| is_check && source.has_word(name));
        seen.map(|name| format!("mentions {name}; a check sees facts alone, so that one fault has one cause")).collect()
    });
}

#[test]
fn of_the_web_only_the_probe_collects() {
    hold(|source| {
        // `State` holds the collector for the probe.
        let may = source.module == ["web"] || source.module.iter().any(|name| name.starts_with("probe"));
        let paths = source.paths();
        let collects =
            paths.iter().filter(|path| starts_with(path, "crate::collect") || starts_with(path, "crate::round"));
        collects
            .filter(|_| source.top() == "web" && !may)
            .map(|path| {
                format!("uses {}; pages are functions of (results, now), only /probe collects", path.join("::"))
            })
            .collect()
    });
}

#[test]
fn the_method_head_is_never_sent() {
    hold(|source| {
        // The lab knows the method, to refuse it; our own server answers it.
        let sends = !matches!(source.top(), "lab" | "web");
        let paths = source.paths();
        let names = paths.iter().any(|path| path.len() > 1 && starts_with(&path[path.len() - 2..], "Method::HEAD"));
        let calls = matches!(source.top(), "collect" | "cli" | "app") && source.calls_method("head");
        let why = "uses HEAD; Pocket ID up to 2.9 answers it with a web page whatever is asked, so it proves nothing";
        if sends && (names || calls) { vec![why.to_owned()] } else { Vec::new() }
    });
}

#[test]
fn secrets_are_read_out_only_where_they_are_sent() {
    hold(|source| {
        let may = matches!(source.top(), "config" | "collect" | "web" | "notify");
        let exposes = source.calls_method("expose") || source.calls_method("expose_secret");
        let why = "reads a secret out; only collect and notify send secrets, config keeps them, and web compares its own password";
        if exposes && !may { vec![why.to_owned()] } else { Vec::new() }
    });
}

#[test]
fn only_kinds_the_lab_and_texts_name_products() {
    hold(|source| {
        if NAME_PRODUCTS.contains(&source.top()) {
            return Vec::new();
        }
        let is_known = |word: &str| PRODUCT_NAMES.iter().any(|(names, _)| names.contains(&word));
        let names_one = |word: &str| {
            let word = word.to_lowercase();
            word.contains("kasm") || word.contains("pocket_id") || word.contains("pocketid")
        };
        let words = source.words().into_iter().filter(|word| names_one(word) && !is_known(word));
        words
            .map(|word| {
                let places = NAME_PRODUCTS.join(", ");
                format!("the name `{word}` is that of a product; only {places} and texts name products")
            })
            .collect()
    });
}

#[test]
fn a_source_is_one_row_one_field_and_one_file() {
    let reads = ["checks", "render", "lab"];
    let sources = source::tree(root());
    let has_it = |source: &&Source| source.has_word("CustomClaims") || source.has_word("custom_claims");
    let places = sources.iter().filter(has_it).filter(|source| !reads.contains(&source.top()));
    let places: Vec<&str> = places.map(|source| source.name.as_str()).collect();
    let known: Vec<&str> = PLACES_OF_A_SOURCE.iter().map(|(name, _)| *name).collect();
    assert_eq!(places, known, "plan, budget, metrics, schedules and pages take a source from its row");
}

#[test]
fn the_top_level_of_the_repository_is_small() {
    let names = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strange: Vec<String> =
        names.filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?}: the top level is what a newcomer reads first; put it into a folder");
}

#[test]
fn every_rule_can_fail() {
    let broken = |name: &str, text: &str, rule: fn(&Source) -> Vec<String>| {
        let (source, _) = Source::read(name, text);
        !rule(&source).is_empty()
    };
    let checks = "src/checks/start/x.rs";
    assert!(broken(checks, "use crate::{model::Verdict, collect::Collector};", uses_what_it_may));
    assert!(broken(checks, "fn f() { super::super::super::web::g(); }", uses_what_it_may));
    assert!(broken("src/brand_new.rs", "", uses_what_it_may));
    assert!(!broken(checks, "use crate::model::Verdict; use super::Check;", uses_what_it_may));
    assert!(broken(checks, "async fn f() {}", is_pure));
    assert!(broken(checks, "use std::{fmt, fs};", is_pure));
    assert!(broken(checks, "use crate::clock::{Clock, Time};", is_pure));
    assert!(!broken(checks, "use std::net::IpAddr; use crate::clock::Time;", is_pure));
    assert!(broken("src/scheduler.rs", "use tokio::net::TcpStream;", leaves_the_network_alone));
    assert!(!broken("src/scheduler.rs", "use tokio::time::sleep;", leaves_the_network_alone));
    assert!(!broken("src/collect/transport/http.rs", "use tokio::net::TcpStream;", leaves_the_network_alone));
}

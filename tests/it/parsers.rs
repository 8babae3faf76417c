//! Properties of the parsers: no input makes one panic, and what is read once is read the same again.

use proptest::prelude::*;
use serde_json::{Value, json};
use ssowatch::{
    apps::kasm::{LoginSettings, StartOutcome},
    oidc::{AuthorizeUrl, Discovery, Jwks, parse_json},
};

/// Any JSON value, with the members that the parsers look for.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop_oneof![Just("None"), Just("true"), Just("https://id.example.test/a?b=c#d")].prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("sso_enabled".to_owned()),
        Just("oidc".to_owned()),
        Just("oidc_configs".to_owned()),
        Just("oidc_id".to_owned()),
        Just("saml".to_owned()),
        Just("saml_configs".to_owned()),
        Just("enabled".to_owned()),
        Just("error_message".to_owned()),
        Just("url".to_owned()),
        Just("keys".to_owned()),
        Just("kid".to_owned()),
        Just("kty".to_owned()),
        Just("n".to_owned()),
        Just("issuer".to_owned()),
        Just("scopes_supported".to_owned()),
        "[a-z]{1,4}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Bytes that are JSON, nearly JSON, or anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        value().prop_map(|value| value.to_string().into_bytes()),
        (value(), any::<prop::sample::Index>()).prop_map(|(value, index)| {
            let mut text = value.to_string().into_bytes();
            text.truncate(index.index(text.len() + 1));
            text
        }),
        proptest::collection::vec(any::<u8>(), 0..64),
        Just(b"<H1>Internal Error</H1>".to_vec()),
        Just(b"\xef\xbb\xbf{}".to_vec()),
    ]
}

/// An authorize URL, or something near one.
fn url() -> impl Strategy<Value = String> {
    let pair = prop_oneof![
        Just("client_id".to_owned()),
        Just("redirect_uri".to_owned()),
        Just("scope".to_owned()),
        Just("state".to_owned()),
        Just("nonce".to_owned()),
        Just("prompt".to_owned()),
        "[a-z_]{0,8}",
    ];
    let query = proptest::collection::vec((pair, "[ -~]{0,30}"), 0..6)
        .prop_map(|pairs| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    prop_oneof![
        query.prop_map(|query| format!("https://id.example.test/authorize?{query}")),
        "[a-z]{0,5}:?/{0,2}[ -~]{0,40}",
        ".{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_as_serde_json_reads_it(value in value()) {
        let read = parse_json(value.to_string().as_bytes()).unwrap();
        prop_assert_eq!(read.value, value);
        prop_assert_eq!(read.duplicate_keys, Vec::<String>::new());
    }

    #[test]
    fn any_bytes_are_json_for_us_only_where_they_are_for_serde_json(body in body()) {
        let stripped = body.trim_ascii_start();
        let stripped = stripped.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stripped);
        match (parse_json(&body), serde_json::from_slice::<Value>(stripped)) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours.value, theirs),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{:?} and {:?}", ours, theirs),
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_always_told(key in "[a-z]{1,6}", first in any::<i32>(), last in any::<i32>()) {
        let body = format!("{{\"{key}\": {first}, \"{key}\": {last}}}");
        let read = parse_json(body.as_bytes()).unwrap();
        prop_assert_eq!(read.duplicate_keys, [key.clone()]);
        prop_assert_eq!(&read.value[&key], &json!(last));
    }

    #[test]
    fn login_settings_never_panic_and_keep_ids_in_one_form(body in body()) {
        if let Ok(settings) = LoginSettings::parse(&body) {
            prop_assert_eq!(&settings, &LoginSettings::parse(&body).unwrap());
            for config in &settings.configs {
                prop_assert!(!config.id_as_written.is_empty());
                prop_assert_eq!(&config.id, &config.id.replace('-', "").to_lowercase());
            }
            prop_assert!(settings.error_message.is_none_or(|text| text.chars().count() <= 200 && !text.contains('\n')));
        }
    }

    #[test]
    fn a_start_never_panics_and_gives_no_empty_answer(body in body()) {
        if let Ok(answer) = StartOutcome::parse(&body) {
            let (Ok(text) | Err(text)) = &answer;
            prop_assert!(!text.is_empty());
            prop_assert_eq!(&answer, &StartOutcome::parse(&body).unwrap());
        }
    }

    #[test]
    fn an_authorize_url_never_panics_and_its_endpoint_reads_as_itself(text in url()) {
        if let Ok(url) = AuthorizeUrl::parse(&text) {
            prop_assert!(!url.endpoint.contains(['?', '#']), "{}", url.endpoint);
            let again = AuthorizeUrl::parse(&url.endpoint).unwrap();
            prop_assert_eq!(&again.endpoint, &url.endpoint);
            prop_assert!(again.client_id.is_none() && again.others.is_empty());
        }
    }

    #[test]
    fn the_parts_of_an_authorize_url_come_back_as_they_were_sent(
        client in "[ -~]{1,20}", redirect in "https://[a-z]{1,10}/[!-~]{0,20}", scope in "[a-z ,]{0,20}",
        state in "[a-z0-9]{0,40}",
    ) {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", &client), ("redirect_uri", &redirect), ("scope", &scope), ("state", &state)])
            .finish();
        let url = AuthorizeUrl::parse(&format!("https://id.example.test/authorize?{query}")).unwrap();
        prop_assert_eq!(url.endpoint, "https://id.example.test/authorize");
        prop_assert_eq!(url.client_id, Some(client));
        prop_assert_eq!(url.redirect_uri, Some(redirect));
        prop_assert_eq!(url.scope, Some(scope));
        prop_assert_eq!(url.state.map(|state| state.length), Some(state.len()));
    }

    #[test]
    fn a_discovery_document_never_panics_and_its_document_reads_as_itself(body in body()) {
        if let Ok(discovery) = Discovery::parse(200, Some("application/json"), &body) {
            let again = discovery.document.to_string();
            let again = Discovery::parse(200, Some("application/json"), again.as_bytes()).unwrap();
            prop_assert_eq!(&again.document, &discovery.document);
            prop_assert_eq!(&again.issuer, &discovery.issuer);
            prop_assert_eq!(&again.scopes_supported, &discovery.scopes_supported);
        }
    }

    #[test]
    fn a_key_set_never_panics_and_tells_every_key(body in body(), keys in proptest::collection::vec(value(), 0..4)) {
        if let Ok(set) = Jwks::parse(None, &body) {
            prop_assert_eq!(&set, &Jwks::parse(None, &body).unwrap());
        }
        let set = Jwks::parse(None, json!({"keys": keys}).to_string().as_bytes()).unwrap();
        prop_assert_eq!(set.keys.len(), keys.len());
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    for depth in [100, 10_000, 1_000_000] {
        let body = "[".repeat(depth);
        assert!(parse_json(body.as_bytes()).is_err(), "{depth}");
        assert!(LoginSettings::parse(body.as_bytes()).is_err(), "{depth}");
    }
}

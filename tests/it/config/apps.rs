//! Any app behind the provider: `app`, `providers`, and a provider alone.

use ssowatch::apps::{AppKind, LoginMethod, UrlIn};

use super::parse;

/// A file of one target with this app.
fn file(app: &str) -> String {
    format!("targets:\n  - provider: {{url: https://id.example.com}}\n    app: {app}\n")
}

#[test]
fn an_app_of_a_known_kind_needs_no_more_than_its_address() {
    let config = parse(&file("{kind: grafana, url: https://grafana.example.com/monitoring/}")).unwrap();
    let target = &config.targets[0];
    assert_eq!((target.name.as_str(), target.app.kind), ("grafana.example.com", Some(AppKind::Grafana)));
    assert_eq!(target.app.url.path(), "/monitoring");
    assert!(config.redacted.contains("  app:\n    url: https://grafana.example.com/monitoring\n    kind: grafana\n"));
    assert!(!config.redacted.contains("api_auth"), "{}", config.redacted);
    assert_eq!(parse(&config.redacted).unwrap().targets, config.targets, "what is shown loads again");
}

#[test]
fn any_app_says_how_its_login_starts() {
    for (login, method, url_in) in [
        ("{get: /oauth2/start}", LoginMethod::Get, UrlIn::Anywhere),
        ("{get: /oauth2/start?rd=/, url_in: location}", LoginMethod::Get, UrlIn::Location),
        ("{get: /go, url_in: html}", LoginMethod::Get, UrlIn::Html),
        (
            "{post: /start, json: {id: 1, on: true, to: '{app}/back', list: [a]}, url_in: /data/url}",
            LoginMethod::PostJson(r#"{"id":1,"list":["a"],"on":true,"to":"{app}/back"}"#.to_owned()),
            UrlIn::Pointer("/data/url".to_owned()),
        ),
        (
            "{post: /start, before: /login, form: {realm: '{provider}'}, add_state: true}",
            LoginMethod::PostForm(vec![("realm".to_owned(), "{provider}".to_owned())]),
            UrlIn::Anywhere,
        ),
        ("{post: /start}", LoginMethod::PostForm(Vec::new()), UrlIn::Anywhere),
    ] {
        let app = format!("{{url: https://wiki.example.com, login: {login}, callback: /oauth2/callback}}");
        let config = parse(&file(&app)).unwrap();
        let app = &config.targets[0].app;
        let request = app.login.as_ref().unwrap();
        assert_eq!((&request.method, &request.url_in), (&method, &url_in), "{login}");
        assert_eq!(
            (request.before.is_some(), request.add_state),
            (login.contains("before"), login.contains("add_state"))
        );
        assert_eq!((app.kind, app.callback.as_deref()), (None, Some("/oauth2/callback")));
        // A body may hold what the operator would not show.
        assert!(!config.redacted.contains("{provider}") && !config.redacted.contains("{app}"), "{}", config.redacted);
        assert!(config.redacted.contains("callback: /oauth2/callback"), "{}", config.redacted);
    }
}

#[test]
fn every_kind_of_the_catalogue_can_be_named() {
    for kind in AppKind::ALL.into_iter().filter(|kind| kind.may_be_named() && kind.profile().start.is_some()) {
        let app = format!("{{kind: {}, url: https://app.example.com, provider: id}}", kind.id());
        assert_eq!(parse(&file(&app)).unwrap().targets[0].app.kind, Some(kind));
    }
}

#[test]
fn a_provider_alone_is_a_target() {
    let config = parse("targets:\n  - provider: {url: https://id.example.com}\n").unwrap();
    let target = &config.targets[0];
    assert_eq!((target.name.as_str(), target.app.kind), ("id.example.com", Some(AppKind::ProviderAlone)));
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert!(!config.redacted.contains("app:") && !config.redacted.contains("kasm:"), "{}", config.redacted);
    assert_eq!(parse(&config.redacted).unwrap().targets, config.targets);
}

#[test]
fn targets_share_a_provider_by_its_name_and_each_has_its_own_secret() {
    let text = "providers:
  - name: id
    url: https://id.example.com
    kind: pocket_id
    api_key: the-key
targets:
  - {name: one, provider: id, app: {kind: grafana, url: https://grafana.example.com}}
  - name: two
    provider: {name: id, client_secret: the-secret}
    kasm: {url: https://kasm.example.com}
  - {name: id, provider: id}
";
    let config = parse(text).unwrap();
    let [one, two, alone] = &config.targets[..] else { panic!() };
    for target in [one, two, alone] {
        assert_eq!(target.provider.url.as_str(), "https://id.example.com/");
        assert!(target.provider.api_key.is_some());
    }
    assert!(one.provider.client_secret.is_none() && two.provider.client_secret.is_some());
    assert_eq!(alone.app.kind, Some(AppKind::ProviderAlone));
    for secret in ["the-key", "the-secret"] {
        assert!(!config.redacted.contains(secret));
    }
}

#[test]
fn every_mistake_names_its_place_and_says_what_to_write() {
    let of = |app: &str| file(app);
    let target = |text: &str| format!("targets:\n  - {text}\n");
    for (text, says) in [
        (
            of("{url: https://a.example}"),
            "3:10: targets[0].app: needs \"kind\" (for example kind: grafana) or \"login\"",
        ),
        (of("{kind: grafana}"), "targets[0].app: \"url\" is missing; the app's address, as users type it"),
        (
            of("{url: https://a.example, kind: grafna}"),
            "3:41: targets[0].app.kind: \"grafna\" is not known; did you mean \"grafana\"?",
        ),
        (of("{url: https://a.example, kind: zzz}"), "write one of grafana, immich,"),
        (of("{url: https://a.example, kind: kasm}"), "a Kasm is written as kasm: {url: URL}"),
        (of("{url: https://a.example, kind: generic}"), "kind: generic needs \"login\""),
        (
            of("{url: https://a.example, kind: gitea}"),
            "needs \"provider\": the name under which Gitea knows the provider",
        ),
        (of("{url: https://a.example, login: {}}"), "targets[0].app.login: needs \"get\" or \"post\""),
        (of("{url: https://a.example, login: {get: /a, post: /b}}"), "targets[0].app.login.post: excludes \"get\""),
        (of("{url: https://a.example, login: {get: /a, json: {}}}"), "goes with \"post\", not with \"get\""),
        (of("{url: https://a.example, login: {post: /a, json: {}, form: {}}}"), "excludes \"json\""),
        (of("{url: https://a.example, login: {get: start}}"), "\"start\" is not a path of the app"),
        (of("{url: https://a.example, login: {get: //b.example/}}"), "is not a path of the app"),
        (
            of("{url: https://a.example, login: {get: /a, url_in: body}}"),
            "write location, html, anywhere, or a JSON pointer",
        ),
        (
            of("{url: https://a.example, login: {get: /a, follow: 1}}"),
            "targets[0].app.login.follow: unknown key; known here: get, post",
        ),
        (of("{url: https://a.example, kind: grafana, callback: x}"), "targets[0].app.callback: \"x\" is not a path"),
        (of("{url: 'https://a.example/?x=1', kind: grafana}"), "holds a query"),
        (of("{url: https://a.example, kind: grafana, api_key: x}"), "targets[0].app.api_key: unknown key"),
        (
            target(
                "{provider: {url: https://i.example}, kasm: {url: https://k.example}, app: {kind: grafana, url: https://g.example}}",
            ),
            "targets[0].app: excludes \"kasm\"; a target has one app",
        ),
        (target("{provider: id}"), "targets[0].provider: no provider is named \"id\"; write provider: {url:"),
        (
            format!("providers: [{{name: a, url: https://i.example}}]\n{}", target("{provider: b}")),
            "no provider is named \"b\"; there is: a",
        ),
        (
            format!(
                "providers: [{{name: a, url: https://i.example}}, {{name: a, url: https://j.example}}]\n{}",
                target("{provider: a}")
            ),
            "\"a\" stands twice",
        ),
        (
            format!("providers: [{{url: https://i.example}}]\n{}", target("{provider: a}")),
            "\"name\" is missing; targets refer to it",
        ),
        (
            format!(
                "providers: [{{name: a, url: http://i.example}}]\n{}",
                target("{provider: {name: a, client_secret: s}}")
            ),
            "would go over plain HTTP",
        ),
    ] {
        let error = parse(&text).expect_err(&text).to_string();
        assert!(error.contains(says), "{text}{error}");
    }
}

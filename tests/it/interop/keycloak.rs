//! A real Keycloak and an app that a test makes wrong: what is said of each fault, with the client's secret and without.
//!
//! One Keycloak serves all tests; each has a realm of its own. The app's kind and the provider's kind are left out of the
//! configuration, so both are recognised.

mod server;
mod stage;

use serde_json::{Value, json};
use ssowatch::{
    apps::AppKind,
    model::{CheckReport, Verdict},
    providers::ProviderKind,
    round::Round,
};
use url::Url;

use self::stage::{Expected, SECRET, Sends, Stage, issuer, passed_on};
use crate::collect::server::{Server, html, nobody};

fn check<'a>(round: &'a Round, id: &str) -> &'a CheckReport {
    round.report.check(id).unwrap()
}

const REDIRECT_IS_WRONG: &[&str] = &["redirect_uri_is_own", "redirect_uri_registered", "authorize_accepted"];
const REDIRECT_FORM: &str = "Keycloak: Clients > wiki's client > Settings > Valid redirect URIs";
const UNREGISTERED: Expected = Expected {
    failing: &["redirect_uri_registered", "authorize_accepted"],
    cause: "redirect_uri_registered",
    code: "refused",
    fix: REDIRECT_FORM,
};
const UNKNOWN_CLIENT: Expected = Expected {
    failing: &["client_known", "authorize_accepted"],
    cause: "client_known",
    code: "unknown",
    fix: "enter the Client ID of Keycloak: Clients > wiki's client, in the realm",
};
const DISABLED: Expected = Expected {
    failing: &["authorize_accepted"],
    cause: "authorize_accepted",
    code: "client_disabled",
    fix: "Keycloak: Clients > wiki's client: switch Enabled on.",
};
const FLOW_OFF: Expected = Expected {
    failing: &["authorize_accepted"],
    cause: "authorize_accepted",
    code: "unauthorized_client",
    fix: "Settings > Capability config: switch Standard flow on.",
};
const PKCE_DEMANDED: Expected = Expected {
    failing: &["pkce_not_required", "authorize_accepted"],
    cause: "pkce_not_required",
    code: "required",
    fix: "Settings > Capability config > Require PKCE: off",
};
const PAR_DEMANDED: Expected = Expected {
    failing: &["par_not_required", "authorize_accepted"],
    cause: "par_not_required",
    code: "required",
    fix: "Advanced > Pushed authorization request required: off.",
};
const WRONG_SECRET: Expected = Expected {
    failing: &["client_secret_accepted"],
    cause: "client_secret_accepted",
    code: "refused",
    fix: "Keycloak: Clients > wiki's client > Credentials > Client Secret",
};

#[tokio::test]
async fn an_app_and_a_realm_that_agree_give_no_alarm() {
    let Some(mut stage) = Stage::new("right").await else { return };
    type Row = (&'static str, fn(&mut Sends));
    let rows: [Row; 8] = [
        ("as it is", |_| {}),
        ("PKCE that is not demanded", |sends| sends.pkce = Some("S256")),
        ("PKCE that is demanded", |sends| (sends.client, sends.pkce) = ("pkce", Some("S256"))),
        ("a wildcard in the redirect URIs", |sends| sends.client = "wildcard"),
        ("consent is asked for", |sends| sends.client = "consent"),
        ("a public client", |sends| sends.client = "public"),
        ("the scope openid alone: the realm's default client scopes give the claims", |sends| sends.scope = "openid"),
        ("a scope that the realm has as an optional one", |sends| sends.scope = "openid offline_access phone"),
    ];
    for (what, change) in rows {
        stage.sends_but(change);
        stage.gives_no_alarm(what).await;
    }
    stage.sends(&stage.right());
    let round = stage.look(Some(SECRET)).await;
    for id in ["client_known", "redirect_uri_registered", "authorize_accepted", "client_secret_accepted"] {
        assert_eq!(check(&round, id).verdict, Verdict::Ok, "{id}: {:?}", check(&round, id));
    }
    // The kind that is written, and an issuer with a slash at its end, are the same.
    stage.target.provider.kind = Some(ProviderKind::Keycloak);
    stage.target.provider.url = Url::parse(&format!("{}/", issuer(stage.keycloak.origin(), stage.realm))).unwrap();
    stage.gives_no_alarm("the kind is written").await;
    // A kind of app that needs the e-mail address, and does not ask for it: here it comes all the same.
    stage.target.app.kind = Some(AppKind::Grafana);
    stage.sends_but(|sends| sends.scope = "openid");
    stage.gives_no_alarm("Grafana with openid alone").await;
}

#[tokio::test]
async fn each_wrong_setting_of_the_app_is_its_own_cause() {
    let Some(stage) = Stage::new("app-is-wrong").await else { return };
    type Row = (&'static str, fn(&mut Sends), Expected);
    let of_redirect = |fix| Expected { failing: REDIRECT_IS_WRONG, cause: "redirect_uri_is_own", code: "differs", fix };
    let rows: [Row; 13] = [
        (
            "a slash more",
            |sends| sends.redirect.push('/'),
            of_redirect(
                "wiki: settings for OpenID Connect > Redirect URL: enter the expected value. Register the same text in Keycloak: Clients > wiki's client > Settings > Valid redirect URIs.",
            ),
        ),
        (
            "https",
            |sends| sends.redirect = sends.redirect.replace("http:", "https:"),
            of_redirect("pass Host, X-Forwarded-Proto"),
        ),
        (
            "another host",
            |sends| sends.redirect = sends.redirect.replace("127.0.0.1", "localhost"),
            of_redirect("pass Host, X-Forwarded-Proto"),
        ),
        ("another case of the client ID", |sends| sends.client = "App", UNKNOWN_CLIENT),
        ("a client that is switched off", |sends| sends.client = "disabled", DISABLED),
        ("a client for services", |sends| sends.client = "service", FLOW_OFF),
        ("a client that demands PKCE", |sends| sends.client = "pkce", PKCE_DEMANDED),
        (
            "a client that demands PKCE by another method",
            |sends| (sends.client, sends.pkce) = ("pkce", Some("plain")),
            Expected {
                failing: &["authorize_accepted"],
                cause: "authorize_accepted",
                code: "pkce_refused",
                fix: "Let wiki use the method S256",
            },
        ),
        ("a client that demands PAR", |sends| sends.client = "par", PAR_DEMANDED),
        (
            "a scope that the realm lacks",
            |sends| sends.scope = "openid profile groups",
            Expected {
                failing: &["scopes_supported", "authorize_accepted"],
                cause: "authorize_accepted",
                code: "invalid_scope",
                fix: "take out groups; or Keycloak: Clients > wiki's client > Client scopes > Add client scope.",
            },
        ),
        (
            "no scope openid",
            |sends| sends.scope = "profile email",
            Expected {
                failing: &["scope_has_openid"],
                cause: "scope_has_openid",
                code: "missing",
                fix: "wiki: settings for OpenID Connect: add openid to the scopes",
            },
        ),
        ("the implicit flow", |sends| sends.response_type = "token", FLOW_OFF),
        (
            "a realm that is not there",
            |sends| sends.realm = "gone".to_owned(),
            Expected {
                failing: &["authorization_url_matches", "authorize_accepted"],
                cause: "authorization_url_matches",
                code: "differs",
                fix: "wiki: settings for OpenID Connect > Authorization URL: enter the provider's value.",
            },
        ),
    ];
    for (what, change, expected) in rows {
        stage.sends_but(change);
        stage.fails(what, &expected).await;
    }
    stage.sends(&stage.right());
    stage.fails_with("another secret", Some("another-secret"), &WRONG_SECRET).await;
    stage.sends_but(|sends| sends.client = "jwt");
    let another_method = Expected {
        failing: &["client_secret_accepted"],
        cause: "client_secret_accepted",
        code: "other_method",
        fix: "Credentials > Client Authenticator: choose Client Id and Secret.",
    };
    stage.fails_with("another client authentication", Some(SECRET), &another_method).await;
}

#[tokio::test]
async fn each_change_of_the_client_is_its_own_cause_until_it_is_put_right() {
    let Some(stage) = Stage::new("client-is-wrong").await else { return };
    type Change = fn(&mut Value);
    type Row = (&'static str, Change, Change, Expected);
    let rows: [Row; 6] = [
        (
            "registered with a slash more",
            |client| client["redirectUris"] = json!([format!("{}/", client["redirectUris"][0].as_str().unwrap())]),
            |client| {
                client["redirectUris"] = json!([client["redirectUris"][0].as_str().unwrap().trim_end_matches('/')]);
            },
            UNREGISTERED,
        ),
        (
            "registered at another host",
            |client| {
                let url = client["redirectUris"][0].as_str().unwrap().replace("127.0.0.1", "localhost");
                client["redirectUris"] = json!([url]);
            },
            |client| {
                let url = client["redirectUris"][0].as_str().unwrap().replace("localhost", "127.0.0.1");
                client["redirectUris"] = json!([url]);
            },
            UNREGISTERED,
        ),
        ("switched off", |client| client["enabled"] = json!(false), |client| client["enabled"] = json!(true), DISABLED),
        (
            "standard flow off",
            |client| client["standardFlowEnabled"] = json!(false),
            |client| client["standardFlowEnabled"] = json!(true),
            FLOW_OFF,
        ),
        (
            "PKCE demanded",
            |client| client["attributes"]["pkce.code.challenge.method"] = json!("S256"),
            |client| client["attributes"]["pkce.code.challenge.method"] = json!(""),
            PKCE_DEMANDED,
        ),
        (
            "PAR demanded",
            |client| client["attributes"]["require.pushed.authorization.requests"] = json!("true"),
            |client| client["attributes"]["require.pushed.authorization.requests"] = json!("false"),
            PAR_DEMANDED,
        ),
    ];
    for (what, breaks, fixes, expected) in rows {
        stage.client(breaks);
        stage.fails(what, &expected).await;
        stage.client(fixes);
        stage.gives_no_alarm(what).await;
    }
    stage.client(|client| client["secret"] = json!("a-new-secret"));
    stage.fails_with("a new secret", Some(SECRET), &WRONG_SECRET).await;
    let clients = format!("/{}/clients", stage.realm);
    let client = stage.keycloak.admin("GET", &format!("{clients}?clientId=app"), &Value::Null)[0].take();
    stage.keycloak.admin("DELETE", &format!("{clients}/{}", client["id"].as_str().unwrap()), &Value::Null);
    stage.fails("deleted", &UNKNOWN_CLIENT).await;
}

#[tokio::test]
async fn a_realm_is_the_provider_and_its_host_is_not() {
    let Some(mut stage) = Stage::new("realm").await else { return };
    let origin = stage.keycloak.origin().to_owned();
    let at = |realm: &str| Url::parse(&issuer(&origin, realm)).unwrap();
    stage.add_realm("realm-other", &json!({}));
    stage.add_realm("realm-off", &json!({"enabled": false}));
    stage.add_realm("realm-moved", &json!({"attributes": {"frontendUrl": "https://id.example.test"}}));

    // People get in at the other realm, which knows the app: what is watched is not theirs.
    stage.sends_but(|sends| sends.realm = "realm-other".to_owned());
    let other_realm = Expected {
        failing: &["own_settings"],
        cause: "own_settings",
        code: "other_realm",
        fix: "/realms/realm-other. If wiki is the one that is wrong: wiki: settings for OpenID Connect > Authorization URL",
    };
    stage.fails("the app is at another realm", &other_realm).await;
    stage.target.provider.url = at("realm-other");
    stage.gives_no_alarm("the other realm is watched").await;

    // Nobody gets in at a realm that does not know the app.
    stage.target.provider.url = at("realm");
    stage.keycloak.admin("POST", "", &json!({"realm": "realm-stranger", "enabled": true}));
    stage.sends_but(|sends| sends.realm = "realm-stranger".to_owned());
    let wrong_realm = Expected {
        failing: &["authorization_url_matches", "client_known", "authorize_accepted"],
        cause: "authorization_url_matches",
        code: "differs",
        fix: "Authorization URL: enter the provider's value.",
    };
    stage.fails_with("the app is at a realm that does not know it", None, &wrong_realm).await;

    // Our address is wrong, and the app is well.
    stage.sends(&stage.right());
    for wrong in [issuer(&origin, "gone"), issuer(&origin, "Realm"), origin.clone(), format!("{origin}/realms")] {
        stage.target.provider.url = Url::parse(&wrong).unwrap();
        let expected = Expected {
            failing: &["discovery_served"],
            cause: "",
            code: "status",
            fix: "/realms/realm: nothing is served below",
        };
        stage.fails(&wrong, &expected).await;
    }

    stage.target.provider.url = at("gone");
    stage.sends_but(|sends| sends.realm = "gone".to_owned());
    let gone = Expected {
        failing: &["discovery_served", "authorize_accepted"],
        cause: "discovery_served",
        code: "status",
        fix: "must name the realm, in its own upper and lower case",
    };
    stage.fails("the realm is gone", &gone).await;

    stage.target.provider.url = at("realm-off");
    stage.sends_but(|sends| sends.realm = "realm-off".to_owned());
    let off = Expected {
        failing: &["authorize_accepted"],
        cause: "authorize_accepted",
        code: "realm_disabled",
        fix: "Keycloak: Realm settings: switch Enabled on.",
    };
    stage.fails("the realm is switched off", &off).await;

    // The realm calls itself by another host. An app that stayed behind loses the provider's cookies.
    stage.target.provider.url = at("realm-moved");
    stage.sends_but(|sends| sends.realm = "realm-moved".to_owned());
    let stayed = Expected {
        failing: &["authorization_url_matches", "issuer_matches"],
        cause: "authorization_url_matches",
        code: "differs",
        fix: "Authorization URL: enter the provider's value.",
    };
    stage.fails("the app stayed at the old host", &stayed).await;
    let round = stage.look(None).await;
    let fix = check(&round, "issuer_matches").findings[0].fix.as_deref().unwrap();
    assert!(fix.contains("KC_HOSTNAME") && fix.contains("Realm settings > General"), "{fix}");
    stage.sends_but(|sends| {
        (sends.origin, sends.realm) = ("https://id.example.test".to_owned(), "realm-moved".to_owned());
    });
    let ours = Expected {
        failing: &["own_settings"],
        cause: "own_settings",
        code: "other_address",
        fix: "to https://id.example.test/realms/realm-moved.",
    };
    stage.fails("we stayed at the old host", &ours).await;
}

#[tokio::test]
async fn what_stands_before_keycloak_or_is_gone_is_the_cause() {
    let Some(mut stage) = Stage::new("route").await else { return };
    let proxy = Server::plain().await;
    let origin = format!("http://{}", proxy.address);
    let keycloak = stage.keycloak;
    stage.target.provider.url = Url::parse(&issuer(&origin, stage.realm)).unwrap();
    stage.sends_but(|sends| sends.origin.clone_from(&origin));
    let passes_but = |ends: Option<&'static str>| {
        proxy.does(move |seen| match ends {
            Some(end) if seen.path().ends_with(end) => html(503, "<h1>503 Service Unavailable</h1>"),
            _ => passed_on(keycloak, seen),
        });
    };
    passes_but(None);
    stage.gives_no_alarm("a proxy that passes everything on").await;
    passes_but(Some("/token"));
    let token = Expected {
        failing: &["token_endpoint_answers"],
        cause: "token_endpoint_answers",
        code: "wrong",
        fix: "let the reverse proxy pass POST requests for this path to Keycloak",
    };
    stage.fails("a proxy without the token endpoint", &token).await;
    passes_but(Some(""));
    let all = Expected {
        failing: &["discovery_served"],
        cause: "discovery_served",
        code: "status",
        fix: "the reverse proxy must pass this path on",
    };
    stage.fails("a proxy without Keycloak", &all).await;
    let gone = format!("http://{}", nobody());
    stage.target.provider.url = Url::parse(&issuer(&gone, stage.realm)).unwrap();
    stage.sends_but(|sends| sends.origin.clone_from(&gone));
    let down = Expected {
        failing: &["provider_reachable"],
        cause: "provider_reachable",
        code: "connect",
        fix: "Start the provider and the reverse proxy before it",
    };
    stage.fails("nobody listens", &down).await;
}

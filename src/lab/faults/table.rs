//! The table of faults, in the order of the login path.

use serde_json::json;

use super::{
    Effect::{Change, Reply, Wire as On},
    Wire::{Refused, Reset, Shows},
    change::{
        add_config, at_host, change_key, rebase, register, rename_provider, rotate_keys, scopes, set, unlist, unset,
        weaken_key,
    },
    row::{Row, faults},
};
use crate::{
    lab::{
        certificates::Shown,
        reply::Damage,
        state::{Database, DeveloperApi, Health},
    },
    model::{
        Credential::{AppKey, ClientSecret, ProviderAdminKey, ProviderKey},
        Side::{App, Provider},
    },
};

/// Every path of a side.
const ALL: &[&str] = &[];
const DISCOVERY: &[&str] = &["/.well-known/openid-configuration"];
/// Of Pocket ID, and of the other kind of provider.
const JWKS: &[&str] = &["/.well-known/jwks.json", "/oauth2/keys"];
const LOGIN_SETTINGS: &[&str] = &["/api/login_settings"];
const SSO: &[&str] = &["/api/sso"];
const OIDC_CONFIGS: &[&str] = &["/api/public/get_oidc_configs", "/api/get_oidc_configs"];

faults! {
    // The connection to the provider.
    ProviderRefused "provider_refused" "Pocket ID's port is closed."
        => On(Provider, Refused), replays "pocket-id/pocket-id#1283";
    ProviderReset "provider_reset" "Connections to Pocket ID are reset."
        => On(Provider, Reset);
    ProviderStalls "provider_stalls" "Pocket ID takes requests and never answers."
        => Reply(Provider, ALL, Damage::Stall), replays "pocket-id/pocket-id#1274";
    ProviderSlowBody "provider_slow_body" "Pocket ID's answers stop half-way, and the connection stays."
        => Reply(Provider, ALL, Damage::SlowBody);
    ProviderTruncates "provider_truncates" "Pocket ID's answers end half-way."
        => Reply(Provider, ALL, Damage::Truncated);
    ProviderCertificateName "provider_certificate_name" "Pocket ID's certificate is for another name."
        => On(Provider, Shows(Shown::WrongName));
    ProviderCertificateExpired "provider_certificate_expired" "Pocket ID's certificate has expired."
        => On(Provider, Shows(Shown::Expired));
    ProviderCertificateNotYetValid "provider_certificate_not_yet_valid" "Pocket ID's certificate is not valid yet."
        => On(Provider, Shows(Shown::NotYetValid));
    ProviderCertificateIncomplete "provider_certificate_incomplete"
        "Pocket ID leaves the intermediate certificate out."
        => On(Provider, Shows(Shown::Incomplete));
    ProviderCertificateUnknownCa "provider_certificate_unknown_ca"
        "Pocket ID's certificate is of a CA that is not trusted."
        => On(Provider, Shows(Shown::UnknownCa)), replays "kasmtech/workspaces-issues#834";
    ProviderCertificateExpiresSoon "provider_certificate_expires_soon" "Pocket ID's certificate expires in two days."
        => On(Provider, Shows(Shown::ExpiresSoon));

    // What stands in front of the provider.
    ProviderWebPage "provider_web_page" "Another web site answers at Pocket ID's address."
        => Reply(Provider, ALL, Damage::WebPage);
    ProviderLoginRedirect "provider_login_redirect"
        "A proxy sends every request for Pocket ID to a login page of its own."
        => Reply(Provider, ALL, Damage::LoginRedirect);
    ProviderLoginPage "provider_login_page" "A proxy answers every request for Pocket ID with a login page."
        => Reply(Provider, ALL, Damage::LoginPage);
    ProviderRedirectsElsewhere "provider_redirects_elsewhere" "Pocket ID's address redirects to another one."
        => Reply(Provider, ALL, Damage::Elsewhere);
    ProviderChallenges "provider_challenges" "A bot guard challenges every request for Pocket ID."
        => Reply(Provider, ALL, Damage::Challenge), replays "pocket-id/pocket-id#849";
    ProviderServerError "provider_server_error" "Pocket ID answers 500 to everything."
        => Reply(Provider, ALL, Damage::Status(500));
    ProviderBadGateway "provider_bad_gateway" "The proxy does not reach Pocket ID (502)."
        => Reply(Provider, ALL, Damage::Status(502));
    ProviderThrottles "provider_throttles" "Pocket ID's own request limit is used up."
        => Change(|state| state.provider.is_throttling = true), replays "pocket-id/pocket-id#1224";
    ProviderThrottlesLong "provider_throttles_long"
        "A proxy in front of Pocket ID asks to come again in two minutes (429)."
        => Reply(Provider, ALL, Damage::TooMany(Some(120))), replays "pocket-id/pocket-id#1451";
    ProviderClockBehind "provider_clock_behind" "Pocket ID's clock is ten minutes behind."
        => Reply(Provider, ALL, Damage::ClockOff(-600));

    // The discovery document as served.
    DiscoveryGone "discovery_gone" "The discovery document is not there (404)."
        => Change(|state| state.provider.hidden.push("/.well-known/openid-configuration"));
    DiscoveryWebPage "discovery_web_page" "A web page stands in the place of the discovery document."
        => Reply(Provider, DISCOVERY, Damage::WebPage);
    DiscoveryServerError "discovery_server_error" "The discovery document answers 500."
        => Reply(Provider, DISCOVERY, Damage::Status(500));
    DiscoveryInvalidJson "discovery_invalid_json" "The discovery document is no JSON."
        => Reply(Provider, DISCOVERY, Damage::InvalidJson);
    DiscoveryDuplicateKey "discovery_duplicate_key" "A member stands twice in the discovery document."
        => Reply(Provider, DISCOVERY, Damage::DuplicateKey);
    DiscoveryContentType "discovery_content_type" "The discovery document is served as text."
        => Reply(Provider, DISCOVERY, Damage::ContentType("text/plain; charset=utf-8"));
    DiscoveryHuge "discovery_huge" "The discovery document does not end."
        => Reply(Provider, DISCOVERY, Damage::Huge);
    DiscoveryEmpty "discovery_empty" "The discovery document has no content."
        => Reply(Provider, DISCOVERY, Damage::Empty);

    // What the discovery document says.
    ProviderRenamed "provider_renamed" "APP_URL was changed to a new host: issuer, authorization and logout moved."
        => Change(rename_provider);
    IssuerDiffers "issuer_differs" "The issuer is another than the provider's address."
        => Change(|state| set(state, "issuer", json!("https://old.example.test")));
    IssuerTrailingSlash "issuer_trailing_slash" "The issuer ends in a slash."
        => Change(|state| set(state, "issuer", json!(format!("{}/", state.urls.provider))));
    IssuerMissing "issuer_missing" "The discovery document names no issuer."
        => Change(|state| unset(state, "issuer"));
    AuthorizationEndpointMissing "authorization_endpoint_missing"
        "The discovery document names no authorization endpoint."
        => Change(|state| unset(state, "authorization_endpoint"));
    TokenEndpointMissing "token_endpoint_missing" "The discovery document names no token endpoint."
        => Change(|state| unset(state, "token_endpoint"));
    JwksUriMissing "jwks_uri_missing" "The discovery document names no key set."
        => Change(|state| unset(state, "jwks_uri"));
    UserinfoEndpointMissing "userinfo_endpoint_missing" "The discovery document names no userinfo endpoint."
        => Change(|state| unset(state, "userinfo_endpoint"));
    EndpointsElsewhere "endpoints_elsewhere"
        "Token, userinfo and keys are announced at a base that is nowhere configured."
        => Change(|state| {
            for name in ["token_endpoint", "userinfo_endpoint", "jwks_uri", "introspection_endpoint"] {
                let elsewhere = state.urls.elsewhere.clone();
                rebase(state, name, &elsewhere);
            }
        });
    AuthorizationEndpointElsewhere "authorization_endpoint_elsewhere"
        "The authorization endpoint is announced at another host."
        => Change(|state| {
            let elsewhere = state.urls.elsewhere.clone();
            rebase(state, "authorization_endpoint", &elsewhere);
        });
    CodeNotSupported "code_not_supported" "The provider no longer announces the response type code."
        => Change(|state| set(state, "response_types_supported", json!(["id_token"])));
    GroupsScopeGone "groups_scope_gone" "The provider no longer announces the scope groups."
        => Change(|state| unlist(state, "scopes_supported", "groups"));
    ScopesListMissing "scopes_list_missing" "The discovery document does not say which scopes there are."
        => Change(|state| unset(state, "scopes_supported"));
    BasicNotSupported "basic_not_supported" "The token endpoint no longer announces HTTP Basic, which Kasm uses."
        => Change(|state| set(state, "token_endpoint_auth_methods_supported", json!(["client_secret_post", "none"])));
    SubjectTypesMissing "subject_types_missing"
        "The discovery document lacks subject_types_supported, which the specification demands."
        => Change(|state| unset(state, "subject_types_supported"));

    // Keys.
    JwksServerError "jwks_server_error" "The key set answers 500."
        => Reply(Provider, JWKS, Damage::Status(500));
    JwksInvalidJson "jwks_invalid_json" "The key set is no JSON."
        => Reply(Provider, JWKS, Damage::InvalidJson);
    JwksWebPage "jwks_web_page" "A web page stands in the place of the key set."
        => Reply(Provider, JWKS, Damage::WebPage);
    JwksEmpty "jwks_empty" "The key set holds no key."
        => Change(|state| state.provider.jwks = json!({"keys": []}));
    KeysRotated "keys_rotated" "The signing key was rotated."
        => Change(rotate_keys), replays "pocket-id/pocket-id#339";
    KeyIdReused "key_id_reused" "Another key is published under the same key ID."
        => Change(|state| {
            let old = state.provider.signing_key.id.clone();
            rotate_keys(state);
            change_key(state, "kid", json!(old));
        });
    KeyWeak "key_weak" "The published RSA key has 1024 bits."
        => Change(weaken_key);
    KeyPrivate "key_private" "The key set shows a private key."
        => Change(|state| change_key(state, "d", json!("AQAB")));
    KeyForEncryption "key_for_encryption" "The only key is published for encryption."
        => Change(|state| change_key(state, "use", json!("enc")));
    AlgorithmDiffers "algorithm_differs" "The announced signing algorithm fits none of the keys."
        => Change(|state| set(state, "id_token_signing_alg_values_supported", json!(["EdDSA"])));

    // The provider's other endpoints and its database.
    DatabaseGone "database_gone" "Pocket ID's database cannot be read, and the health endpoint stays green."
        => Change(|state| state.provider.database = Database::Gone), replays "pocket-id/pocket-id#1356";
    DatabaseLocked "database_locked" "Another process holds the write lock of Pocket ID's database."
        => Change(|state| state.provider.database = Database::Locked),
        replays "pocket-id/pocket-id#1383", needs ClientSecret;
    DatabaseHangs "database_hangs"
        "Pocket ID's database does not answer: what needs it hangs, and the rest stays green."
        => Change(|state| state.provider.database = Database::Hung);
    UserinfoGone "userinfo_gone" "A proxy does not pass the userinfo endpoint on."
        => Change(|state| {
            let path = state.provider.paths.userinfo;
            state.provider.hidden.push(path);
        });
    EndSessionGone "end_session_gone" "A proxy does not pass the end-session endpoint on."
        => Change(|state| {
            let path = state.provider.paths.end_session;
            state.provider.hidden.push(path);
        });
    AuthorizeGone "authorize_gone" "A proxy does not pass the authorization endpoint on."
        => Change(|state| {
            let path = state.provider.paths.authorize;
            state.provider.hidden.push(path);
        });
    ProviderPageBlank "provider_page_blank" "The script of Pocket ID's page is missing, so the page stays blank."
        => Change(|state| state.provider.page_script = false);
    PasskeyDomainDiffers "passkey_domain_differs" "Passkeys are bound to another domain than the one that people see."
        => Change(|state| state.provider.passkey_host = Some("old.example.test".to_owned())),
        replays "pocket-id/pocket-id#1298";

    // Kasm's client at the provider.
    ClientDeleted "client_deleted" "Kasm's client was deleted in Pocket ID."
        => Change(|state| state.client().is_deleted = true);
    RedirectUriNotRegistered "redirect_uri_not_registered" "Pocket ID has another redirect URI than Kasm sends."
        => Change(|state| register(state, "https://old-kasm.example.test/api/oidc_callback".to_owned()));
    RedirectUriRegisteredWithSlash "redirect_uri_registered_with_slash"
        "The redirect URI in Pocket ID has one slash too many."
        => Change(|state| register(state, format!("{}/", state.urls.callback()))), replays "pocket-id/pocket-id#1510";
    NoRedirectUriRegistered "no_redirect_uri_registered" "Pocket ID has no redirect URI for Kasm's client."
        => Change(|state| state.client().callback_urls.clear());
    PkceRequired "pkce_required" "PKCE was switched on in Pocket ID, and Kasm does not send it."
        => Change(|state| state.client().pkce_required = true);
    ParRequired "par_required"
        "Pushed authorization requests were switched on in Pocket ID, and Kasm does not send them."
        => Change(|state| state.client().par_required = true);
    SecretRegenerated "secret_regenerated" "The client secret was made anew in Pocket ID."
        => Change(|state| state.client().secrets = vec!["RegeneratedSecretPlaceholder0001".to_owned()]),
        replays "pocket-id/pocket-id#589", needs ClientSecret;
    ClientPublic "client_public" "Kasm's client was made public in Pocket ID: it has no secret, and must use PKCE."
        => Change(|state| {
            let client = state.client();
            client.secrets.clear();
            (client.is_public, client.pkce_required) = (true, true);
        });
    SigningKeyDiffers "signing_key_differs"
        "Pocket ID signs with another key than it publishes: two instances, or a cache in between."
        => Change(|state| state.provider.signing_key = state.provider.next_key), needs ClientSecret;
    TokenIssuerDiffers "token_issuer_differs" "Pocket ID's tokens name another issuer than its discovery document."
        => Change(|state| state.provider.token.issuer = Some("https://old.example.test")), needs ClientSecret;
    TokenAudienceDiffers "token_audience_differs" "Pocket ID's tokens for Kasm's client are for another one."
        => Change(|state| state.provider.token.audience = Some("another-client")), needs ClientSecret;
    TokenEnded "token_ended" "Pocket ID's tokens have ended before they are used."
        => Change(|state| state.provider.token.lifetime = -120), needs ClientSecret;
    AllowedGroupsGone "allowed_groups_gone" "The client is restricted to groups, and has none."
        => Change(|state| state.client().allowed_groups = Some(Vec::new())),
        replays "pocket-id/pocket-id#865", needs ProviderAdminKey;
    AllowedGroupEmpty "allowed_group_empty" "The only group that may use the client has no members."
        => Change(|state| state.provider.users.iter_mut().for_each(|user| user.groups.clear())),
        replays "pocket-id/pocket-id#1538", needs ProviderAdminKey;
    TestUserNotAllowed "test_user_not_allowed" "The test user left the group that may use the client."
        => Change(|state| state.test_user().groups.clear()),
        replays "pocket-id/pocket-id#1164", needs ProviderAdminKey;
    TestUserDisabled "test_user_disabled" "The test user was disabled in Pocket ID, and another member is left."
        => Change(|state| {
            let groups = state.test_user().groups.clone();
            state.test_user().is_disabled = true;
            state.provider.users.iter_mut().filter(|user| user.username == "bob").for_each(|user| {
                user.groups.clone_from(&groups);
            });
        }), needs ProviderAdminKey;
    AllowedMembersDisabled "allowed_members_disabled" "Every member of the only group that may use the client is disabled."
        => Change(|state| {
            state.provider.users.iter_mut().filter(|user| !user.groups.is_empty()).for_each(|user| user.is_disabled = true);
        }), needs ProviderAdminKey;
    TestUserGone "test_user_gone" "The test user was deleted in Pocket ID."
        => Change(|state| state.provider.users.retain(|user| user.username != "canary")), needs ProviderAdminKey;
    CallbackAnything "callback_anything" "Any address is registered as the client's callback."
        => Change(|state| register(state, "*".to_owned())), needs ProviderAdminKey;
    SecretExpired "secret_expired" "The client's only secret has ended."
        => Change(|state| {
            let client = state.client();
            client.ended_secrets = std::mem::take(&mut client.secrets);
        }), replays "pocket-id/pocket-id#1715", needs ProviderAdminKey;
    SecretEndsSoon "secret_ends_soon" "The client's only secret ends in five days."
        => Change(|state| state.client().secret_days_left = Some(5)), needs ProviderAdminKey;
    SecondSecret "second_secret" "The client has had a second active secret for a month: nobody deleted the former one."
        => Change(|state| {
            let client = state.client();
            client.secrets.push("FormerClientSecretPlaceholder001".to_owned());
            client.secret_days_old = 30;
        }), needs ProviderAdminKey;
    AnotherSecretEndsSoon "another_secret_ends_soon" "The secret of another client ends in five days."
        => Change(|state| state.another_client().secret_days_left = Some(5)), needs ProviderAdminKey;
    AnotherCallbackPlain "another_callback_plain" "Another client has a callback over plain HTTP."
        => Change(|state| {
            state.another_client().callback_urls.push("http://wiki.example.test/callback".to_owned());
        }), needs ProviderAdminKey;
    ClientNotWatched "client_not_watched" "Pocket ID has a client of an app that no target watches."
        => Change(|state| {
            let callback = "https://grafana.example.test/login/generic_oauth".to_owned();
            state.another_client().callback_urls = vec![callback];
        }), needs ProviderAdminKey;
    ProviderKeyWrong "provider_key_wrong" "Pocket ID refuses our key."
        => Change(|state| state.provider.api_keys.clear()), needs ProviderKey;
    ProviderKeyExpired "provider_key_expired" "Our Pocket ID key has expired."
        => Change(|state| state.provider.api_keys.iter_mut().for_each(|key| key.days_left = -1)), needs ProviderKey;
    ProviderKeyEndsSoon "provider_key_ends_soon" "Our Pocket ID key ends in five days."
        => Change(|state| state.provider.api_keys.iter_mut().for_each(|key| key.days_left = 5)), needs ProviderKey;
    ProviderKeyOwnerDisabled "provider_key_owner_disabled" "The user of our Pocket ID key was disabled."
        => Change(|state| state.key_owners().for_each(|user| user.is_disabled = true)), needs ProviderKey;
    ProviderKeyOwnerDemoted "provider_key_owner_demoted" "The user of our Pocket ID key is an admin no more."
        => Change(|state| state.key_owners().for_each(|user| user.is_admin = false)), needs ProviderAdminKey;
    LogoutUrlNotRegistered "logout_url_not_registered"
        "Pocket ID does not know Kasm's address for the way back from logout."
        => Change(|state| state.client().logout_callback_urls.clear()),
        replays "pocket-id/pocket-id#238", needs ProviderAdminKey;

    // The connection to Kasm.
    KasmRefused "kasm_refused" "Kasm's port is closed."
        => On(App, Refused);
    KasmReset "kasm_reset" "Connections to Kasm are reset."
        => On(App, Reset);
    KasmStalls "kasm_stalls" "Kasm takes requests and never answers."
        => Reply(App, ALL, Damage::Stall);
    KasmSlowBody "kasm_slow_body" "Kasm's answers stop half-way, and the connection stays."
        => Reply(App, ALL, Damage::SlowBody);
    KasmTruncates "kasm_truncates" "Kasm's answers end half-way."
        => Reply(App, ALL, Damage::Truncated);
    KasmCertificateName "kasm_certificate_name" "Kasm's certificate is for another name."
        => On(App, Shows(Shown::WrongName));
    KasmCertificateExpired "kasm_certificate_expired" "Kasm's certificate has expired."
        => On(App, Shows(Shown::Expired));
    KasmCertificateNotYetValid "kasm_certificate_not_yet_valid" "Kasm's certificate is not valid yet."
        => On(App, Shows(Shown::NotYetValid));
    KasmCertificateIncomplete "kasm_certificate_incomplete" "Kasm leaves the intermediate certificate out."
        => On(App, Shows(Shown::Incomplete));
    KasmCertificateUnknownCa "kasm_certificate_unknown_ca" "Kasm's certificate is of a CA that is not trusted."
        => On(App, Shows(Shown::UnknownCa));
    KasmCertificateSelfSigned "kasm_certificate_self_signed" "Kasm shows its installer's self-signed certificate."
        => On(App, Shows(Shown::SelfSigned));
    KasmCertificateExpiresSoon "kasm_certificate_expires_soon" "Kasm's certificate expires in two days."
        => On(App, Shows(Shown::ExpiresSoon));

    // What stands in front of Kasm, and Kasm's own state.
    KasmWebPage "kasm_web_page" "Another web site answers at Kasm's address."
        => Reply(App, ALL, Damage::WebPage);
    KasmLoginRedirect "kasm_login_redirect" "A proxy sends every request for Kasm to a login page of its own."
        => Reply(App, ALL, Damage::LoginRedirect);
    KasmLoginPage "kasm_login_page" "A proxy answers every request for Kasm with a login page."
        => Reply(App, ALL, Damage::LoginPage);
    KasmRedirectsElsewhere "kasm_redirects_elsewhere" "Kasm's address redirects to another one."
        => Reply(App, ALL, Damage::Elsewhere);
    KasmChallenges "kasm_challenges" "A bot guard challenges every request for Kasm."
        => Reply(App, ALL, Damage::Challenge);
    KasmServerError "kasm_server_error" "Kasm answers 500 to everything."
        => Reply(App, ALL, Damage::Status(500));
    KasmBadGateway "kasm_bad_gateway" "Kasm's API container is down (502)."
        => Reply(App, &["/api/__healthcheck", "/api/login_settings", "/api/sso"], Damage::Status(502));
    KasmThrottles "kasm_throttles" "A proxy in front of Kasm takes no more requests (429)."
        => Reply(App, ALL, Damage::TooMany(None));
    KasmThrottlesLong "kasm_throttles_long" "A proxy in front of Kasm asks to come again in two minutes (429)."
        => Reply(App, ALL, Damage::TooMany(Some(120)));
    KasmClockBehind "kasm_clock_behind" "Kasm's clock is ten minutes behind."
        => Reply(App, ALL, Damage::ClockOff(-600));
    KasmUnhealthy "kasm_unhealthy" "Kasm's health endpoint answers 500, with a page."
        => Change(|state| state.kasm.health = Health::Exception);
    KasmHealthHidden "kasm_health_hidden" "A proxy hides Kasm's health endpoint (404)."
        => Change(|state| state.kasm.health = Health::Hidden);
    KasmDatabaseGone "kasm_database_gone" "Kasm's database is away: its API answers 500."
        => Change(|state| {
            state.kasm.has_database = false;
            state.kasm.health = Health::Exception;
        });
    KasmPageEmpty "kasm_page_empty" "Something in front of Kasm answers its login page with nothing in it."
        => Change(|state| state.kasm.is_page_empty = true);
    KasmPageBlank "kasm_page_blank" "The script of Kasm's login page is missing, so the page stays blank."
        => Change(|state| state.kasm.page_script = false);

    // What Kasm's login page offers.
    ConfigDisabled "config_disabled" "Kasm's OpenID config is disabled, so the button is missing."
        => Change(|state| state.config().enabled = false);
    ConfigDeleted "config_deleted" "Kasm has no OpenID config."
        => Change(|state| state.config().is_deleted = true);
    ConfigForOtherHost "config_for_other_host" "Kasm's config is for another host name, and none is the default."
        => Change(|state| {
            state.config().hostname = Some("old-kasm.example.test".to_owned());
            state.config().is_default = false;
        });
    ConfigHostWithPort "config_host_with_port" "The host name in Kasm's config has a port, so it never matches."
        => Change(|state| {
            state.config().hostname = Some("kasm.example.test:8443".to_owned());
            state.config().is_default = false;
        }), replays "kasmtech/workspaces-issues#408";
    TwoConfigs "two_configs" "Two of Kasm's configs lead to this provider."
        => Change(|state| add_config(state, |_| {}));
    TwoAutoLogins "two_auto_logins" "Two of Kasm's configs send visitors on at once."
        => Change(|state| {
            state.config().auto_login = true;
            add_config(state, |second| second.auto_login = true);
        });
    AutoLoginOn "auto_login_on" "Auto login was switched on: every visitor is sent to the provider."
        => Change(|state| state.config().auto_login = true);
    LoginSettingsServerError "login_settings_server_error" "Kasm's login settings answer 500."
        => Reply(App, LOGIN_SETTINGS, Damage::Status(500));
    LoginSettingsInvalidJson "login_settings_invalid_json" "Kasm's login settings are no JSON."
        => Reply(App, LOGIN_SETTINGS, Damage::InvalidJson);
    LoginSettingsHuge "login_settings_huge" "Kasm's login settings do not end."
        => Reply(App, LOGIN_SETTINGS, Damage::Huge);

    // The start of a login at Kasm.
    StartRefused "start_refused" "Kasm refuses to start the login, with an error text."
        => Change(|state| state.kasm.sso_error = Some("An Unexpected Error occurred. Please contact an Administrator"));
    StartServerError "start_server_error" "Kasm's start of login answers 500."
        => Reply(App, SSO, Damage::Status(500));
    StartInvalidJson "start_invalid_json" "Kasm's start of login is no JSON."
        => Reply(App, SSO, Damage::InvalidJson);
    AuthorizationUrlStale "authorization_url_stale" "Kasm sends browsers to the provider's old host."
        => Change(|state| state.config().auth_url = at_host(&state.config().auth_url, "old.example.test"));
    AuthorizationUrlPath "authorization_url_path"
        "Kasm sends browsers to a path that is not the authorization endpoint."
        => Change(|state| state.config().auth_url = format!("{}/api/oidc/authorize", state.urls.provider));
    AuthorizationUrlNotAUrl "authorization_url_not_a_url" "Kasm's authorization URL lacks its scheme."
        => Change(|state| {
            let url = state.config().auth_url.clone();
            state.config().auth_url = url.split("://").nth(1).unwrap_or_default().to_owned();
        });
    ClientIdDiffers "client_id_differs" "Kasm sends a client ID that Pocket ID does not know."
        => Change(|state| state.config().client_id = "00000000-0000-4000-8000-0000000000ff".to_owned());
    ClientIdOfAnother "client_id_of_another" "Kasm sends the client ID of another application."
        => Change(|state| state.config().client_id = "00000000-0000-4000-8000-0000000000c8".to_owned());
    ClientIdTrailingBlank "client_id_trailing_blank" "Kasm's client ID ends in a blank that was pasted along."
        => Change(|state| state.config().client_id.push(' '));
    RedirectUrlAddress "redirect_url_address" "Kasm's redirect URL holds an IP address instead of its name."
        => Change(|state| state.config().redirect_url = at_host(&state.config().redirect_url, "192.0.2.10")),
        replays "kasmtech/workspaces-issues#481";
    RedirectUrlOldHost "redirect_url_old_host" "Kasm's redirect URL holds its old host name."
        => Change(|state| state.config().redirect_url = at_host(&state.config().redirect_url, "old-kasm.example.test")),
        replays "kasmtech/workspaces-issues#552";
    RedirectUrlPort "redirect_url_port" "Kasm's redirect URL holds the port behind the proxy."
        => Change(|state| {
            state.config().redirect_url = at_host(&state.config().redirect_url, "kasm.example.test:8443");
        }),
        replays "kasmtech/workspaces-issues#564";
    RedirectUrlTrailingSlash "redirect_url_trailing_slash" "Kasm's redirect URL has one slash too many."
        => Change(|state| state.config().redirect_url.push('/')), replays "pocket-id/pocket-id#1510";
    RedirectUrlPath "redirect_url_path" "Kasm's redirect URL has another path than Kasm's callback."
        => Change(|state| state.config().redirect_url = format!("{}/oidc_callback", state.urls.kasm));
    RedirectUrlHttp "redirect_url_http" "Kasm's redirect URL is plain HTTP."
        => Change(|state| state.config().redirect_url = state.config().redirect_url.replacen("https:", "http:", 1)),
        replays "pocket-id/pocket-id#1439";
    RedirectUrlFragment "redirect_url_fragment" "Kasm's redirect URL has a fragment."
        => Change(|state| {
            let url = format!("{}#/", state.urls.callback());
            register(state, url.clone());
            state.config().redirect_url = url;
        }), replays "pocket-id/pocket-id#1587";
    StateShort "state_short" "Kasm sends a state of five characters."
        => Change(|state| state.kasm.state_length = None);
    ResponseTypeDiffers "response_type_differs" "Kasm asks for another response type than code."
        => Change(|state| state.kasm.response_type = "code id_token");
    ScopesWithCommas "scopes_with_commas" "Kasm's scopes are one entry with commas, so nothing is granted."
        => Change(|state| scopes(state, &["openid,email,profile,groups"]));
    ScopesInOneEntry "scopes_in_one_entry"
        "Kasm's scopes are one entry with blanks, which the token answer then contradicts."
        => Change(|state| scopes(state, &["openid email profile groups"])),
        replays "kasmtech/workspaces-issues#894", needs AppKey;
    ScopeTrailingBlank "scope_trailing_blank"
        "One of Kasm's scopes ends in a blank, which the token answer then contradicts."
        => Change(|state| scopes(state, &["openid", "email", "profile", "groups "])),
        replays "kasmtech/workspaces-issues#894";
    ScopeUnknown "scope_unknown" "Kasm asks for a scope that the provider drops."
        => Change(|state| scopes(state, &["openid", "email", "profile", "groups", "phone"])),
        replays "pocket-id/pocket-id#1544";
    ScopeWithoutOpenid "scope_without_openid" "Kasm does not ask for the scope openid."
        => Change(|state| scopes(state, &["email", "profile", "groups"])), replays "kasmtech/workspaces-issues#717";
    ScopeWithoutProfile "scope_without_profile" "Kasm does not ask for the scope that carries the user name."
        => Change(|state| scopes(state, &["openid", "email", "groups"])), needs AppKey;
    ScopeWithoutGroups "scope_without_groups" "Kasm does not ask for the scope groups, and people lose their groups."
        => Change(|state| scopes(state, &["openid", "email", "profile"])), needs AppKey;
    NonceShort "nonce_short" "Kasm sends a nonce of five characters, which the token step refuses."
        => Change(|state| state.kasm.extra_parameters.push(("nonce", "short")));

    // What only Kasm's stored config shows.
    TokenUrlStale "token_url_stale" "Kasm's token URL holds the provider's old host."
        => Change(|state| state.config().token_url = at_host(&state.config().token_url, "old.example.test")),
        needs AppKey;
    TokenUrlPath "token_url_path" "Kasm's token URL has another path than the token endpoint."
        => Change(|state| state.config().token_url = format!("{}/token", state.urls.provider)), needs AppKey;
    UserinfoUrlStale "userinfo_url_stale" "Kasm's user info URL holds the provider's old host."
        => Change(|state| state.config().user_info_url = at_host(&state.config().user_info_url, "old.example.test")),
        needs AppKey;
    UsernameAttributeUnknown "username_attribute_unknown" "Kasm takes the user name from a claim that does not exist."
        => Change(|state| state.config().username_attribute = "login".to_owned()), needs AppKey;
    GroupsAttributeUnknown "groups_attribute_unknown" "Kasm takes the groups from a claim that does not exist."
        => Change(|state| state.config().groups_attribute = Some("roles".to_owned())), needs AppKey;
    IssuerFieldStale "issuer_field_stale" "Kasm's issuer field holds the provider's old host, which breaks logout."
        => Change(|state| state.config().issuer = Some("https://old.example.test".to_owned())), needs AppKey;
    IssuerFieldEmpty "issuer_field_empty" "Kasm logs out at the provider and has no issuer."
        => Change(|state| state.config().issuer = None), needs AppKey;
    UserinfoUrlPath "userinfo_url_path" "Kasm's user info URL has another path than the userinfo endpoint."
        => Change(|state| state.config().user_info_url = format!("{}/userinfo", state.urls.provider)), needs AppKey;
    GroupMappingUnknown "group_mapping_unknown" "Kasm maps a group that the provider does not have."
        => Change(|state| state.kasm.mapped_groups = vec!["kasm-user"]), needs AppKey;
    GroupsAttributeMissing "groups_attribute_missing" "Kasm maps groups and takes them from no claim."
        => Change(|state| state.config().groups_attribute = None), needs AppKey;
    KasmHoldsOldConfig "kasm_holds_old_config" "Kasm sends an old list of scopes, which its database no longer holds."
        => Change(|state| state.kasm.sends_scope = Some("openid email profile")),
        needs AppKey;
    LogoutOff "logout_off" "Kasm does not log out at the provider."
        => Change(|state| state.config().logout_with_oidc_provider = false), needs AppKey;
    DebugOn "debug_on" "Kasm's debug switch is on: tokens stand in its log."
        => Change(|state| state.config().debug = true), needs AppKey;
    LocalUserInTheWay "local_user_in_the_way" "Kasm has a local user of the test user's name, which blocks sign-in."
        => Change(|state| state.kasm.test_user_realm = "local"),
        replays "kasmtech/workspaces-issues#587", needs AppKey;
    DeveloperApiUnlicensed "developer_api_unlicensed" "Kasm's licence has no developer API."
        => Change(|state| state.kasm.developer_api = DeveloperApi::Unlicensed), needs AppKey;
    KasmKeyWrong "kasm_key_wrong" "Kasm refuses our key."
        => Change(|state| state.kasm.developer_api = DeveloperApi::WrongKey), needs AppKey;
    KasmKeyWithoutPermission "kasm_key_without_permission" "Our Kasm key lacks Auth View."
        => Change(|state| state.kasm.permissions_missing.push("Auth View")), needs AppKey;
    KasmKeyReadsConfigsOnly "kasm_key_reads_configs_only" "Our Kasm key has Auth View and nothing else."
        => Change(|state| state.kasm.permissions_missing.extend(["System View", "Groups View", "Users View"])),
        needs AppKey;
    DeveloperApiErrorInside "developer_api_error_inside" "Kasm's developer API answers 200 with an error object."
        => Change(|state| state.kasm.developer_api = DeveloperApi::ErrorInside), needs AppKey;
    DeveloperApiWebPage "developer_api_web_page" "Kasm's developer API answers 500 with a web page."
        => Reply(App, OIDC_CONFIGS, Damage::Status(500)), needs AppKey;
    KasmKeyExpired "kasm_key_expired" "Our Kasm key has expired."
        => Change(|state| state.kasm.developer_api = DeveloperApi::KeyExpired), needs AppKey;
}

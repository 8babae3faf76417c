//! The fields, and where each side's value of one is found.

use super::Held;
use crate::{
    apps::kasm::{Field, LoginConfig, OidcConfig},
    checks::Case,
    model::{Missing, Registration},
    oidc::{AuthorizeUrl, Discovery},
};

/// One field: where it stands and what compares it.
pub(super) struct Row {
    /// Its id.
    pub field: &'static str,
    /// Its name at Kasm and at the provider.
    pub labels: (&'static str, &'static str),
    /// The checks that compare it, each with the field of its drift.
    pub compared_by: &'static [(&'static str, &'static str)],
    /// Whether it is held against what the operator declared, where something is.
    pub is_declared: bool,
    /// What each side has.
    pub sides: fn(&Case<'_>) -> Sides,
}

/// What each side has of a field.
pub(super) struct Sides {
    pub config: Held,
    pub stored: Held,
    pub sent: Held,
    pub provider: Held,
}

/// No side has it; a row names those that do.
const NOWHERE: Sides = Sides { config: Held::None, stored: Held::None, sent: Held::None, provider: Held::None };

/// In the order of the login path.
pub(super) const ROWS: &[Row] = &[
    Row {
        field: "issuer",
        labels: ("-", "issuer"),
        compared_by: &[("issuer_matches", "issuer")],
        is_declared: false,
        sides: |case| Sides {
            config: Held::text(&case.target().provider.url),
            provider: announced(case, |document| document.issuer.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "hostname",
        labels: ("Hostname", "-"),
        compared_by: &[("login_offered", "hostname")],
        is_declared: false,
        sides: |case| Sides {
            config: host(&case.target().app.url),
            stored: stored(case, |config| entered(&config.hostname)),
            sent: shown(case, |config| Held::maybe(config.hostname.as_deref())),
            ..NOWHERE
        },
    },
    Row {
        field: "display_name",
        labels: ("Display Name", "-"),
        compared_by: &[("settings_as_declared", "display_name")],
        is_declared: true,
        sides: |case| Sides {
            config: case.target().app.provider.as_deref().map_or(Held::None, Held::text),
            stored: stored(case, |config| Held::maybe(config.display_name.as_deref())),
            ..NOWHERE
        },
    },
    Row {
        field: "auto_login",
        labels: ("Auto Login", "-"),
        compared_by: &[("settings_as_declared", "auto_login")],
        is_declared: true,
        sides: |case| Sides {
            config: case.target().expect.auto_login.map_or(Held::None, switch),
            stored: stored(case, |config| maybe_switch(config.auto_login)),
            sent: shown(case, |config| maybe_switch(config.auto_login)),
            ..NOWHERE
        },
    },
    Row {
        field: "config_id",
        labels: ("OpenID config ID", "-"),
        compared_by: &[("start_agrees_with_config", "sent_config_id")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.id.as_deref())),
            sent: sent(case, |url| Held::maybe(url.state.as_ref().and_then(|state| state.config_id.as_deref()))),
            ..NOWHERE
        },
    },
    Row {
        field: "authorization_url",
        labels: ("Authorization URL", "authorization_endpoint"),
        compared_by: &[
            ("authorization_url_matches", "authorization_url"),
            ("start_agrees_with_config", "sent_authorization_url"),
        ],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.auth_url.as_deref())),
            sent: sent(case, |url| Held::text(&url.endpoint)),
            provider: announced(case, |document| document.authorization_endpoint.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "client_id",
        labels: ("Client ID", "Client ID"),
        compared_by: &[("client_id_agrees", ""), ("client_known", ""), ("start_agrees_with_config", "sent_client_id")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.client_id.as_deref())),
            sent: sent(case, |url| Held::maybe(url.client_id.as_deref())),
            provider: client(case),
            ..NOWHERE
        },
    },
    Row {
        field: "redirect_url",
        labels: ("Redirect URL", "Callback URLs"),
        compared_by: &[
            ("redirect_uri_registered", "redirect_uri"),
            ("redirect_uri_is_own", "redirect_url"),
            ("start_agrees_with_config", "sent_redirect_url"),
        ],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.redirect_url.as_deref())),
            sent: sent(case, |url| Held::maybe(url.redirect_uri.as_deref())),
            provider: registered(case, |found| Held::list(&found.client.callback_urls)),
            ..NOWHERE
        },
    },
    Row {
        field: "scope",
        labels: ("Scope", "scopes_supported"),
        compared_by: &[
            ("scopes_supported", "scope"),
            ("scope_list_shape", ""),
            ("scope_has_openid", ""),
            ("start_agrees_with_config", "sent_scope"),
        ],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::list(config.scope.as_deref().unwrap_or_default())),
            sent: sent(case, |url| Held::list(url.scope.as_deref().unwrap_or_default().split_whitespace())),
            provider: list(case, |document| document.scopes_supported.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "response_type",
        labels: ("response_type", "response_types_supported"),
        compared_by: &[("response_type_supported", "")],
        is_declared: false,
        sides: |case| Sides {
            sent: sent(case, |url| Held::maybe(url.response_type.as_deref())),
            provider: list(case, |document| document.response_types_supported.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "pkce",
        labels: ("code_challenge", "PKCE"),
        compared_by: &[("pkce_not_required", "")],
        is_declared: false,
        sides: |case| Sides {
            sent: sent(case, |url| switch(url.has_code_challenge)),
            provider: registered(case, |found| maybe_switch(found.client.pkce_enabled)),
            ..NOWHERE
        },
    },
    Row {
        field: "pushed_authorization",
        labels: ("-", "Require Pushed Authorization Requests"),
        compared_by: &[("par_not_required", "")],
        is_declared: false,
        sides: |case| Sides {
            provider: registered(case, |found| maybe_switch(found.client.requires_pushed_authorization_requests)),
            ..NOWHERE
        },
    },
    Row {
        field: "token_url",
        labels: ("Token URL", "token_endpoint"),
        compared_by: &[("token_url_matches", "token_url")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.token_url.as_deref())),
            provider: announced(case, |document| document.token_endpoint.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "client_secret",
        labels: ("Client Secret", "Client Secret"),
        compared_by: &[("app_secret_accepted", ""), ("client_secret_active", "")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| match config.has_client_secret {
                Some(true) => Held::text("one is set"),
                _ => Held::Empty,
            }),
            provider: Held::of(case.by_key(&case.now.client_secrets), |found| {
                match found.secrets.iter().filter(|secret| secret.is_active).count() {
                    0 => Held::Empty,
                    1 => Held::text("one is active"),
                    count => Held::text(&format!("{count} are active")),
                }
            }),
            ..NOWHERE
        },
    },
    Row {
        field: "user_info_url",
        labels: ("User Info URL", "userinfo_endpoint"),
        compared_by: &[("userinfo_url_matches", "user_info_url")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.user_info_url.as_deref())),
            provider: announced(case, |document| document.userinfo_endpoint.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "username_attribute",
        labels: ("Username Attribute", "claims_supported"),
        compared_by: &[("username_claim", "username_attribute"), ("scopes_cover_username", "")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| Held::maybe(config.username_attribute.as_deref())),
            provider: claims(case),
            ..NOWHERE
        },
    },
    Row {
        field: "groups_attribute",
        labels: ("Groups Attribute", "claims_supported"),
        compared_by: &[("groups_claim", "groups_attribute"), ("scopes_cover_groups", "")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| entered(&config.groups_attribute)),
            provider: claims(case),
            ..NOWHERE
        },
    },
    Row {
        field: "allowed_groups",
        labels: ("-", "Allowed User Groups"),
        compared_by: &[("settings_as_declared", "allowed_groups")],
        is_declared: true,
        sides: |case| Sides {
            config: case.target().expect.groups.as_ref().map_or(Held::None, Held::list),
            provider: registered(case, |found| {
                Held::list(found.client.allowed_user_groups.iter().map(|group| group.name.as_str()))
            }),
            ..NOWHERE
        },
    },
    Row {
        field: "group_mapping",
        labels: ("SSO Group Mappings", "User Groups"),
        compared_by: &[("group_names_map", "group_mapping")],
        is_declared: false,
        sides: |case| Sides { stored: mapped(case), provider: registered(case, groups), ..NOWHERE },
    },
    Row {
        field: "passkey_domain",
        labels: ("-", "rpId"),
        compared_by: &[("passkey_domain", "passkey_domain")],
        is_declared: false,
        sides: |case| Sides {
            config: host(&case.target().provider.url),
            provider: Held::of(case.now.passkey_domain.get(), |found| Held::text(&found.rp_id)),
            ..NOWHERE
        },
    },
    Row {
        field: "issuer_field",
        labels: ("OpenID Connect Issuer", "issuer"),
        compared_by: &[("issuer_field_matches", "issuer_field"), ("logout_configured", "")],
        is_declared: false,
        sides: |case| Sides {
            stored: stored(case, |config| entered(&config.issuer)),
            provider: announced(case, |document| document.issuer.as_deref()),
            ..NOWHERE
        },
    },
    Row {
        field: "logout_url",
        labels: ("Kasm's address", "Logout Callback URLs"),
        compared_by: &[("logout_url_registered", "logout_url")],
        is_declared: false,
        sides: |case| Sides {
            config: Held::text(&case.target().app.url),
            provider: registered(case, |found| Held::list(&found.client.logout_callback_urls)),
            ..NOWHERE
        },
    },
];

fn stored(case: &Case<'_>, held: impl FnOnce(&OidcConfig) -> Held) -> Held {
    Held::of(case.stored(), held)
}

fn sent(case: &Case<'_>, held: impl FnOnce(&AuthorizeUrl) -> Held) -> Held {
    Held::of(case.authorize_url(), held)
}

/// Our config on Kasm's login page.
fn shown(case: &Case<'_>, held: impl FnOnce(&LoginConfig) -> Held) -> Held {
    let settings = match case.now.kasm_login_settings.get() {
        Ok(settings) => settings,
        Err(missing) => return Held::missing(&missing),
    };
    let ours = |id: &str| settings.configs.iter().find(|config| config.id == id);
    Held::of(case.start(), |start| ours(&start.config_id).map_or(Held::Empty, held))
}

fn announced(case: &Case<'_>, text: impl FnOnce(&Discovery) -> Option<&str>) -> Held {
    Held::of(case.discovery(), |document| Held::maybe(text(document)))
}

fn list(case: &Case<'_>, values: impl FnOnce(&Discovery) -> Option<&[String]>) -> Held {
    Held::of(case.discovery(), |document| Held::list(values(document).unwrap_or_default()))
}

fn registered(case: &Case<'_>, held: impl FnOnce(&Registration) -> Held) -> Held {
    Held::of(case.registration(), held)
}

/// Kasm's client at the provider: by its registration, else by its public entry.
fn client(case: &Case<'_>) -> Held {
    match (case.registration(), case.now.client_meta.get()) {
        (Ok(found), _) => Held::text(&found.client.id),
        (Err(_), Ok(meta)) if meta.is_app_client => {
            if meta.name.is_some() {
                Held::text(&meta.asked)
            } else {
                Held::Empty
            }
        }
        (Err(Missing::NotApplicable(_)), _) => {
            Held::Unseen { why: "only this provider's administrator sees its clients".to_owned() }
        }
        (Err(missing), _) => Held::missing(&missing),
    }
}

/// The claims that the provider announces, and custom ones where a key shows them.
fn claims(case: &Case<'_>) -> Held {
    let custom = case.now.custom_claims.ok().map(|custom| custom.names.as_slice()).unwrap_or_default();
    Held::of(case.discovery(), |document| Held::list(document.claims_supported.iter().flatten().chain(custom)))
}

/// The group names that Kasm's mappings of our config name.
fn mapped(case: &Case<'_>) -> Held {
    let mappings = match case.now.kasm_mappings.get() {
        Ok(mappings) => mappings,
        Err(missing) => return Held::missing(&missing),
    };
    let of_ours = |config: &OidcConfig| {
        let ours = mappings.iter().filter(|mapping| mapping.config_id.is_some() && mapping.config_id == config.id);
        Held::list(ours.flat_map(|mapping| &mapping.sso_groups))
    };
    stored(case, of_ours)
}

fn groups(found: &Registration) -> Held {
    match &found.groups {
        Some(groups) => Held::list(groups.iter().map(|group| group.name.as_str())),
        None => Held::Unseen { why: "the list of groups was not read".to_owned() },
    }
}

/// A text field that an older release may not have.
fn entered(field: &Field) -> Held {
    match field {
        Field::Is(value) => Held::text(value),
        Field::Empty => Held::Empty,
        Field::Absent => Held::None,
    }
}

fn switch(on: bool) -> Held {
    Held::text(if on { "on" } else { "off" })
}

/// A switch that an older release may not have.
fn maybe_switch(on: Option<bool>) -> Held {
    on.map_or(Held::None, switch)
}

fn host(url: &str) -> Held {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    Held::maybe(host.as_deref())
}

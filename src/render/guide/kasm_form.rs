//! Kasm's form (`kasm.md`, section 13: documented; labels follow the API's fields).

use super::{
    Seen,
    form::{Field, safe},
};
use crate::{apps::kasm::OidcConfig, model::ClientMeta};

/// What Kasm needs to name people and to find their groups.
const SCOPES: [&str; 4] = ["openid", "email", "profile", "groups"];

pub(super) fn form(seen: &Seen<'_>) -> String {
    let mut out =
        "\n2. Kasm: Access Management > Authentication > OpenID > Add Config (or the config that is there)\n\n"
            .to_owned();
    let fields = shown(seen).into_iter().chain(credentials(seen)).chain(addresses(seen)).chain(claims(seen));
    for field in fields.chain(optional(seen)) {
        field.write(&mut out);
    }
    out
}

/// What the login page shows.
fn shown(seen: &Seen<'_>) -> Vec<Field> {
    let config = seen.login_config;
    let auto_login = config.and_then(|config| config.auto_login);
    let hostname = config.and_then(|config| config.hostname.as_deref());
    let host = url::Url::parse(seen.kasm).ok().and_then(|url| url.host_str().map(str::to_owned));
    vec![
        Field::open(
            "Display Name",
            seen.start.map_or_else(|| "Pocket ID".to_owned(), |start| safe(&start.display_name)),
        )
        .ticked_if(seen.start.is_some())
        .note("the text on the button"),
        Field::open("Enabled", "on").ticked_if(config.is_some_and(|config| config.enabled != Some(false))),
        Field::open("Auto Login", "off, until sign-in is tested")
            .ticked_if(auto_login == Some(false))
            .now((auto_login == Some(true)).then_some("on: while sign-in fails, nobody sees the local form")),
        Field::open("Hostname", format!("empty, or {} (no port)", host.as_deref().unwrap_or("the public name")))
            .ticked_if(config.is_some() && (hostname.is_none() || hostname == host.as_deref()))
            .now(hostname),
        Field::open("Debug", "off")
            .ticked_if(seen.stored.and_then(|stored| stored.debug) == Some(false))
            .now(seen.stored.and_then(|stored| stored.debug).filter(|on| *on).map(|_| "on: tokens stand in Kasm's log"))
            .unless_seen(seen.stored.is_some(), "cannot be seen from outside"),
    ]
}

fn credentials(seen: &Seen<'_>) -> Vec<Field> {
    let sent = seen.authorize.and_then(|url| url.client_id.as_deref());
    let meta = seen.case.now.client_meta().ok().filter(|meta| meta.is_app_client);
    let id = Field::open("Client ID", sent.map_or_else(|| "from the provider's form".to_owned(), safe))
        .ticked_if(seen.client_name().is_some() || seen.request_is_accepted());
    let id = match meta {
        Some(ClientMeta { name: None, .. }) => id.note("the provider knows no such client: copy its ID again"),
        _ => id,
    };
    let secret = match seen.stored.and_then(|stored| stored.has_client_secret) {
        Some(true) => "one is set; whether it is the right one, only a sign-in shows",
        Some(false) => "none is set",
        None => "cannot be seen from outside",
    };
    vec![id, Field::open("Client Secret", "from the provider's form").note(secret)]
}

fn addresses(seen: &Seen<'_>) -> Vec<Field> {
    let authorization = seen.endpoint(|document| document.authorization_endpoint.as_ref(), "/authorize");
    let sent = seen.authorize.map(|url| url.endpoint.as_str());
    let redirect = seen.authorize.and_then(|url| url.redirect_uri.as_deref());
    let token = seen.endpoint(|document| document.token_endpoint.as_ref(), "/api/oidc/token");
    let user_info = seen.endpoint(|document| document.userinfo_endpoint.as_ref(), "/api/oidc/userinfo");
    vec![
        Field::open("Authorization URL", &*authorization)
            .ticked_if(seen.discovery.is_some() && sent == Some(&*authorization))
            .now(sent),
        held(seen, "Token URL", &token, |stored| stored.token_url.as_deref()),
        held(seen, "User Info URL", &user_info, |stored| stored.user_info_url.as_deref()),
        Field::open("Redirect URL", seen.callback()).ticked_if(seen.sends_callback()).now(redirect),
    ]
}

fn claims(seen: &Seen<'_>) -> Vec<Field> {
    let wanted = scopes(seen);
    let sent = seen.authorize.and_then(|url| url.scope.as_deref());
    let sends_all = sent.is_some_and(|sent| wanted.iter().all(|scope| sent.split(' ').any(|word| word == *scope)));
    vec![
        Field::open("Scope", wanted.join("\n"))
            .ticked_if(sends_all)
            .now(sent)
            .unless_right("one per line, and nothing else on a line"),
        held(seen, "Username Attribute", "preferred_username", |stored| stored.username_attribute.as_deref()),
        held(seen, "Groups Attribute", "groups", |stored| stored.groups_attribute.text()),
    ]
}

/// A field that only Kasm's own form shows, and a key.
fn held(seen: &Seen<'_>, label: &'static str, value: &str, stored: fn(&OidcConfig) -> Option<&str>) -> Field {
    let held = seen.stored.and_then(stored);
    Field::open(label, value)
        .ticked_if(held == Some(value))
        .now(held)
        .unless_seen(seen.stored.is_some(), "cannot be seen without a Kasm key")
}

fn optional(seen: &Seen<'_>) -> Vec<Field> {
    let issuer = seen.endpoint(|document| document.issuer.as_ref(), "");
    let held = seen.stored.and_then(|stored| stored.issuer.text());
    let mut fields = vec![
        Field::open("OpenID Connect Issuer", &*issuer)
            .ticked_if(held == Some(&*issuer))
            .now(held)
            .note("optional; as the discovery document has it"),
    ];
    if seen.discovery.is_none_or(|document| document.end_session_endpoint.is_some()) {
        let is_on = seen.stored.and_then(|stored| stored.logout_with_oidc_provider) == Some(true);
        fields.push(Field::open("Logout with OIDC Provider", "on").ticked_if(is_on).note("optional; needs the issuer"));
    }
    fields
}

/// The scopes that Kasm needs, without those that the provider says it does not have: a request for one of them may be
/// refused.
pub(super) fn scopes(seen: &Seen<'_>) -> Vec<&'static str> {
    let supported = seen.discovery.and_then(|document| document.scopes_supported.as_ref());
    let has = |scope: &&str| supported.is_none_or(|list| list.iter().any(|known| known == scope));
    SCOPES.into_iter().filter(|scope| *scope == "openid" || has(scope)).collect()
}

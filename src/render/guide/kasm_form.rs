//! Kasm's form (`kasm.md`, section 13: documented; labels follow the API's fields).

use super::{
    Seen,
    form::{Field, safe},
};
use crate::model::ClientMeta;

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
        Field::open("Debug", "off").note("cannot be seen from outside"),
    ]
}

fn credentials(seen: &Seen<'_>) -> Vec<Field> {
    let sent = seen.authorize.and_then(|url| url.client_id.as_deref());
    let meta = seen.case.now.client_meta.ok().filter(|meta| meta.is_app_client);
    let id = Field::open("Client ID", sent.map_or_else(|| "from the provider's form".to_owned(), safe))
        .ticked_if(seen.client_name().is_some() || seen.request_is_accepted());
    let id = match meta {
        Some(ClientMeta { name: None, .. }) => id.note("the provider knows no such client: copy its ID again"),
        _ => id,
    };
    vec![id, Field::open("Client Secret", "from the provider's form").note("cannot be seen from outside")]
}

fn addresses(seen: &Seen<'_>) -> Vec<Field> {
    let authorization = seen.endpoint(|document| document.authorization_endpoint.as_ref(), "/authorize");
    let sent = seen.authorize.map(|url| url.endpoint.as_str());
    let redirect = seen.authorize.and_then(|url| url.redirect_uri.as_deref());
    let unseen = "cannot be seen without a Kasm key";
    vec![
        Field::open("Authorization URL", &*authorization)
            .ticked_if(seen.discovery.is_some() && sent == Some(&*authorization))
            .now(sent),
        Field::open("Token URL", seen.endpoint(|document| document.token_endpoint.as_ref(), "/api/oidc/token"))
            .note(unseen),
        Field::open(
            "User Info URL",
            seen.endpoint(|document| document.userinfo_endpoint.as_ref(), "/api/oidc/userinfo"),
        )
        .note(unseen),
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
        Field::open("Username Attribute", "preferred_username").note("cannot be seen without a Kasm key"),
        Field::open("Groups Attribute", "groups").note("cannot be seen without a Kasm key"),
    ]
}

fn optional(seen: &Seen<'_>) -> Vec<Field> {
    let issuer = seen.endpoint(|document| document.issuer.as_ref(), "");
    let mut fields =
        vec![Field::open("OpenID Connect Issuer", issuer).note("optional; as the discovery document has it")];
    if seen.discovery.is_none_or(|document| document.end_session_endpoint.is_some()) {
        fields.push(Field::open("Logout with OIDC Provider", "on").note("optional; needs the issuer"));
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

//! Which values are watched for changes, by the source that shows them. No secret is among them.

use crate::{
    apps::kasm::{Chosen, Field, LoginSettings, OidcConfig, StartOutcome},
    model::{Answered, ChangeSubject, Connection, Known, Observed, Registration, Snapshot, SourceId, Watched},
    oidc::{AuthorizeUrl, Discovery, distinct, short},
};

/// The watched values of a snapshot; a source that was not seen has none.
pub(super) fn of(now: &Snapshot) -> Vec<Known> {
    use ChangeSubject::{KasmCertificate, KasmVersion, ProviderCertificate, ProviderVersion};
    let certificate = |subject| move |seen: &Connection| certificate(subject, seen);
    [
        seen(SourceId::ProviderConnection, &now.provider_connection, certificate(ProviderCertificate)),
        seen(SourceId::AppConnection, &now.app_connection, certificate(KasmCertificate)),
        seen(SourceId::Discovery, &now.discovery, |answer| Some(document(now, answer))),
        seen(SourceId::KasmLoginSettings, &now.kasm_login_settings, |settings| Some(login_settings(settings))),
        seen(SourceId::LoginStart, &now.login_start, |start| match start.ours(now.target.wanted()) {
            Chosen::Ours(ours) => match &ours.outcome {
                StartOutcome::Url(url) => Some(login_start(url)),
                StartOutcome::Refused(_) | StartOutcome::FormRefused(_) | StartOutcome::NoAnswer(_) => None,
            },
            Chosen::Nowhere => None,
        }),
        seen(SourceId::ClientRegistration, &now.client_registration, |found| Some(registration(found))),
        seen(SourceId::ClientSecrets, &now.client_secrets, |found| {
            let mut shown: Vec<String> = found
                .secrets
                .iter()
                .map(|secret| {
                    let prefix = if secret.prefix.is_empty() { "one from before 2.14" } else { &secret.prefix };
                    format!("{prefix}{}", if secret.is_active { "" } else { " (not active)" })
                })
                .collect();
            shown.sort_unstable();
            Some(vec![whole(ChangeSubject::ClientSecrets, &shown.join(", "))])
        }),
        seen(SourceId::KeyOwner, &now.key_owner, |owner| {
            Some(vec![named(ProviderVersion, "release", owner.version.as_deref()?)])
        }),
        seen(SourceId::KasmConfig, &now.kasm_config, |configs| {
            Some(stored(configs.ours(now.target.wanted(), now.login_start.ok()).ok()?))
        }),
        seen(SourceId::KasmVersion, &now.kasm_version, |found| Some(vec![whole(KasmVersion, &found.build)])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn seen<T>(source: SourceId, seen: &Observed<T>, values: impl FnOnce(&T) -> Option<Vec<Watched>>) -> Option<Known> {
    let values = values(seen.ok()?)?;
    Some(Known { source, at: seen.at, values })
}

fn whole(subject: ChangeSubject, value: &str) -> Watched {
    Watched { subject, field: None, value: distinct(value) }
}

fn named(subject: ChangeSubject, field: &str, value: &str) -> Watched {
    Watched { subject, field: Some(short(field)), value: distinct(value) }
}

/// A text that may not be there: left out then.
fn text(subject: ChangeSubject, field: &str, value: Option<&String>) -> Option<Watched> {
    value.map(|value| named(subject, field, value))
}

fn flag(subject: ChangeSubject, field: &str, value: Option<bool>) -> Option<Watched> {
    value.map(|value| named(subject, field, if value { "on" } else { "off" }))
}

fn certificate(subject: ChangeSubject, seen: &Connection) -> Option<Vec<Watched>> {
    let leaf = seen.tls.as_ref()?.chain.first()?;
    let until = leaf.not_after.format("%Y-%m-%d");
    Some(vec![whole(subject, &format!("SHA-256 {}, until {until}", leaf.fingerprint_sha256))])
}

fn document(now: &Snapshot, answer: &Answered<Discovery>) -> Vec<Watched> {
    use ChangeSubject::{Endpoints, Issuer, ProviderVersion};
    let document = &answer.fact;
    let release = now.recognised().and_then(|recognised| recognised.version);
    let endpoints = document.document.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let is_endpoint = name.ends_with("_endpoint") || name == "jwks_uri";
        value.as_str().filter(|_| is_endpoint).map(|url| named(Endpoints, name, url))
    });
    document
        .issuer
        .iter()
        .map(|issuer| whole(Issuer, issuer))
        .chain(endpoints)
        .chain(release.map(|release| named(ProviderVersion, "by its document", &release.to_string())))
        .collect()
}

fn login_settings(settings: &LoginSettings) -> Vec<Watched> {
    const OF: ChangeSubject = ChangeSubject::LoginSettings;
    let mut found = vec![named(OF, "SAML configs", &settings.saml_configs.to_string())];
    found.extend(flag(OF, "sso_enabled", settings.sso_enabled));
    for config in &settings.configs {
        // The id stays when the button's text is changed; eight characters tell configs apart.
        let short: String = config.id.chars().take(8).collect();
        let name = |field: &str| format!("{field} of config {short}");
        found.push(named(OF, &name("display_name"), &config.display_name));
        found.extend(text(OF, &name("hostname"), config.hostname.as_ref()));
        found.extend(flag(OF, &name("enabled"), config.enabled));
        found.extend(flag(OF, &name("auto_login"), config.auto_login));
        found.extend(flag(OF, &name("is_default"), config.is_default));
    }
    found
}

/// What belongs to one login (`state`, `nonce`) is not kept in the first place.
fn login_start(url: &AuthorizeUrl) -> Vec<Watched> {
    const OF: ChangeSubject = ChangeSubject::LoginStart;
    let texts = [
        ("endpoint", Some(&url.endpoint)),
        ("client_id", url.client_id.as_ref()),
        ("redirect_uri", url.redirect_uri.as_ref()),
        ("response_type", url.response_type.as_ref()),
        ("scope", url.scope.as_ref()),
    ];
    texts.into_iter().filter_map(|(field, value)| text(OF, field, value)).collect()
}

fn registration(found: &Registration) -> Vec<Watched> {
    const OF: ChangeSubject = ChangeSubject::Registration;
    let client = &found.client;
    let mut groups: Vec<&str> = client.allowed_user_groups.iter().map(|group| group.name.as_str()).collect();
    groups.sort_unstable();
    let flags = [
        ("Public Client", client.is_public),
        ("PKCE", client.pkce_enabled),
        ("Require Pushed Authorization Requests", client.requires_pushed_authorization_requests),
        ("Requires Re-Authentication", client.requires_reauthentication),
        ("restricted to groups", client.is_group_restricted),
    ];
    [
        named(OF, "name", &client.name),
        named(OF, "Callback URLs", &client.callback_urls.join(" ")),
        named(OF, "Logout Callback URLs", &client.logout_callback_urls.join(" ")),
        named(OF, "Allowed User Groups", &groups.join(", ")),
    ]
    .into_iter()
    .chain(flags.into_iter().filter_map(|(field, value)| flag(OF, field, value)))
    .collect()
}

fn stored(config: &OidcConfig) -> Vec<Watched> {
    const OF: ChangeSubject = ChangeSubject::KasmConfig;
    let scope = config.scope.as_ref().map(|entries| entries.join(" "));
    let texts = [
        ("oidc_id", config.id.as_ref()),
        ("display_name", config.display_name.as_ref()),
        ("hostname", entered(&config.hostname)),
        ("client_id", config.client_id.as_ref()),
        ("auth_url", config.auth_url.as_ref()),
        ("token_url", config.token_url.as_ref()),
        ("user_info_url", config.user_info_url.as_ref()),
        ("scope", scope.as_ref()),
        ("redirect_url", config.redirect_url.as_ref()),
        ("username_attribute", config.username_attribute.as_ref()),
        ("groups_attribute", entered(&config.groups_attribute)),
        ("issuer", entered(&config.issuer)),
    ];
    let flags = [
        ("enabled", config.enabled),
        ("auto_login", config.auto_login),
        ("is_default", config.is_default),
        ("client_secret", config.has_client_secret),
        ("debug", config.debug),
        ("logout_with_oidc_provider", config.logout_with_oidc_provider),
    ];
    let texts = texts.into_iter().filter_map(|(field, value)| text(OF, field, value));
    texts.chain(flags.into_iter().filter_map(|(field, value)| flag(OF, field, value))).collect()
}

fn entered(field: &Field) -> Option<&String> {
    match field {
        Field::Is(value) => Some(value),
        Field::Empty | Field::Absent => None,
    }
}

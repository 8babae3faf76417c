//! The set-up guide: two web forms, field by field, with this pair's own values. A pure projection of a snapshot.
//!
//! A field is ticked where the snapshot shows that it is right already. What cannot be seen from outside stays open, and
//! says so: a tick is never a guess.

mod form;
mod kasm_form;
mod provider_form;

use crate::{
    apps::kasm::{LoginConfig, OidcConfig, Start},
    checks::Case,
    model::{DryRun, Snapshot},
    oidc::{AuthorizeUrl, Discovery},
    providers::{ProviderKind, pocket_id::ClientRegistration},
};

use form::{paragraph, safe};

/// The guide as plain text. Prose is at most 100 columns wide; addresses are never broken.
#[must_use]
pub fn guide(snapshot: &Snapshot) -> String {
    let seen = Seen::of(snapshot);
    let mut out = head(&seen);
    out.push_str(&provider_form::form(&seen));
    out.push_str(&kasm_form::form(&seen));
    out.push_str(&last_steps(&seen));
    out
}

/// What both forms go by.
struct Seen<'a> {
    case: Case<'a>,
    /// The provider's address, without a trailing slash.
    provider: &'a str,
    /// Kasm's address, without a trailing slash.
    kasm: &'a str,
    discovery: Option<&'a Discovery>,
    /// Kasm's config, where one leads to this provider.
    start: Option<&'a Start>,
    /// What Kasm sends browsers with.
    authorize: Option<&'a AuthorizeUrl>,
    /// The same config as the login page shows it.
    login_config: Option<&'a LoginConfig>,
    dry_run: Option<&'a DryRun>,
    /// The same config as Kasm stores it, where a key shows that.
    stored: Option<&'a OidcConfig>,
    /// The client as Pocket ID has registered it, where a key shows that.
    registered: Option<&'a ClientRegistration>,
}

impl<'a> Seen<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let case = Case::new(snapshot, None);
        let start = case.start().ok();
        let settings = snapshot.kasm_login_settings.ok();
        Self {
            provider: &snapshot.target.provider.url,
            kasm: &snapshot.target.app.url,
            discovery: case.discovery().ok(),
            start,
            authorize: case.authorize_url().ok(),
            stored: case.stored().ok(),
            registered: case.registration().ok().map(|registration| &registration.client),
            login_config: start
                .zip(settings)
                .and_then(|(start, settings)| settings.configs.iter().find(|config| config.id == start.config_id)),
            dry_run: snapshot.authorize_dry_run.ok(),
            case,
        }
    }

    fn is_pocket_id(&self) -> bool {
        self.case.kind == ProviderKind::PocketId
    }

    /// The only address that Kasm takes browsers back at.
    fn callback(&self) -> String {
        format!("{}/api/oidc_callback", self.kasm)
    }

    /// Whether Kasm sends its own callback, and the provider took it.
    fn callback_is_accepted(&self) -> bool {
        self.dry_run.is_some_and(DryRun::is_accepted) && self.sends_callback()
    }

    fn sends_callback(&self) -> bool {
        self.authorize.and_then(|url| url.redirect_uri.as_deref()) == Some(&*self.callback())
    }

    /// Whether the whole request was tried: then PKCE is not demanded either.
    fn request_is_accepted(&self) -> bool {
        matches!(self.dry_run, Some(DryRun::Accepted(_)))
    }

    /// The name of the client that Kasm sends, where the provider knows it.
    fn client_name(&self) -> Option<&'a str> {
        let meta = self.case.now.client_meta().ok()?;
        meta.name.as_deref().filter(|_| meta.is_app_client)
    }

    /// An endpoint by the discovery document, else at Pocket ID's well-known path.
    fn endpoint(&self, announced: impl Fn(&Discovery) -> Option<&String>, path: &str) -> String {
        match self.discovery.and_then(announced) {
            Some(url) => safe(url),
            None => format!("{}{path}", self.provider),
        }
    }
}

fn head(seen: &Seen<'_>) -> String {
    let kind = match (seen.is_pocket_id(), seen.case.version, seen.discovery) {
        (true, Some(version), Some(_)) => format!("Pocket ID {version}"),
        (true, ..) => "Pocket ID".to_owned(),
        (false, ..) => "the OpenID provider".to_owned(),
    };
    let name = safe(&seen.case.target().name);
    let mut out =
        format!("Set-up guide for {name}\n\n  Kasm      {}\n  Provider  {} ({kind})\n\n", seen.kasm, seen.provider);
    out.push_str(&paragraph(
        "[x] is right already, as seen from outside. [ ] is not right, or cannot be seen from outside: compare it.",
        "",
    ));
    if let Some(why) = no_discovery(seen) {
        let text = format!(
            "The provider's discovery document could not be had ({}). The addresses below are those that Pocket ID has \
             by default; fix this first, then run the guide again.",
            safe(&why)
        );
        out.push('\n');
        out.push_str(&paragraph(&text, ""));
    } else if let Some(issuer) = seen.discovery.and_then(|document| document.issuer.as_deref())
        && issuer != seen.provider
    {
        let text = format!(
            "The provider calls itself {}, and not {} as you do. Set its public address right first (Pocket ID: APP_URL): \
             the addresses below hang on it.",
            safe(issuer),
            seen.provider
        );
        out.push('\n');
        out.push_str(&paragraph(&text, ""));
    }
    if seen.start.is_none() {
        out.push('\n');
        out.push_str(&paragraph(&no_config(seen), ""));
    }
    out
}

/// Why there is no discovery document, where there is none.
fn no_discovery(seen: &Seen<'_>) -> Option<String> {
    let observed = &seen.case.now.discovery();
    let why = observed.value.as_ref().err()?;
    Some(observed.failure().map_or_else(|| why.to_string(), |(_, detail)| detail.to_owned()))
}

/// Why nothing of Kasm's config is ticked.
fn no_config(seen: &Seen<'_>) -> String {
    let why = seen.case.start().err().map(|why| safe(&why.to_string())).unwrap_or_default();
    format!("No login at this Kasm was seen to lead to this provider: {}.", why.trim_end_matches('.'))
}

fn last_steps(seen: &Seen<'_>) -> String {
    let Seen { provider, kasm, .. } = seen;
    let button = seen.start.map_or_else(|| "Pocket ID".to_owned(), |start| safe(&start.display_name));
    let steps = [
        format!("Open {kasm} in a private window: an ordinary one may still hold a session, which proves nothing."),
        format!("Choose \"{button}\" and sign in. You should land on Kasm's dashboard, with your groups."),
        "Sign out and in again once as a user without admin rights.".to_owned(),
        format!("If it fails, local users still get in at {kasm}/#/staticlogin."),
        "From then on, let ssowatch look:".to_owned(),
    ];
    let mut out = "\n3. Test it\n\n".to_owned();
    for (letter, step) in ('a'..).zip(&steps) {
        out.push_str(&paragraph(step, &format!("   {letter}. ")));
    }
    // On a line of its own, so that it can be copied whole.
    out.push_str(&format!("      ssowatch check --provider {provider} --kasm {kasm}\n"));
    out
}

#[cfg(test)]
mod tests;

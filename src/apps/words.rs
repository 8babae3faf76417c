//! What texts call the app of a target.
//!
//! The texts of checks, findings and sources are written for Kasm, the app that is known best: they say "Kasm" and name
//! the place of its form. For any other app its own name, and the place of its own settings, take their place.

use serde::{Deserialize, Serialize};

use super::{AppKind, AppProfile};

/// The place of Kasm's form, as the texts name it, and within a sentence.
const KASM_FORM: [&str; 2] = [
    "Kasm: Access Management > Authentication > OpenID > your config",
    "Access Management > Authentication > OpenID > your config",
];
/// What the same keys and flags are called for any other app.
const KEYS: [(&str, &str); 6] = [
    ("kasm.url", "app.url"),
    ("kasm.http_headers", "app.http_headers"),
    ("kasm.basic_auth", "app.basic_auth"),
    ("kasm.tls_config", "app.tls_config"),
    ("kasm.provider", "app.provider"),
    ("--kasm", "--app"),
];
/// How texts begin that speak of its server.
const KASM: &str = "Kasm";

/// What texts call the app of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppName {
    kind: AppKind,
    name: String,
}

/// A report of an earlier release is of a Kasm.
impl Default for AppName {
    fn default() -> Self {
        Self::of(AppKind::Kasm, "")
    }
}

impl AppName {
    /// The name of an app of that kind; where a kind has none of its own, the target's.
    #[must_use]
    pub fn of(kind: AppKind, target: &str) -> Self {
        let name = match kind {
            AppKind::Allauth | AppKind::MozillaDjangoOidc | AppKind::Generic => target,
            other => other.title(),
        };
        Self { kind, name: name.to_owned() }
    }

    /// Before anything was seen.
    #[must_use]
    pub fn unknown() -> Self {
        Self::of(AppKind::Generic, "the app")
    }

    /// The name as a sentence has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether there is no app: a provider alone is watched.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.kind == AppKind::ProviderAlone
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> AppKind {
        self.kind
    }

    /// What is known of the kind.
    #[must_use]
    pub fn profile(&self) -> &'static AppProfile {
        self.kind.profile()
    }

    /// A text about Kasm as one about this app.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let marks = [KASM, "kasm", KASM_FORM[1]];
        if self.kind == AppKind::Kasm || !marks.iter().any(|mark| text.contains(mark)) {
            return text.to_owned();
        }
        let mut text = text.to_owned();
        for form in KASM_FORM {
            text = text.replace(form, self.profile().forms.settings);
        }
        for (key, own) in KEYS {
            text = text.replace(key, own);
        }
        let mut found = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(KASM) {
            let (before, from) = rest.split_at(at);
            let after = &from[KASM.len()..];
            found.push_str(before);
            // A part of a longer word or of an address is a value, not the name.
            let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || "/._-".contains(c))
                && !after.starts_with(|c: char| c.is_alphanumeric() || "/_-".contains(c));
            if is_word {
                let begins = found.trim_end().is_empty() || found.trim_end().ends_with(['.', ':', '?', '!']);
                found.push_str(&if begins { capital(&self.name) } else { self.name.clone() });
            } else {
                found.push_str(KASM);
            }
            rest = after;
        }
        found.push_str(rest);
        found
    }

    /// How to fix what a check finds, where advice for Kasm does not serve this app. `own` is the provider's half of it.
    #[must_use]
    pub fn fix(&self, check: &str, code: &str, own: Option<&str>) -> Option<String> {
        if self.kind == AppKind::Kasm {
            return None;
        }
        let forms = &self.profile().forms;
        let (settings, pkce) = (self.text(forms.settings), self.text(forms.pkce));
        Some(match check {
            "app_reachable" => format!("Start {} and the reverse proxy before it, and look at their logs.", self.name),
            "app_healthy" => format!("Look at the log of {}, and restart what is down.", self.name),
            "login_starts" if code == "form_refused" => forms.address.to_owned(),
            "login_starts" if code == "server_error" => format!(
                "{settings}: see that the settings are right, and that its server reaches the provider at the address that \
                 stands there; the log of {} names the reason.",
                self.name
            ),
            "login_starts" => format!(
                "{settings}: see that the provider is configured and switched on there; the log of {} names the reason. \
                 If its login starts at another address, correct app.kind, app.provider or app.login in ssowatch's \
                 config.",
                self.name
            ),
            "redirect_uri_is_own" if code == "plain_http" => {
                format!("{} Do not register the http address at the provider.", forms.address)
            }
            "redirect_uri_secure" => format!(
                "Serve {} over https. {} Then register that callback for its client at the provider.",
                self.name, forms.address
            ),
            "pkce_not_required" => {
                format!("{} Or let {} use PKCE, where it can: {pkce}.", own.unwrap_or_default(), self.name)
            }
            "scope_has_openid" => format!("{settings}: add openid to the scopes."),
            "scopes_supported" => format!("{settings}: ask only for scopes that the provider supports."),
            "scopes_cover_username" => format!("{settings}: add the scope that is missing."),
            "state_length" | "scope_list_shape" => format!("{settings}; or upgrade {}.", self.name),
            "back_channel" => format!(
                "On the host of {}, open the way to the provider: DNS, firewall, and a certificate that it trusts; see that \
                 the provider's address in {settings} is the one that people use.",
                self.name
            ),
            _ => return None,
        })
    }
}

/// With a capital letter, as a sentence begins; a name that is an address or has capitals stays.
fn capital(name: &str) -> String {
    match name.strip_prefix("the app") {
        Some(rest) => format!("The app{rest}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_about_kasm_is_one_about_the_app() {
        let grafana = AppName::of(AppKind::Grafana, "monitoring");
        let wiki = AppName::of(AppKind::Generic, "wiki");
        let alone = AppName::of(AppKind::ProviderAlone, "id");
        for (name, text, expected) in [
            (&grafana, "Kasm's redirect URL has the wrong path", "Grafana's redirect URL has the wrong path"),
            (
                &grafana,
                "Kasm: Access Management > Authentication > OpenID > your config > Scope: one per line.",
                "Grafana: grafana.ini, section [auth.generic_oauth] (or GF_AUTH_GENERIC_OAUTH_*) > Scope: one per line.",
            ),
            (
                &grafana,
                "see its URL (Access Management > Authentication > OpenID > your config)",
                "see its URL (Grafana: grafana.ini, section [auth.generic_oauth] (or GF_AUTH_GENERIC_OAUTH_*))",
            ),
            (&wiki, "Where Kasm differs, see Kasm's log.", "Where wiki differs, see wiki's log."),
            (&alone, "Kasm is well. Kasm starts; see Kasm", "The app is well. The app starts; see the app"),
            (&wiki, "https://x.test/Kasm/ and Kasm_1, \"Kasmir\"", "https://x.test/Kasm/ and Kasm_1, \"Kasmir\""),
        ] {
            assert_eq!(name.text(text), expected);
        }
        assert_eq!(AppName::of(AppKind::Kasm, "home").text("Kasm's log"), "Kasm's log");
    }
}

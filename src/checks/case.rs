//! What a check is given: the snapshot, the one before, and what follows from the discovery document.

use super::Facts;
use crate::{
    apps::{
        AppKind, AppName, Grade,
        kasm::{Chosen, OidcConfig, Start, StartOutcome},
    },
    model::{Missing, Observed, Outcome, Reason, Registration, Snapshot, SourceId, TargetFacts},
    oidc::{AuthorizeUrl, Discovery, Jwks},
    providers::{
        ProviderKind, ProviderProfile, Recognised,
        pocket_id::{Dialect, Version, VersionSpan},
        profile,
    },
};

/// The release that a key was told, where the document agrees with it: the document alone cannot tell some apart.
fn narrowed(span: VersionSpan, now: &Snapshot) -> VersionSpan {
    let told = now.key_owner.ok().and_then(|owner| owner.version.as_deref()?.parse::<Version>().ok());
    told.filter(|release| span.contains(*release)).map_or(span, VersionSpan::of)
}

/// What a check is given.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// The snapshot to evaluate.
    pub now: Facts<'a>,
    /// Whose provider it is.
    pub kind: ProviderKind,
    /// How it speaks OAuth.
    pub dialect: Dialect,
    /// Which releases of Pocket ID it can be.
    pub version: Option<VersionSpan>,
    /// Whether it is known whose provider it is: by a document, now or before, or by the config. If not, it counts as any
    /// OpenID provider.
    pub is_recognised: bool,
    /// What the app is, and what texts call it.
    pub app: AppName,
    /// Whether the release is assumed: what another one answered to a trial then says nothing.
    pub is_assumed: bool,
}

impl<'a> Case<'a> {
    /// The case of a snapshot. What the provider is comes from it, else from the one before.
    #[must_use]
    pub fn new(now: &'a Snapshot, before: Option<&'a Snapshot>) -> Self {
        let seen = now.recognised().or_else(|| before.and_then(Snapshot::recognised));
        let recognised = seen.or(now.target.provider.kind.map(Recognised::by_name));
        let Recognised { kind, dialect, version } = recognised.unwrap_or_default();
        let version = version.map(|span| narrowed(span, now));
        let app = match before {
            // Until its login starts again, it is what it was.
            Some(before) if now.target.app.kind.is_none() && now.app_kind() == AppKind::Generic => before.app_name(),
            _ => now.app_name(),
        };
        let is_recognised = recognised.is_some();
        Self { now: Facts::of(now), kind, dialect, version, is_recognised, app, is_assumed: false }
    }

    /// What the provider was recognised as.
    #[must_use]
    pub fn recognised(&self) -> Recognised {
        Recognised { kind: self.kind, dialect: self.dialect, version: self.version }
    }

    /// The same as if the provider were another release of Pocket ID. Another provider stays what it is.
    #[must_use]
    pub fn assuming(self, release: Version) -> Self {
        let can_be_that = self.version.is_some_and(|span| span.contains(release));
        match self.kind {
            ProviderKind::PocketId => {
                let version = VersionSpan::of(release);
                Self { dialect: version.dialect(), version: Some(version), is_assumed: !can_be_that, ..self }
            }
            _ => self,
        }
    }

    /// What Pocket ID has registered for Kasm's client. Believed only while its database answers, as all that a key shows.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn registration(&self) -> Result<&'a Registration, Missing> {
        self.pocket_id_only()?;
        self.by_key(self.now.client_registration())
    }

    /// What a Pocket ID key showed, while the database answers.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn by_key<T>(&self, seen: &'a Observed<T>) -> Result<&'a T, Missing> {
        let fact = seen.get()?;
        match &self.now.client_meta().value {
            Ok(_) => Ok(fact),
            Err(_) => Err(Missing::Blocked { by: SourceId::ClientMeta }),
        }
    }

    /// The words of the provider's kind.
    #[must_use]
    pub fn profile(&self) -> &'static ProviderProfile {
        profile(self.kind)
    }

    /// What is watched.
    #[must_use]
    pub fn target(&self) -> &'a TargetFacts {
        self.now.target
    }

    /// The discovery document.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn discovery(&self) -> Result<&'a Discovery, Missing> {
        self.now.discovery().get().map(|answer| &answer.fact)
    }

    /// The discovery document, for what hangs on it without being broken by its absence: where something else is served in
    /// its place, people may still sign in, and that alone leaves nothing to wait for.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn document(&self) -> Result<&'a Discovery, Missing> {
        self.discovery().map_err(|missing| match missing {
            Missing::Failed { reason: Reason::Status | Reason::Body, .. } => {
                Missing::OutOfReach("no discovery document is served (discovery_served)".to_owned())
            }
            other => other,
        })
    }

    /// The key set.
    ///
    /// # Errors
    /// Why it is missing. *Not applicable* where ID tokens are signed with the client secret alone.
    pub fn jwks(&self) -> Result<&'a Jwks, Missing> {
        match self.now.jwks().ok() {
            Some(set) if !set.keys.is_empty() => Ok(set),
            _ if !self.signs_by_secret() => self.now.jwks().get(),
            _ => Err(Missing::NotApplicable(
                "ID tokens are signed with the client secret (HS256 and the like): no key is published".to_owned(),
            )),
        }
    }

    /// Whether every signing algorithm that is announced uses the client secret (OpenID Connect Core 1.0, section 10.1).
    #[must_use]
    pub fn signs_by_secret(&self) -> bool {
        let announced = self.discovery().ok().and_then(|it| it.id_token_signing_alg_values_supported.as_deref());
        announced.is_some_and(|names| {
            names.iter().any(|name| name.starts_with("HS"))
                && names.iter().all(|name| name.starts_with("HS") || name == "none")
        })
    }

    /// What is said where neither side is reached, by name or connection: then the fault is as likely this host's, and
    /// nothing is proven of theirs.
    #[must_use]
    pub fn neither_is_reached(&self) -> Option<Outcome> {
        let reasons = [self.now.app_connection().failure()?.0, self.now.provider_connection().failure()?.0];
        let all_lost = reasons.iter().all(|reason| matches!(reason, Reason::Dns | Reason::Connect));
        all_lost.then(|| {
            Outcome::Unknown(
                "neither Kasm nor the provider is reachable from here: look at this host first, then at what both \
                 stand behind"
                    .to_owned(),
            )
        })
    }

    /// Whether the app is Kasm, which all texts and rules were first written for.
    #[must_use]
    pub fn is_kasm(&self) -> bool {
        self.app.kind() == AppKind::Kasm
    }

    /// Whether the facts of the app's kind are only believed: then no verdict fails by them.
    #[must_use]
    pub fn is_guess(&self) -> bool {
        self.app.profile().grade == Grade::Guess && self.target().app.login.is_none()
    }

    /// Whether every start of a login makes the app's server ask the provider, which tells whether it reaches it. Of a login
    /// that the configuration describes, nothing is known.
    #[must_use]
    pub fn start_asks_provider(&self) -> bool {
        self.app.profile().asks_provider && !self.is_guess() && self.target().app.login.is_none()
    }

    /// Whether the app's page is where its login starts: then it is no page of its own.
    #[must_use]
    pub fn starts_at_its_page(&self) -> bool {
        match &self.target().app.login {
            Some(path) => path == "/",
            None => self.app.profile().start.is_some_and(|start| start.path == "/"),
        }
    }

    /// The target's start of login, whatever Kasm answered.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn start(&self) -> Result<&'a Start, Missing> {
        match self.now.login_start().get()?.ours(self.target().wanted()) {
            Chosen::Ours(start) => Ok(start),
            Chosen::Nowhere => Err(Missing::Blocked { by: SourceId::LoginStart }),
        }
    }

    /// The authorize URL that Kasm sends browsers to.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn authorize_url(&self) -> Result<&'a AuthorizeUrl, Missing> {
        match &self.start()?.outcome {
            StartOutcome::Url(url) if url.is_pushed() => Err(Missing::OutOfReach(
                "Kasm pushes its request to the provider (PAR): from outside its parameters are not seen".to_owned(),
            )),
            StartOutcome::Url(url) => Ok(url),
            StartOutcome::Refused(_) | StartOutcome::FormRefused(_) | StartOutcome::NoAnswer(_) => {
                Err(Missing::Blocked { by: SourceId::LoginStart })
            }
        }
    }

    /// The target's config as Kasm stores it.
    ///
    /// # Errors
    /// Why it is missing, or which configs could be meant.
    pub fn stored(&self) -> Result<&'a OidcConfig, Missing> {
        let configs = self.now.kasm_config().get()?;
        configs.ours(self.target().wanted(), self.now.login_start().ok()).map_err(unclear)
    }

    /// Whether our config sends visitors to the provider at once: by the login page, else as stored.
    ///
    /// # Errors
    /// Why neither is known; none where Kasm does not say.
    pub fn auto_login(&self) -> Result<Option<bool>, Missing> {
        let stored = self.stored().ok().and_then(|stored| stored.auto_login);
        let shown = self.now.kasm_login_settings().get().and_then(|settings| Ok((settings, &self.start()?.config_id)));
        match shown {
            Ok((settings, ours)) => {
                let config = settings.configs.iter().find(|config| config.id == *ours);
                Ok(config.and_then(|config| config.auto_login).or(stored))
            }
            Err(missing) => stored.map(Some).ok_or(missing),
        }
    }

    /// A field of the stored config that every release is said to have. Where the answer does not hold it, that is a
    /// form that no reference knows, and nothing is concluded.
    ///
    /// # Errors
    /// Why it is missing.
    pub fn stored_field<T: ?Sized>(
        &self,
        name: &str,
        field: impl FnOnce(&'a OidcConfig) -> Option<&'a T>,
    ) -> Result<&'a T, Missing> {
        field(self.stored()?).ok_or_else(|| unclear(format!("Kasm's answer holds no {name}")))
    }

    /// The scopes that Kasm asks for, word by word: as stored where that is known, else as sent.
    ///
    /// # Errors
    /// Why they are missing; words that are joined by commas are no list until `scope_list_shape` holds.
    pub fn scopes(&self) -> Result<Vec<&'a str>, Missing> {
        let stored = self.stored().ok().and_then(|stored| stored.scope.as_deref());
        let words: Vec<&str> = match stored {
            Some(entries) => entries.iter().flat_map(|entry| entry.split_whitespace()).collect(),
            None => self.authorize_url()?.scope.as_deref().unwrap_or_default().split_whitespace().collect(),
        };
        if words.iter().any(|word| word.contains([',', ';'])) {
            let detail = "commas join its scopes: evaluated once scope_list_shape holds".to_owned();
            return Err(Missing::failed(SourceId::KasmConfig, Reason::Blocked, detail));
        }
        Ok(words)
    }

    /// Whether the provider is Pocket ID; a check that is Pocket ID's own begins with this and `?`.
    ///
    /// # Errors
    /// *Not applicable* for any other provider; while it is not recognised, it waits for the discovery document.
    pub fn pocket_id_only(&self) -> Result<(), Missing> {
        match self.kind {
            ProviderKind::PocketId => Ok(()),
            _ if !self.is_recognised => Err(Missing::Blocked { by: SourceId::Discovery }),
            _ => Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned())),
        }
    }
}

/// A stored config that says too little.
fn unclear(detail: String) -> Missing {
    Missing::failed(SourceId::KasmConfig, Reason::Body, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::lose;

    #[test]
    fn a_provider_counts_as_pocket_id_only_where_a_document_or_the_config_says_so() {
        type Change = fn(&mut Snapshot);
        let lost = |now: &mut Snapshot| lose(&mut now.discovery, SourceId::Discovery, Reason::Status);
        let before = Snapshot::healthy();
        let rows: [(&str, Change, Option<&Snapshot>, &str, bool); 6] = [
            ("by its document", |_| {}, None, "Pocket ID 2.14 or later", true),
            ("never seen", |_| {}, None, "OpenID provider", false),
            ("by the document before", |_| {}, Some(&before), "Pocket ID 2.14 or later", true),
            (
                "recognised in an earlier round",
                |now| now.provider = before_document(),
                None,
                "Pocket ID 2.14 or later",
                true,
            ),
            ("by the config", |now| now.target.provider.kind = Some(ProviderKind::PocketId), None, "Pocket ID", true),
            (
                "another, by the config",
                |now| now.target.provider.kind = Some(ProviderKind::Openid),
                None,
                "OpenID provider",
                true,
            ),
        ];
        for (name, change, before, expected, is_recognised) in rows {
            let mut now = Snapshot::healthy();
            if name != "by its document" {
                lost(&mut now);
            }
            change(&mut now);
            let case = Case::new(&now, before);
            assert_eq!(
                (case.recognised().to_string().as_str(), case.is_recognised),
                (expected, is_recognised),
                "{name}"
            );
        }
    }

    fn before_document() -> Option<Recognised> {
        Snapshot::healthy().recognised()
    }

    #[test]
    fn what_only_pocket_id_answers_waits_until_the_provider_is_recognised() {
        let mut now = Snapshot::healthy();
        let only = |now: &Snapshot| Case::new(now, None).pocket_id_only();
        assert_eq!(only(&now), Ok(()));
        lose(&mut now.discovery, SourceId::Discovery, Reason::Status);
        assert_eq!(only(&now), Err(Missing::Blocked { by: SourceId::Discovery }));
        now.target.provider.kind = Some(ProviderKind::Openid);
        assert!(matches!(only(&now), Err(Missing::NotApplicable(_))));
    }
}

//! What a Pocket ID key shows: of an admin the client's registration and what hangs on it; of any user the key's own facts.
//!
//! The key's own facts come first: what only an admin's key shows is not asked with the key of another user. While the
//! database does not answer nothing is asked at all, since every release then refuses a good key.

use super::credentialed::Credentialed;
use crate::{
    collect::{
        sources::{
            claims_preview, client_registration, client_secrets, clients, custom_claims, key_owner, last_sign_in,
            provider_key::ProviderKey,
        },
        transport::{fetch_error::FetchError, side_client::SideClient},
    },
    config::Secret,
    model::{
        ClaimsPreview, ClientSecrets, ClientsToldBy, Credential, CustomClaims, KeyOwner, LastSignIn, Missing, Observed,
        ProviderClients, Reason, Registration, Snapshot, SourceId,
    },
    oidc::AuthorizeUrl,
    providers::{ProviderKind, pocket_id::VersionSpan},
};

/// What a Pocket ID key shows.
#[derive(Debug)]
pub(super) struct ProviderKeyCollection {
    /// The registration.
    pub registration: Observed<Registration>,
    /// The client's secrets.
    pub secrets: Observed<ClientSecrets>,
    /// All clients.
    pub clients: Observed<ProviderClients>,
    /// The custom claims.
    pub custom_claims: Observed<CustomClaims>,
    /// The claims of the test user.
    pub preview: Observed<ClaimsPreview>,
    /// The last real sign-in.
    pub last_sign_in: Observed<LastSignIn>,
    /// The key's own facts.
    pub owner: Observed<KeyOwner>,
}

/// Looks with the Pocket ID key.
pub(super) async fn collect(asked: &Credentialed<'_>) -> ProviderKeyCollection {
    // What was seen with other credentials, or with none, is no answer to these.
    let before = asked.before.filter(|before| before.target.credentials == asked.facts.credentials);
    let key = key(asked);
    let with = With { asked, key: &key, is_in_doubt: before.is_some_and(contradicts) };
    let owner = with.key_owner(before.map(|before| &before.key_owner)).await;
    let admin = Admin { with: &with, refused: refused(&owner) };
    let (registration, secrets, clients, custom_claims, preview, last_sign_in) = tokio::join!(
        admin.registration(before.map(|before| &before.client_registration)),
        admin.secrets(before.map(|before| &before.client_secrets)),
        admin.clients(before.map(|before| &before.clients)),
        admin.custom_claims(before.map(|before| &before.custom_claims)),
        admin.preview(before.map(|before| &before.claims_preview)),
        admin.last_sign_in(before.map(|before| &before.last_sign_in)),
    );
    ProviderKeyCollection { registration, secrets, clients, custom_claims, preview, last_sign_in, owner }
}

/// The key as it is now, and the side that it may be shown to; why a source cannot be asked.
type Key<'a> = Result<(&'a SideClient, Secret), Refused>;

/// IntoMissing no source can be asked with this key.
#[derive(Debug, Clone)]
enum Refused {
    /// There is none.
    NoKey,
    /// For this reason, whatever the source.
    Missing(Missing),
    /// There is no way to the provider.
    NoSide(FetchError),
    /// Our own file cannot be read.
    Unreadable(String),
}

impl Refused {
    fn of(&self, source: SourceId) -> Missing {
        match self {
            Self::NoKey => Missing::NotConfigured(source.needs().first().copied().unwrap_or(Credential::ProviderKey)),
            Self::Missing(missing) => missing.clone(),
            Self::NoSide(stop) => stop.clone().missing(source),
            Self::Unreadable(detail) => Missing::failed(source, Reason::Blocked, detail.clone()),
        }
    }
}

fn key<'a>(asked: &'a Credentialed<'_>) -> Key<'a> {
    let source = asked.target.provider.api_key.as_ref().ok_or(Refused::NoKey)?;
    match asked.provider.recognised.map(|recognised| recognised.kind) {
        Some(ProviderKind::PocketId) => {}
        Some(_) => {
            return Err(Refused::Missing(Missing::NotApplicable("the provider is not Pocket ID".to_owned())));
        }
        // Not shown to a server that is not known to be Pocket ID.
        None => match &asked.provider.side {
            Err(stop) => return Err(Refused::NoSide(stop.clone())),
            Ok(_) => return Err(Refused::Missing(Missing::Blocked { by: SourceId::Discovery })),
        },
    }
    let side = asked.provider.side.as_deref().map_err(|stop| Refused::NoSide(stop.clone()))?;
    match Credentialed::secret(SourceId::KeyOwner, source) {
        Ok(key) => Ok((side, key)),
        Err(Missing::Failed { detail, .. }) => Err(Refused::Unreadable(detail)),
        Err(missing) => Err(Refused::Missing(missing)),
    }
}

/// IntoMissing an admin's source is not asked, by what the key told of itself.
fn refused(owner: &Observed<KeyOwner>) -> Option<Missing> {
    match &owner.value {
        Ok(owner) if owner.is_admin == Some(false) => Some(Missing::NotConfigured(Credential::ProviderAdminKey)),
        Err(Missing::Failed { reason: Reason::Unauthorized, .. }) => Some(Missing::Blocked { by: SourceId::KeyOwner }),
        _ => None,
    }
}

/// Whether a refusal since then contradicts what the key told of itself: it has ended, or its user lost a right.
fn contradicts(before: &Snapshot) -> bool {
    let was_good = before.key_owner.ok().is_some_and(|owner| owner.is_admin != Some(false));
    let was_refused = matches!(
        before.client_registration.value,
        Err(Missing::NotConfigured(_) | Missing::Failed { reason: Reason::Unauthorized, .. })
    );
    was_good && was_refused
}

/// Asks with the key what is due.
struct With<'a> {
    asked: &'a Credentialed<'a>,
    key: &'a Key<'a>,
    /// Whether what the key told of itself is in doubt.
    is_in_doubt: bool,
}

impl With<'_> {
    /// A source that is asked where the key may be shown and the database answers.
    async fn refresh<T: Clone>(
        &self,
        source: SourceId,
        old: Option<&Observed<T>>,
        is_good: impl Fn(&T) -> bool,
        ask: impl AsyncFnOnce(&ProviderKey<'_>) -> Result<T, Missing>,
    ) -> Observed<T> {
        let (side, key) = match self.key {
            Ok((side, key)) => (*side, key),
            Err(why) => return self.asked.missing(why.of(source)),
        };
        let was_blocked = old.is_some_and(|old| matches!(old.value, Err(Missing::Blocked { .. })));
        let is_in_doubt = self.is_in_doubt && source == SourceId::KeyOwner;
        let is_due = was_blocked || is_in_doubt || self.asked.round.is_due(source, old, is_good);
        let blocked = Missing::Blocked { by: SourceId::ClientMeta };
        let ready = if self.asked.database_answers() { Ok(side) } else { Err(blocked) };
        let key = ProviderKey { source, side, key, counts: self.asked.counts };
        self.asked.round.refresh(source, old, is_due, ready, ask(&key)).await
    }

    async fn key_owner(&self, old: Option<&Observed<KeyOwner>>) -> Observed<KeyOwner> {
        let client_id = self.asked.client_id.as_deref();
        let ask = async |key: &ProviderKey<'_>| key_owner::collect(key, self.version(), client_id).await;
        self.refresh(SourceId::KeyOwner, old, |_| true, ask).await
    }

    /// The releases that the provider can be.
    fn version(&self) -> Option<VersionSpan> {
        self.asked.provider.recognised?.version
    }
}

/// Asks what only an admin's key shows.
struct Admin<'a> {
    with: &'a With<'a>,
    refused: Option<Missing>,
}

impl Admin<'_> {
    async fn refresh<T: Clone>(
        &self,
        source: SourceId,
        old: Option<&Observed<T>>,
        is_good: impl Fn(&T) -> bool,
        ask: impl AsyncFnOnce(&ProviderKey<'_>) -> Result<T, Missing>,
    ) -> Observed<T> {
        match &self.refused {
            Some(why) => self.with.asked.missing(why.clone()),
            None => self.with.refresh(source, old, is_good, ask).await,
        }
    }

    async fn registration(&self, old: Option<&Observed<Registration>>) -> Observed<Registration> {
        let ask = async |key: &ProviderKey<'_>| client_registration::collect(key, self.client_id()?).await;
        let sent = self.sent().ok().and_then(|url| url.redirect_uri.as_deref());
        let is_good = |seen: &Registration| client_registration::lets_in(seen, self.with.version(), sent);
        self.refresh(SourceId::ClientRegistration, self.of_this_client(old), is_good, ask).await
    }

    async fn secrets(&self, old: Option<&Observed<ClientSecrets>>) -> Observed<ClientSecrets> {
        let ask =
            async |key: &ProviderKey<'_>| client_secrets::collect(key, self.with.version(), self.client_id()?).await;
        let is_good = |seen: &ClientSecrets| seen.secrets.iter().any(|secret| secret.is_active);
        self.refresh(SourceId::ClientSecrets, self.of_this_client(old), is_good, ask).await
    }

    /// All clients: asked by one target of the provider, for all of them.
    async fn clients(&self, old: Option<&Observed<ProviderClients>>) -> Observed<ProviderClients> {
        if let ClientsToldBy::Other(target) = &self.with.asked.facts.clients_told_by {
            return self
                .with
                .asked
                .missing(Missing::NotApplicable(format!("the target {target} tells of all clients")));
        }
        let ask = async |key: &ProviderKey<'_>| clients::collect(key).await;
        self.refresh(SourceId::Clients, old, |_| true, ask).await
    }

    async fn custom_claims(&self, old: Option<&Observed<CustomClaims>>) -> Observed<CustomClaims> {
        let ask = async |key: &ProviderKey<'_>| custom_claims::collect(key).await;
        self.refresh(SourceId::CustomClaims, old, |_| true, ask).await
    }

    async fn preview(&self, old: Option<&Observed<ClaimsPreview>>) -> Observed<ClaimsPreview> {
        let source = SourceId::ClaimsPreview;
        let facts = self.with.asked.facts;
        let ask = async |key: &ProviderKey<'_>| {
            let user = facts.expect.user.as_deref().ok_or_else(no_test_user)?;
            claims_preview::collect(key, self.client_id()?, user, self.sent()?.scope.as_deref().unwrap_or_default())
                .await
        };
        let asks_the_same = self.with.asked.before.is_some_and(|before| before.target.expect.user == facts.expect.user);
        let is_good = |seen: &ClaimsPreview| matches!(seen, ClaimsPreview::Claims { .. });
        self.refresh(source, self.of_this_client(old).filter(|_| asks_the_same), is_good, ask).await
    }

    async fn last_sign_in(&self, old: Option<&Observed<LastSignIn>>) -> Observed<LastSignIn> {
        let asked = self.with.asked;
        let ask = async |key: &ProviderKey<'_>| {
            if !asked.target.last_sign_in_enabled {
                return Err(Missing::OutOfReach("last_sign_in.enabled is off".to_owned()));
            }
            let meta = asked.client_meta.ok().filter(|meta| meta.is_app_client);
            let name =
                meta.and_then(|meta| meta.name.as_deref()).ok_or(Missing::Blocked { by: SourceId::ClientMeta })?;
            last_sign_in::collect(key, name).await
        };
        self.refresh(SourceId::LastSignIn, self.of_this_client(old), |_| true, ask).await
    }

    /// The client that is asked about: Kasm's, unless Pocket ID's public entry says that there is none.
    fn client_id(&self) -> Result<&str, Missing> {
        let asked = self.with.asked;
        let id = asked.client_id.as_deref().ok_or(Missing::Blocked { by: SourceId::LoginStart })?;
        match asked.client_meta.ok() {
            Some(meta) if meta.is_app_client && meta.name.is_none() => {
                Err(Missing::OutOfReach("Pocket ID has no client of the ID that Kasm sends".to_owned()))
            }
            _ => Ok(id),
        }
    }

    /// What was seen before, unless Kasm's client was another one then, or has just come or gone.
    fn of_this_client<'o, T>(&self, old: Option<&'o Observed<T>>) -> Option<&'o Observed<T>> {
        let asked = self.with.asked;
        let before = asked.before?.client_meta.ok();
        old.filter(|_| before.is_none() || asked.client_meta.ok().is_none() || before == asked.client_meta.ok())
    }

    /// What Kasm sends browsers to.
    fn sent(&self) -> Result<&AuthorizeUrl, Missing> {
        let blocked = || Missing::Blocked { by: SourceId::LoginStart };
        let start = self.with.asked.kasm.start.ok().ok_or_else(blocked)?;
        start.our_url(self.with.asked.facts.wanted()).ok_or_else(blocked)
    }
}

fn no_test_user() -> Missing {
    Missing::OutOfReach("no test user is named: write expect: {user: NAME}".to_owned())
}

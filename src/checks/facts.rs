//! The snapshot as checks read it: what they read is noted, so that no verdict claims to be younger than what it rests on.

use std::cell::Cell;

use crate::{
    apps::kasm::{GroupMapping, KasmStart, KasmUser, KasmVersion, LoginSettings, OidcConfigs},
    clock::Time,
    model::{
        Answered, AppHealth, Change, ClaimsPreview, ClientMeta, ClientSecrets, ClientToken, Connection, CustomClaims,
        DryRun, EndpointAnswers, KeyOwner, LastSignIn, Missing, Observed, Page, PasskeyDomain, ProviderClients,
        Registration, SecretProof, SignIn, Snapshot, SourceId, Suspicion, TargetFacts, TokenEndpoint,
    },
    oidc::{Discovery, Jwks},
};

/// The snapshot as checks read it.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    snapshot: &'a Snapshot,
    /// When the oldest observation was made that was read.
    oldest: Cell<Option<Time>>,
    /// When the look ended.
    pub taken_at: Time,
    /// What was looked at.
    pub target: &'a TargetFacts,
    /// Changes that are younger than `change_hold`.
    pub changes: &'a [Change],
    /// What looks like a slip in our own settings.
    pub suspicions: &'a [Suspicion],
}

impl<'a> Facts<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            oldest: Cell::new(None),
            taken_at: snapshot.taken_at,
            target: &snapshot.target,
            changes: &snapshot.changes,
            suspicions: &snapshot.suspicions,
        }
    }

    /// Begins to note anew.
    pub(super) fn forget_reads(&self) {
        self.oldest.set(None);
    }

    /// When the oldest observation was made that was read since; the look's end, where none was.
    pub(super) fn oldest_read(&self) -> Time {
        self.oldest.get().unwrap_or(self.taken_at)
    }

    /// Every observation's source, time, duration in seconds, and why it is missing: about the collecting itself, of which
    /// no fact is taken.
    #[must_use]
    pub fn observations(&self) -> Vec<(SourceId, Time, f64, Option<&'a Missing>)> {
        self.snapshot.observations()
    }

    /// An observation; what was never asked has no age.
    fn read<T>(&self, seen: &'a Observed<T>) -> &'a Observed<T> {
        if let Ok(_) | Err(Missing::Failed { .. }) = seen.value {
            self.oldest.set(Some(self.oldest.get().map_or(seen.at, |oldest| oldest.min(seen.at))));
        }
        seen
    }
}

/// A reader for each observation, named as the snapshot's field.
macro_rules! readers {
    ($($field:ident: $fact:ty,)+) => {
        #[expect(missing_docs, reason = "the snapshot says what each is")]
        impl<'a> Facts<'a> {
            $(
                #[must_use]
                pub fn $field(&self) -> &'a Observed<$fact> {
                    self.read(&self.snapshot.$field)
                }
            )+
        }
    };
}

readers! {
    provider_connection: Connection,
    app_connection: Connection,
    discovery: Answered<Discovery>,
    jwks: Jwks,
    client_meta: ClientMeta,
    app_health: Answered<AppHealth>,
    kasm_login_settings: LoginSettings,
    login_start: KasmStart,
    authorize_dry_run: DryRun,
    provider_endpoints: EndpointAnswers,
    provider_page: Page,
    app_page: Page,
    passkey_domain: PasskeyDomain,
    client_registration: Registration,
    client_secrets: ClientSecrets,
    clients: ProviderClients,
    custom_claims: CustomClaims,
    claims_preview: ClaimsPreview,
    last_sign_in: LastSignIn,
    key_owner: KeyOwner,
    client_secret: SecretProof,
    client_token: ClientToken,
    kasm_config: OidcConfigs,
    kasm_version: KasmVersion,
    kasm_mappings: Vec<GroupMapping>,
    kasm_user: KasmUser,
    canary_sign_in: SignIn,
    token_endpoint: TokenEndpoint,
}

//! The clients of a provider alone: for commands that ask no app.

use super::from_provider::new_side;
use crate::{
    collect::{
        credentialed::Credentialed,
        sources::{clients, discovery, provider_key::ProviderKey},
        transport::{
            fetch_error::IntoMissing,
            side_client::{Counts, Deps},
        },
    },
    config::Target,
    model::{Credential, Missing, Observed, ProviderClients, SourceId},
    providers::{ProviderKind, recognise},
};

/// Asks the provider for its clients: after its discovery document has shown what it is, since no other server is shown the key.
pub(super) async fn collect(deps: &Deps, target: &Target) -> Observed<ProviderClients> {
    let target = &target.with_secrets().await;
    let deps = &deps.masking(target);
    super::context::observe(&deps.clock, SourceId::Clients, ask(deps, target)).await
}

async fn ask(deps: &Deps, target: &Target) -> Result<ProviderClients, Missing> {
    let source = SourceId::Clients;
    let key = target.provider.api_key.as_ref().ok_or(Missing::NotConfigured(Credential::ProviderAdminKey))?;
    let side = new_side(deps, target).await.map_err(|stop| stop.of(source))?;
    let counts = Counts::default();
    let answer = discovery::collect(&side, &counts).await.map_err(|stop| stop.of(source))?;
    if recognise(&answer.fact, target.provider.kind).kind != ProviderKind::PocketId {
        return Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned()));
    }
    let key = Credentialed::secret(source, key)?;
    let found = clients::collect(&ProviderKey { source, side: &side, key: &key, counts: &counts }).await;
    side.hang_up();
    found
}

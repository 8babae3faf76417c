//! The key set (RFC 7517), where the discovery document says that it is.

use super::{
    addresses,
    answer::Answer,
    http::Request,
    reasons::{self, Stop},
    side::{Counts, Side},
};
use crate::{
    model::SourceId,
    oidc::{Discovery, Jwks},
    pocket_id::ProviderKind,
};

/// Asks for the key set: as read, and as served.
pub(super) async fn look(
    provider: &Side,
    discovery: &Discovery,
    kind: ProviderKind,
    counts: &Counts,
) -> Result<(Jwks, Vec<u8>), Stop> {
    let written = discovery.jwks_uri.as_deref().ok_or(Stop::Blocked(SourceId::Discovery))?;
    let url = addresses::reachable(provider, written, kind).ok_or_else(|| addresses::foreign("jwks_uri", written))?;
    let answer = provider.ask(&Request::json(url), counts).await?;
    Ok((read(&answer)?, answer.body))
}

fn read(answer: &Answer) -> Result<Jwks, Stop> {
    if answer.status != 200 {
        return Err(reasons::of_status(answer));
    }
    Jwks::parse(answer.content_type().as_deref(), &answer.body).map_err(|problem| match answer.said() {
        Some(said) => reasons::of_body(&format!("{problem}: {said}")),
        None => reasons::of_body(&problem),
    })
}

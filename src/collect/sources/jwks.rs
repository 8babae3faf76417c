//! The key set (RFC 7517), where the discovery document says that it is.

use super::addresses;
use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError},
        foreign::ForeignText,
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::SourceId,
    oidc::{Discovery, Jwks},
    providers::ProviderKind,
};

/// Asks for the key set: as read, and as served.
pub(in crate::collect) async fn collect(
    provider: &SideClient,
    discovery: &Discovery,
    kind: ProviderKind,
    counts: &Counts,
) -> Result<(Jwks, ForeignText), FetchError> {
    let written = discovery.jwks_uri.as_deref().ok_or(FetchError::Blocked(SourceId::Discovery))?;
    let url = addresses::reachable(provider, written, kind).ok_or_else(|| addresses::foreign("jwks_uri", written))?;
    let answer = provider.ask(&Request::json(url), counts).await?;
    let (answer, keys) = answer.read(read).await;
    Ok((keys?, answer.body))
}

fn read(answer: &Answer) -> Result<Jwks, FetchError> {
    if answer.status != 200 {
        return Err(fetch_error::of_status(answer));
    }
    Jwks::parse(answer.content_type().as_deref(), &answer.body).map_err(|problem| match answer.said() {
        Some(said) => fetch_error::of_body(&format!("{problem}: {said}")),
        None => fetch_error::of_json(&problem),
    })
}

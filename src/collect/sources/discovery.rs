//! The discovery document (OpenID Connect Discovery 1.0, section 4).

use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError},
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::Answered,
    oidc::Discovery,
};

/// Asks for the document below the public address.
pub(in crate::collect) async fn collect(
    provider: &SideClient,
    counts: &Counts,
) -> Result<Answered<Discovery>, FetchError> {
    let answer = provider.ask(&Request::json(provider.at("/.well-known/openid-configuration")), counts).await?;
    read(&answer).map(|document| answer.with(document))
}

fn read(answer: &Answer) -> Result<Discovery, FetchError> {
    if answer.status != 200 {
        return Err(fetch_error::of_status(answer));
    }
    Discovery::parse(answer.status, answer.content_type().as_deref(), &answer.body)
        .map_err(|problem| fetch_error::of_body(&problem))
}

//! The discovery document (OpenID Connect Discovery 1.0, section 4).

use super::{
    answer::Answer,
    http::Request,
    reasons::{self, Stop},
    side::{Counts, Side},
};
use crate::{model::Answered, oidc::Discovery};

/// Asks for the document below the public address.
pub(super) async fn look(provider: &Side, counts: &Counts) -> Result<Answered<Discovery>, Stop> {
    let answer = provider.ask(&Request::json(provider.at("/.well-known/openid-configuration")), counts).await?;
    read(&answer).map(|document| answer.with(document))
}

fn read(answer: &Answer) -> Result<Discovery, Stop> {
    if answer.status != 200 {
        return Err(reasons::of_status(answer));
    }
    Discovery::parse(answer.status, answer.content_type().as_deref(), &answer.body)
        .map_err(|problem| reasons::of_json(&problem))
}

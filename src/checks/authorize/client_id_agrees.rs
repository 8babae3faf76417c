//! The client id that Kasm sends is the one that the provider has for it.
//!
//! Without a key there is no second list to compare with: it agrees if the provider knows it. An id that it does not
//! know is reported by `client_known`, so that one fault has one check.

use super::{Case, Check, SeverityRule, client_exists, client_id};
use crate::model::{Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "client_id_agrees",
    severity: SeverityRule::OUTAGE,
    title: "Kasm sends the client ID that the provider has for it",
    why: "A client ID is copied by hand; with none or another one, the provider shows an error page in place of the \
           passkey.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Client ID: copy it from Pocket ID: \
           Administration > OIDC Clients > Kasm's client > Client ID.",
    needs: &[],
    since: "",
    source: "RFC 6749, section 2.2",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if client_id(case)?.is_none() {
        return Ok(Outcome::fail(Finding::new("missing", "Kasm sends no client ID")));
    }
    let now = &case.now;
    if client_exists(case) == Some(true) {
        return Ok(Outcome::noting("the provider knows Kasm's client"));
    }
    match &now.authorize_dry_run().value {
        Ok(dry_run) if dry_run.is_accepted() => return Ok(Outcome::noting("the provider takes it")),
        Err(missing @ (Missing::Failed { .. } | Missing::Blocked { .. })) => return Err(missing.clone()),
        _ => {}
    }
    if let Err(missing @ (Missing::Failed { .. } | Missing::Blocked { .. })) = &now.client_meta().value {
        return Err(missing.clone());
    }
    Ok(Outcome::Unverified("nothing here says which client is Kasm's: compare Client ID on both web forms".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{lose, table, url},
        model::{DryRun, Missing, Reason, SourceId},
    };

    #[test]
    fn a_client_id_that_is_known_agrees() {
        table(
            &CHECK,
            &[
                ("known", |_| {}, "ok"),
                ("none sent", |now| url(now).client_id = None, "fail missing"),
                ("an empty one", |now| url(now).client_id = Some(" ".to_owned()), "fail missing"),
                (
                    "taken by the dry run",
                    |now| {
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Timeout);
                    },
                    "ok",
                ),
                (
                    "not known: told by client_known",
                    |now| {
                        now.client_meta.value.as_mut().unwrap().name = None;
                        now.authorize_dry_run.value =
                            Ok(DryRun::ErrorPage { status: 302, message: "The Client does not exist".to_owned() });
                    },
                    "unverified",
                ),
                (
                    "no way to know",
                    |now| {
                        now.client_meta.value = Err(Missing::NotApplicable("another provider".to_owned()));
                        now.authorize_dry_run.value = Err(Missing::OutOfReach("no".to_owned()));
                    },
                    "unverified",
                ),
                (
                    "the provider is away",
                    |now| {
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Connect);
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Connect);
                    },
                    "unknown",
                ),
            ],
        );
    }
}

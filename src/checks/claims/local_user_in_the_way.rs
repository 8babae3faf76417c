//! No local Kasm user has the name of an OpenID user.

use super::{Case, Check, SeverityRule};
use crate::{
    apps::kasm::KasmUser,
    model::{Credential, Finding, Missing, Reason, SourceId, Verdict},
};

pub(super) const CHECK: Check = Check {
    id: "local_user_in_the_way",
    severity: SeverityRule::DEGRADED,
    title: "No user of another realm has an OpenID user's name",
    why: "Kasm matches names over all realms: where a local user of that name exists, it says \"OIDC login rejected: \
           Non OIDC user\".",
    fix: "Kasm: Access Management > Users: rename the local user of that name, or sign in with another name at the \
           provider.",
    needs: &[Credential::AppKey],
    since: "",
    source: "kasmtech/workspaces-issues 587",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let user = case.now.kasm_user.get()?;
    let name = case.target().expect.user.as_deref().unwrap_or_default();
    let (realm, is_barred) = match user {
        KasmUser::Absent => {
            return Ok(Verdict::noting(format!("Kasm has no user {name} yet: the first sign-in makes it")));
        }
        KasmUser::Present { realm, is_barred, .. } => (realm.as_deref(), *is_barred),
    };
    match realm {
        Some("oidc") if is_barred => Ok(Verdict::noting(format!("the user {name} is locked or disabled in Kasm"))),
        Some("oidc") => Ok(Verdict::OK),
        Some(realm) => Ok(Verdict::fail(Finding::new(
            "other_realm",
            format!("Kasm's user {name} is of the realm {realm}: a sign-in with the provider by that name is rejected"),
        ))),
        None => Err(Missing::failed(SourceId::KasmUser, Reason::Body, "Kasm's answer holds no realm")),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::kasm::KasmUser,
        checks::testing::{lose, table, table_with_credentials},
        model::{Missing, Reason, Snapshot, SourceId},
    };

    fn of_realm(now: &mut Snapshot, realm: Option<&str>) {
        let realm = realm.map(str::to_owned);
        now.kasm_user.value = Ok(KasmUser::Present { realm, is_barred: false, groups: Vec::new() });
    }

    #[test]
    fn the_test_user_must_not_be_of_another_realm() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("of OpenID", |_| {}, "ok"),
                ("local", |now| of_realm(now, Some("local")), "fail other_realm"),
                ("of SAML", |now| of_realm(now, Some("saml")), "fail other_realm"),
                ("not said", |now| of_realm(now, None), "unknown"),
                ("not there yet", |now| now.kasm_user.value = Ok(KasmUser::Absent), "ok"),
                (
                    "barred",
                    |now| {
                        let realm = Some("oidc".to_owned());
                        now.kasm_user.value = Ok(KasmUser::Present { realm, is_barred: true, groups: Vec::new() });
                    },
                    "ok",
                ),
                (
                    "the key may not see users",
                    |now| now.kasm_user.value = Err(Missing::OutOfReach("lacks Users View".to_owned())),
                    "unverified",
                ),
                ("no answer", |now| lose(&mut now.kasm_user, SourceId::KasmUser, Reason::Timeout), "unknown"),
            ],
        );
    }
}

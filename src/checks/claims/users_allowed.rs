//! Somebody may use Kasm's client.
//!
//! By the registration and the list of groups, whose counts of members are right. Never by `users/me/clients`, which up to
//! 2.11 lists a client that nobody may use.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Credential, Finding, Missing, Registration, Verdict},
    providers::pocket_id::Version,
};

pub(super) const CHECK: Check = Check {
    id: "users_allowed",
    severity: SeverityRule::OUTAGE,
    title: "Somebody may use Kasm's client",
    why: "A client that is restricted to groups, with no group left or none with members, turns everybody away after \
           the passkey.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Allowed User Groups: add the group whose \
           members may sign in, or Unrestrict.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.0 (before, an empty list lets everybody in)",
    source: "Pocket ID, allowed user groups (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let registration = case.registration()?;
    match access(case, registration)? {
        Access::Open => Ok(Verdict::noting("the client is open to every user")),
        Access::Groups(names) => Ok(Verdict::noting(format!("members of {names}"))),
        Access::Nobody(finding) => Ok(Verdict::fail(finding)),
    }
}

/// Who may use Kasm's client.
enum Access {
    /// Everybody.
    Open,
    /// The members of these groups, of which there are some.
    Groups(String),
    /// Nobody, for this reason.
    Nobody(Finding),
}

/// Whether the registration shows that nobody may use the client.
pub(super) fn is_closed(case: &Case<'_>) -> bool {
    let access = case.registration().and_then(|registration| access(case, registration));
    matches!(access, Ok(Access::Nobody(_)))
}

fn access(case: &Case<'_>, registration: &Registration) -> Result<Access, Missing> {
    let client = &registration.client;
    let allowed = &client.allowed_user_groups;
    let is_restricted = match client.is_group_restricted {
        Some(is_restricted) => is_restricted,
        None if case.version.is_some_and(|version| version.at_least >= Version::new(2, 0)) => {
            let why = "the client's registration does not say whether it is restricted: see Allowed User Groups";
            return Err(Missing::OutOfReach(why.to_owned()));
        }
        // Before 2.0 an empty list let everybody in.
        None => !allowed.is_empty(),
    };
    if !is_restricted {
        return Ok(Access::Open);
    }
    if allowed.is_empty() {
        let message = "Kasm's client is restricted to groups, and no group is allowed: nobody can sign in";
        return Ok(Access::Nobody(Finding::new("no_group", message)));
    }
    let names = allowed.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ");
    let groups = registration.groups.as_deref().unwrap_or_default();
    let members: Vec<Option<u64>> = allowed
        .iter()
        .map(|allowed| groups.iter().find(|group| group.id == allowed.id).and_then(|group| group.user_count))
        .collect();
    if members.iter().flatten().any(|count| *count > 0) {
        Ok(Access::Groups(names))
    } else if members.iter().all(Option::is_some) {
        let message = format!("Kasm's client is restricted to {names}, which nobody is a member of");
        Ok(Access::Nobody(Finding::new("no_members", message).fix(
            "Pocket ID: Administration > User Groups > the group: add the users who may sign in; or OIDC Clients > Kasm's \
             client > Allowed User Groups: add their group.",
        )))
    } else {
        Err(Missing::OutOfReach(format!("how many members {names} has is not shown: see User Groups")))
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{document, generic, lose, table},
        model::{Reason, Registration, Snapshot, SourceId},
    };

    fn change(now: &mut Snapshot, change: impl FnOnce(&mut Registration)) {
        *now = Snapshot::healthy_with_credentials();
        change(now.client_registration.value.as_mut().unwrap());
    }

    /// 1.16: no restriction in the registration.
    fn old(now: &mut Snapshot, has_group: bool) {
        change(now, |registration| {
            registration.client.is_group_restricted = None;
            if !has_group {
                registration.client.allowed_user_groups.clear();
            }
        });
        now.key_owner.value.as_mut().unwrap().version = None;
        let before_2_5 = serde_json::json!({
            "response_modes_supported": null, "client_id_metadata_document_supported": null,
            "scopes_supported": ["openid", "profile", "email", "groups"], "pushed_authorization_request_endpoint": null,
            "prompt_values_supported": null, "token_endpoint_auth_methods_supported": null,
        });
        document(now, &before_2_5);
    }

    #[test]
    fn a_client_without_a_group_or_a_group_without_members_lets_nobody_in() {
        table(
            &CHECK,
            &[
                ("no key", |_| {}, "unverified"),
                ("a group with a member", |now| change(now, |_| {}), "ok"),
                ("open", |now| change(now, |one| one.client.is_group_restricted = Some(false)), "ok"),
                ("no group", |now| change(now, |one| one.client.allowed_user_groups.clear()), "fail no_group"),
                (
                    "no members",
                    |now| change(now, |one| one.groups.as_mut().unwrap()[0].user_count = Some(0)),
                    "fail no_members",
                ),
                ("members not counted", |now| change(now, |one| one.groups = None), "unverified"),
                ("1.16 with a group", |now| old(now, true), "ok"),
                ("1.16 without a group is open", |now| old(now, false), "ok"),
                (
                    "2.14 that does not say",
                    |now| change(now, |one| one.client.is_group_restricted = None),
                    "unverified",
                ),
                (
                    "the users' own list says nothing",
                    |now| {
                        change(now, |one| one.client.allowed_user_groups.clear());
                        now.key_owner.value.as_mut().unwrap().may_use_client = Some(true);
                    },
                    "fail no_group",
                ),
                (
                    "the database fails",
                    |now| {
                        change(now, |one| one.client.allowed_user_groups.clear());
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                ("another provider", generic, "not_applicable"),
            ],
        );
    }
}

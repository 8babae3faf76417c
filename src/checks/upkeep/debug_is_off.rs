//! Kasm's OpenID debug switch is off.

use super::{Case, Check, SeverityRule};
use crate::model::{Credential, Finding, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "debug_is_off",
    severity: SeverityRule::RISK,
    title: "Debug is off in Kasm's OpenID config",
    why: "Debug writes tokens into Kasm's log and leaves out certificate checks in some calls.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Debug: switch it off.",
    needs: &[Credential::AppKey],
    since: "",
    source: "Kasm documentation, OpenID: Debug",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    Ok(match case.stored_field("debug", |stored| stored.debug.as_ref())? {
        true => Verdict::fail(Finding::new("on", "Debug is on in Kasm's OpenID config: tokens stand in its log")),
        false => Verdict::OK,
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::checks::testing::{stored, table, table_with_credentials};

    #[test]
    fn debug_must_be_off() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("off", |_| {}, "ok"),
                ("on", |now| stored(now).debug = Some(true), "fail on"),
                ("not said", |now| stored(now).debug = None, "unknown"),
            ],
        );
    }
}

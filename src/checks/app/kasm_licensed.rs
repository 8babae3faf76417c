//! Kasm's licence has the Developer API.

use super::{Case, Check, SeverityRule};
use crate::model::{Credential, Finding, Missing, Reason, Verdict};

pub(super) const CHECK: Check = Check {
    id: "kasm_licensed",
    severity: SeverityRule::RISK,
    title: "Kasm's licence has the Developer API",
    why: "Without it Kasm refuses every key, so its stored OpenID config cannot be compared; sign-in itself goes on.",
    fix: "See in Kasm's settings which licence is in force; if it lacks the Developer API, leave out \
           kasm.api_key_file.",
    needs: &[Credential::AppKey],
    since: "",
    source: "Kasm documentation, Developer API; the refusal's text is unconfirmed",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    match case.now.kasm_config.get() {
        Ok(_) => Ok(Verdict::OK),
        Err(Missing::Failed { reason: Reason::Unlicensed, detail, .. }) => {
            Ok(Verdict::fail(Finding::new("unlicensed", detail)))
        }
        Err(missing) => Err(missing),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{lose, table, table_with_credentials},
        model::{Reason, SourceId},
    };

    #[test]
    fn only_kasms_own_word_on_the_licence_counts() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("it answers", |_| {}, "ok"),
                (
                    "not licensed",
                    |now| lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Unlicensed),
                    "fail unlicensed",
                ),
                (
                    "the key is wrong",
                    |now| lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Unauthorized),
                    "unknown",
                ),
                ("a web page", |now| lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Body), "unknown"),
            ],
        );
    }
}

//! The API keys that this daemon uses last a while.

use super::{Case, Check, SeverityRule};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "api_keys_last",
    severity: SeverityRule::RISK,
    title: "The API keys that ssowatch uses do not end soon",
    why: "Sign-in goes on without them, but from that day on ssowatch sees less, and says so.",
    mend: "Pocket ID: Administration > API Keys: make a new one and put it in provider.api_key_file. Kasm: Settings > \
           Developers > Add API Key: the same for kasm.api_key_file and kasm.api_key_secret_file.",
    needs: &[Credential::ProviderKey, Credential::KasmKey],
    since: "",
    source: "Pocket ID, API keys; Kasm documentation, Developer API",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let configured = CHECK.needs.iter().find(|key| case.target().credentials.contains(key));
    match configured {
        Some(key) => Err(Missing::NotConfigured(*key)),
        None => Ok(Verdict::NotApplicable("no API key is configured".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{checks::testing::table, model::Credential};

    #[test]
    fn without_a_key_there_is_nothing_to_end() {
        table(
            &CHECK,
            &[
                ("no key", |_| {}, "not_applicable"),
                (
                    "a key",
                    |now| {
                        now.target.credentials.insert(Credential::KasmKey);
                    },
                    "unverified",
                ),
            ],
        );
    }
}

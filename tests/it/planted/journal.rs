//! The journal's files hold no secret: neither in plain bytes nor in what is deflated.

use std::{fs, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ssowatch::{
    app::{self, Options},
    config::{Config, Secret, SecretSource},
    journal::{Journal, Retention, Storage},
    lab::{ADMIN_API_KEY, Fault, KASM_API_KEY, KASM_API_KEY_SECRET, Lab, LabOptions},
    model::{Credential, SourceId},
};
use url::form_urlencoded;

use super::CANARY;

/// What must not be seen, in every form that it is sent in; and any token.
fn forms(secret: &str) -> Vec<String> {
    let percent: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let keys = [ADMIN_API_KEY, KASM_API_KEY, KASM_API_KEY_SECRET].map(str::to_owned);
    let basic = STANDARD.encode(format!("{KASM_API_KEY}:{KASM_API_KEY_SECRET}"));
    let state = "5ca1ab1e000040008000000000000001:".to_owned();
    let mut forms = vec![CANARY.to_owned(), STANDARD.encode(secret), percent, basic, state, "eyJ".to_owned()];
    forms.extend(keys);
    forms
}

fn assert_none(what: &str, bytes: &[u8], forms: &[String]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for form in forms {
        assert!(!text.contains(&form.to_lowercase()), "{what} holds {form}");
    }
}

fn storage(folder: &Path) -> Storage {
    Storage { folder: folder.to_owned(), retention: Retention::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_holds_no_secret_with_all_credentials_whatever_fails() {
    let folder = tempfile::tempdir().unwrap();
    let secret = format!("{CANARY}+se%cret:with&all=kinds/of things");
    let forms = forms(&secret);
    let faults = [None, Some(Fault::RedirectUrlOldHost), Some(Fault::ProviderServerError), Some(Fault::AuthorizeGone)];
    for right in [true, false] {
        let lab = Lab::start(LabOptions { client_secret: secret.clone(), ..LabOptions::default() }).await.unwrap();
        let mut target = lab.target_with(&[Credential::ClientSecret, Credential::ProviderAdminKey, Credential::AppKey]);
        if !right {
            for slot in [&mut target.provider.client_secret, &mut target.provider.api_key, &mut target.app.api_key] {
                *slot = Some(SecretSource::Inline(Secret::new(secret.clone())));
            }
        }
        for fault in faults {
            lab.fix_all();
            fault.into_iter().for_each(|fault| lab.break_with(fault));
            let mut config = Config::of_targets(vec![target.clone()]);
            config.targets[0].token_enabled = true;
            let journal = Arc::new(Journal::open(storage(folder.path())).unwrap());
            let options = Options { journal: Arc::clone(&journal), ..Options::default() };
            let running = app::start(config, Vec::new(), options).await.unwrap();
            while !running.is_ready() {
                tokio::task::yield_now().await;
            }
            assert!(journal.flush());
            searched(folder.path(), &journal, &forms, right && fault.is_none());
            running.stop().await;
            searched(folder.path(), &Journal::read(folder.path()).unwrap(), &forms, false);
        }
        assert_eq!(lab.stop().await, Vec::<String>::new());
    }
}

/// Searches every file, and the state, which is deflated in it.
fn searched(folder: &Path, journal: &Journal, forms: &[String], all_is_well: bool) {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let content = fs::read(&path).unwrap();
        bytes += content.len();
        assert_none(&path.display().to_string(), &content, forms);
    }
    assert!(bytes > 10_000, "{bytes} bytes were searched");
    let state = journal.state("lab").unwrap();
    assert_none("the state", &serde_json::to_vec(&state).unwrap(), forms);
    if all_is_well {
        for source in
            [SourceId::ClientSecret, SourceId::ClientToken, SourceId::ClientRegistration, SourceId::KasmConfig]
        {
            let seen = state.snapshot.observations().into_iter().find(|row| row.0 == source).unwrap();
            assert!(seen.3.is_none(), "{source:?} was used: {:?}", seen.3);
        }
    }
}

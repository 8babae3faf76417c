use super::*;
use crate::{
    apps::kasm::{KasmStart, StartOutcome},
    model::{Missing, Observed, Reason, SourceId},
};

/// The line of a field, and whether it is ticked.
fn field(text: &str, label: &str) -> (bool, String) {
    let lines = || text.lines().map(str::trim_start);
    let found = |mark: &str| lines().find_map(|line| line.strip_prefix(&format!("{mark} {label}  ")).map(str::trim));
    match (found("[x]"), found("[ ]")) {
        (Some(value), _) => (true, value.to_owned()),
        (None, Some(value)) => (false, value.to_owned()),
        (None, None) => panic!("no field {label} in\n{text}"),
    }
}

fn ticked(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| Some(line.trim_start().strip_prefix("[x] ")?.split("  ").next()?.trim())).collect()
}

/// The healthy snapshot with another authorize URL.
fn with_start(change: impl FnOnce(&mut AuthorizeUrl)) -> Snapshot {
    let mut snapshot = Snapshot::healthy();
    let Ok(KasmStart { starts }) = &mut snapshot.login_start.value else { panic!() };
    let StartOutcome::Url(url) = &mut starts[0].outcome else { panic!() };
    change(url);
    snapshot
}

#[test]
fn what_is_right_is_ticked_and_what_cannot_be_seen_is_not() {
    let text = guide(&Snapshot::healthy());
    assert_eq!(
        ticked(&text),
        [
            "is right already, as seen from outside. [ ] is not right, or cannot be seen from outside:",
            "Name",
            "Callback URLs",
            "PKCE",
            "Requires Pushed Authorization",
            "Display Name",
            "Enabled",
            "Auto Login",
            "Hostname",
            "Client ID",
            "Authorization URL",
            "Redirect URL",
            "Scope",
        ]
    );
    for (label, value) in [
        ("Callback URLs", "https://kasm.example.test/api/oidc_callback"),
        ("Token URL", "https://id.example.test/api/oidc/token"),
        ("User Info URL", "https://id.example.test/api/oidc/userinfo"),
        ("Scope", "openid"),
        ("Username Attribute", "preferred_username"),
        ("OpenID Connect Issuer", "https://id.example.test"),
        ("Client Secret", "from the provider's form"),
    ] {
        assert_eq!(field(&text, label).1, value);
    }
    assert!(text.contains("(Pocket ID 2.14 or later)"), "{text}");
    assert!(text.contains("private window"), "{text}");
    assert!(text.contains("https://kasm.example.test/#/staticlogin"), "{text}");
}

#[test]
fn prose_is_at_most_100_columns_wide() {
    for line in guide(&Snapshot::healthy()).lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn what_kasm_sends_otherwise_is_open_and_told() {
    let text = guide(&with_start(|url| {
        url.endpoint = "https://old.example.test/authorize".to_owned();
        url.redirect_uri = Some("https://kasm.example.test/api/oidc_callback/".to_owned());
        url.scope = Some("openid,email profile".to_owned());
    }));
    for (label, now) in [
        ("Authorization URL", "(now: https://old.example.test/authorize)"),
        ("Redirect URL", "(now: https://kasm.example.test/api/oidc_callback/)"),
        ("Scope", "(now: openid,email profile)"),
    ] {
        assert!(!field(&text, label).0, "{label}");
        assert!(text.contains(now), "{now} in\n{text}");
    }
    assert!(!field(&text, "Callback URLs").0, "the provider took another callback than Kasm's own");
}

#[test]
fn a_refused_request_ticks_nothing_that_hangs_on_it() {
    let mut snapshot = Snapshot::healthy();
    let refusal = DryRun::ErrorPage { status: 302, message: "redirect_uri".to_owned() };
    snapshot.authorize_dry_run = Observed::seen(snapshot.taken_at, 0.0, refusal);
    let text = guide(&snapshot);
    for label in ["Callback URLs", "PKCE", "Requires Pushed Authorization"] {
        assert!(!field(&text, label).0, "{label}");
    }
    assert!(text.contains("does not take what Kasm sends"), "{text}");
}

#[test]
fn the_answer_of_2_9_says_nothing_about_pkce() {
    let mut snapshot = Snapshot::healthy();
    snapshot.authorize_dry_run = Observed::seen(snapshot.taken_at, 0.0, DryRun::RedirectAccepted);
    let text = guide(&snapshot);
    assert!(field(&text, "Callback URLs").0 && !field(&text, "PKCE").0, "{text}");
}

#[test]
fn without_discovery_the_known_paths_are_told_with_the_reason() {
    let mut snapshot = Snapshot::healthy();
    let why = Missing::failed(SourceId::Discovery, Reason::Dns, "id.example.test does not resolve");
    snapshot.discovery = Observed::missing(snapshot.taken_at, why);
    let text = guide(&snapshot);
    assert!(text.contains("id.example.test does not resolve"), "{text}");
    assert_eq!(field(&text, "Token URL"), (false, "https://id.example.test/api/oidc/token".to_owned()));
    assert!(!field(&text, "Authorization URL").0, "nothing to compare it with");
}

#[test]
fn a_new_kasm_without_a_config_gets_every_value_and_no_tick_on_its_form() {
    let mut snapshot = Snapshot::healthy();
    snapshot.login_start = Observed::seen(snapshot.taken_at, 0.0, KasmStart { starts: Vec::new() });
    snapshot.client_meta = Observed::missing(snapshot.taken_at, Missing::Blocked { by: SourceId::LoginStart });
    snapshot.authorize_dry_run = Observed::missing(snapshot.taken_at, Missing::Blocked { by: SourceId::LoginStart });
    let text = guide(&snapshot);
    assert_eq!(ticked(&text).len(), 1, "only the explanation of the mark: {text}");
    assert_eq!(field(&text, "Redirect URL").1, "https://kasm.example.test/api/oidc_callback");
    assert_eq!(field(&text, "Display Name").1, "Pocket ID");
    assert!(text.contains("No login at this Kasm was seen to lead to this provider"), "{text}");
}

#[test]
fn auto_login_that_is_on_is_a_warning() {
    let mut snapshot = Snapshot::healthy();
    let Ok(settings) = &mut snapshot.kasm_login_settings.value else { panic!() };
    settings.configs[0].auto_login = Some(true);
    let text = guide(&snapshot);
    assert!(!field(&text, "Auto Login").0 && text.contains("nobody sees the local form"), "{text}");
}

#[test]
fn another_provider_gets_a_form_in_general_words_and_only_scopes_that_it_has() {
    let mut snapshot = Snapshot::healthy();
    snapshot.target.provider.kind = Some(ProviderKind::Openid);
    let Ok(answer) = &mut snapshot.discovery.value else { panic!() };
    answer.fact.scopes_supported = Some(["openid", "profile"].map(str::to_owned).to_vec());
    let text = guide(&snapshot);
    assert_eq!(field(&text, "Scopes").1, "openid profile");
    assert!(field(&text, "Redirect URI").0);
    assert!(!text.contains("Allowed User Groups"), "{text}");
}

#[test]
fn a_provider_that_names_itself_otherwise_is_told_first() {
    let mut snapshot = Snapshot::healthy();
    let Ok(answer) = &mut snapshot.discovery.value else { panic!() };
    answer.fact.issuer = Some("https://login.example.test".to_owned());
    let text = guide(&snapshot);
    assert!(text.contains("The provider calls itself https://login.example.test"), "{text}");
}

#[test]
fn texts_from_outside_move_no_cursor() {
    let mut snapshot = with_start(|url| url.scope = Some("a\u{1b}[2J\u{202e}b".to_owned()));
    let Ok(meta) = &mut snapshot.client_meta.value else { panic!() };
    meta.name = Some("x\r\n\u{7}y".repeat(100));
    let text = guide(&snapshot);
    assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'));
}

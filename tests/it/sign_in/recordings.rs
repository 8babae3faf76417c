//! The lab answers a sign-in as real releases did: each step is played, right and wrong, and compared with its recording.

use serde_json::{Value, json};
use ssowatch::{
    canary::Passkey,
    lab::{BrokenSignIn, Lab, LabOptions},
    model::Side,
};

use crate::lab::client::{Got, send};

const ORIGIN: &str = "https://id.example.test";
const AUTHORIZE: &str = "response_type=code&client_id=00000000-0000-4000-8000-0000000000c1&\
                         redirect_uri=https%3A%2F%2Fkasm.example.test%2Fapi%2Foidc_callback&\
                         scope=openid+profile+email+groups&state=ssowatch-state-0001";

struct Stage {
    lab: Lab,
    version: &'static str,
}

impl Stage {
    async fn ask(&self, method: &str, path: &str, cookies: &str, body: Option<&Value>) -> Got {
        let mut headers = vec![("User-Agent", "ssowatch-canary"), ("Content-Type", "application/json")];
        if !cookies.is_empty() {
            headers.push(("Cookie", cookies));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        send(&self.lab, Side::Provider, method, path, &headers, &body).await.unwrap()
    }

    fn recorded(&self, name: &str) -> Value {
        let root = env!("CARGO_MANIFEST_DIR");
        let file = format!("{root}/tests/fixtures/passkey/{}/passkey_{name}.json", self.version);
        serde_json::from_str::<Value>(&std::fs::read_to_string(&file).expect(&file)).unwrap()["response"].clone()
    }

    /// Status, where it leads, and what an error says are those of the recording.
    fn same(&self, name: &str, got: &Got) {
        let recorded = self.recorded(name);
        let place = format!("{} {name}: {got:?}", self.version);
        assert_eq!(got.status, recorded["status"].as_u64().unwrap() as u16, "{place}");
        let leads = |location: &str| location.split(['?', '#']).next().unwrap().to_owned();
        let location = recorded.pointer("/headers/Location").and_then(Value::as_str);
        assert_eq!(got.header("location").map(leads), location.map(leads), "{place}");
        if recorded["body"].get("error").is_some() {
            let mut told = got.json();
            told.as_object_mut().unwrap().remove("request_id");
            let mut expected = recorded["body"].clone();
            expected.as_object_mut().unwrap().remove("request_id");
            assert_eq!(told, expected, "{place}");
        } else if let Some(members) = recorded["body"].as_object() {
            let names: Vec<&String> = members.keys().collect();
            let own = got.json();
            let own: Vec<&String> = own.as_object().unwrap().keys().collect();
            assert_eq!(own, names, "{place}: the members of the answer");
        }
    }
}

/// The first cookie that an answer sets, as it goes back.
fn cookie(got: &Got) -> String {
    got.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn text(got: &Got, pointer: &str) -> String {
    got.json().pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_step_right_and_wrong_is_answered_as_it_was_by_real_releases() {
    for (version, minor) in [("2.9.0", 9), ("2.10.0", 10), ("2.14.0", 14)] {
        let options = LabOptions { signs_in: true, tls: true, ..LabOptions::version(2, minor) };
        let stage = Stage { lab: Lab::start(options).await.unwrap(), version };
        let (session, passkey) = enrol(&stage).await;
        logins(&stage, &passkey).await;
        if minor < 10 {
            page(&stage, &session).await
        } else {
            endpoint(&stage, &session).await
        }
        let _ = stage.lab.stop().await;
    }
}

async fn enrol(stage: &Stage) -> (String, Passkey) {
    let code = format!("/api/one-time-access-token/{}", stage.lab.one_time_code());
    stage.same("02_session_code_wrong", &stage.ask("POST", "/api/one-time-access-token/LoginC", "", None).await);
    let got = stage.ask("POST", &code, "", None).await;
    stage.same("02_session", &got);
    let session = cookie(&got);
    stage.same("02_session_code_reused", &stage.ask("POST", &code, "", None).await);
    let start = "/api/webauthn/register/start";
    stage.same("03_register_start_no_session", &stage.ask("GET", start, "", None).await);
    let got = stage.ask("GET", start, &session, None).await;
    stage.same("03_register_start", &got);
    let passkey = Passkey::create(&text(&got, "/rp/id"), ORIGIN, &text(&got, "/user/id")).unwrap();
    let both = format!("{session}; {}", cookie(&got));
    let body = passkey.registration(&text(&got, "/challenge")).unwrap();
    let got = stage.ask("POST", "/api/webauthn/register/finish", &both, Some(&body)).await;
    stage.same("04_register_finish", &got);
    (session, passkey)
}

/// A change of a good sign-in.
type Spoil = fn(&mut Value);

async fn logins(stage: &Stage, passkey: &Passkey) {
    let finish = "/api/webauthn/login/finish";
    let spoiled: [(&str, Spoil); 4] = [
        ("07_login_finish_wrong_signature", |body| body["response"]["signature"] = json!("MEUCIQ")),
        ("07_login_finish_no_user_handle", |body| {
            body["response"].as_object_mut().unwrap().remove("userHandle");
        }),
        ("07_login_finish_unknown_credential", |body| {
            body["id"] = json!("dW5rbm93bg");
            body["rawId"] = json!("dW5rbm93bg");
        }),
        ("07_login_finish_unknown_user", |body| body["response"]["userHandle"] = json!("bm9ib2R5")),
    ];
    for (name, spoil) in spoiled {
        let got = stage.ask("GET", "/api/webauthn/login/start", "", None).await;
        stage.same("06_login_start", &got);
        let mut body = passkey.assertion(&text(&got, "/challenge"), &text(&got, "/rpId"), ORIGIN).unwrap();
        spoil(&mut body);
        stage.same(name, &stage.ask("POST", finish, &cookie(&got), Some(&body)).await);
    }
    let got = stage.ask("GET", "/api/webauthn/login/start", "", None).await;
    let body = passkey.assertion(&text(&got, "/challenge"), &text(&got, "/rpId"), ORIGIN).unwrap();
    stage.same("07_login_finish_no_cookie", &stage.ask("POST", finish, "", Some(&body)).await);
    for (broken, name) in [
        (BrokenSignIn::UserDisabled, "07_login_finish_user_disabled"),
        (BrokenSignIn::RateLimited, "07_login_finish_rate_limited"),
    ] {
        stage.lab.break_sign_in(broken);
        stage.same(name, &stage.ask("POST", finish, &cookie(&got), Some(&body)).await);
        stage.lab.fix_sign_in(broken);
    }
    stage.same("07_login_finish", &stage.ask("POST", finish, &cookie(&got), Some(&body)).await);
    stage.same("07_login_finish_reused", &stage.ask("POST", finish, &cookie(&got), Some(&body)).await);
}

async fn page(stage: &Stage, session: &str) {
    let scope = "openid profile email groups";
    let client = "00000000-0000-4000-8000-0000000000c1";
    let asked = json!({"clientID": client, "scope": scope});
    let required = "/api/oidc/authorization-required";
    let got = stage.ask("POST", required, session, Some(&asked)).await;
    stage.same("11_authorization_required_first", &got);
    assert_eq!(got.json()["authorizationRequired"], true);
    let mut wanted = json!({
        "clientID": client, "scope": scope, "callbackURL": "https://kasm.example.test/api/oidc_callback",
    });
    let authorize = "/api/oidc/authorize";
    stage.same("12_authorize_no_session", &stage.ask("POST", authorize, "", Some(&wanted)).await);
    stage.same("12_authorize_first", &stage.ask("POST", authorize, session, Some(&wanted)).await);
    let got = stage.ask("POST", required, session, Some(&asked)).await;
    assert_eq!(got.json(), stage.recorded("11_authorization_required")["body"]);
    for (broken, name) in [
        (BrokenSignIn::NotInGroup, "12_authorize_not_in_group"),
        (BrokenSignIn::UserDisabled, "12_authorize_user_disabled"),
        (BrokenSignIn::WantsFreshPasskey, "12_authorize_needs_reauthentication"),
    ] {
        stage.lab.break_sign_in(broken);
        stage.same(name, &stage.ask("POST", authorize, session, Some(&wanted)).await);
        stage.lab.fix_sign_in(broken);
    }
    wanted["callbackURL"] = json!("https://other.example.test/");
    stage.same("12_authorize_wrong_callback", &stage.ask("POST", authorize, session, Some(&wanted)).await);
    wanted["clientID"] = json!("00000000-0000-4000-8000-0000000000ff");
    stage.same("12_authorize_unknown_client", &stage.ask("POST", authorize, session, Some(&wanted)).await);
}

async fn endpoint(stage: &Stage, session: &str) {
    let authorize = format!("/authorize?{AUTHORIZE}");
    stage.lab.break_sign_in(BrokenSignIn::NotInGroup);
    stage.same("10_authorize_not_in_group", &stage.ask("GET", &authorize, session, None).await);
    stage.lab.fix_sign_in(BrokenSignIn::NotInGroup);
    let got = stage.ask("GET", &authorize, session, None).await;
    stage.same("10_authorize_first", &got);
    let id = got.header("location").unwrap().split('=').next_back().unwrap().to_owned();
    let interaction = format!("/api/oidc/interactions/{id}");
    let got = stage.ask("GET", &interaction, "", None).await;
    assert_eq!((got.status, text(&got, "/currentStep").as_str()), (200, "consent"));
    assert_eq!(stage.recorded("11_interaction")["body"]["currentStep"], "consent");
    let complete = format!("{interaction}/complete");
    let got = stage.ask("POST", &complete, session, Some(&json!({"step": "consent"}))).await;
    stage.same("12_complete_consent", &got);
    let resume = text(&got, "/redirectUrl");
    stage.same("13_authorize_code_first", &stage.ask("GET", &resume, session, None).await);
    stage.same("13_interaction_used_up", &stage.ask("GET", &resume, session, None).await);
    stage.same("10_authorize", &stage.ask("GET", &authorize, session, None).await);
    stage.lab.break_sign_in(BrokenSignIn::UserDisabled);
    stage.same("10_authorize_user_disabled", &stage.ask("GET", &authorize, session, None).await);
    stage.lab.fix_sign_in(BrokenSignIn::UserDisabled);
    let wrong = authorize.replace("oidc_callback", "other");
    stage.same("10_authorize_wrong_redirect", &stage.ask("GET", &wrong, session, None).await);
    let short = authorize.replace("ssowatch-state-0001", "short");
    stage.same("10_authorize_short_state", &stage.ask("GET", &short, session, None).await);
    stage.lab.break_sign_in(BrokenSignIn::WantsFreshPasskey);
    let got = stage.ask("GET", &authorize, session, None).await;
    stage.same("10_authorize_needs_reauthentication", &got);
    let id = got.header("location").unwrap().split('=').next_back().unwrap().to_owned();
    let complete = format!("/api/oidc/interactions/{id}/complete");
    let got = stage.ask("POST", &complete, session, Some(&json!({"step": "reauthenticate"}))).await;
    assert_eq!(got.status, stage.recorded("12_complete_reauthenticate_without")["status"].as_u64().unwrap() as u16);
    stage.lab.fix_sign_in(BrokenSignIn::WantsFreshPasskey);
}

//! Logins: who is let in, to what, and how many are verified at once.

use ssowatch::web::Options;

use super::support::{Folder, basic, hash};
use crate::{
    end_to_end::browser,
    web::support::{Answer, Surface, ask},
};

fn users(users: &[(&str, &str)]) -> String {
    let lines: String = users.iter().map(|(user, password)| format!("  {user}: {}\n", hash(password))).collect();
    format!("basic_auth_users:\n{lines}")
}

async fn get(surface: &Surface, path: &str, login: Option<(&str, &str)>) -> Answer {
    match login {
        None => surface.get(path).await,
        Some((user, password)) => surface.ask("GET", path, &[("Authorization", &basic(user, password))]).await,
    }
}

#[tokio::test]
async fn only_the_right_password_of_a_known_user_is_let_in_each_time() {
    let surface = Folder::with(&users(&[("ops", "correct horse"), ("prometheus", "scrape:me")])).serve().await;
    for _ in 0..2 {
        for (login, status) in [
            (None, 401),
            (Some(("ops", "correct horse")), 200),
            (Some(("prometheus", "scrape:me")), 200),
            (Some(("ops", "wrong")), 401),
            (Some(("ops", "")), 401),
            (Some(("ops", "scrape:me")), 401),
            (Some(("nobody", "correct horse")), 401),
            (Some(("", "")), 401),
            // The password of the hash that unknown users are compared with.
            (Some(("nobody", "fakepassword")), 401),
            (Some(("nobody", "")), 401),
        ] {
            assert_eq!(get(&surface, "/metrics", login).await.status, status, "{login:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_asks_for_the_login_and_repeats_nothing() {
    let surface = Folder::with(&users(&[("ops", "right")])).serve().await;
    for header in ["Basic", "Basic !!!", "Bearer abc", "basic b3Bz", "Basic b3BzOndyb25n"] {
        let answer = surface.ask("GET", "/", &[("Authorization", header)]).await;
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"ssowatch\", charset=\"UTF-8\"", "{header}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{header}");
        assert!(!answer.text().contains("wrong") && !answer.text().contains("home"), "{}", answer.text());
    }
}

#[tokio::test]
async fn users_change_without_a_restart_and_a_broken_file_changes_nobody() {
    let folder = Folder::with(&users(&[("ops", "old")]));
    let surface = folder.serve().await;
    let status = async |password| get(&surface, "/metrics", Some(("ops", password))).await.status;
    assert_eq!([status("old").await, status("new").await], [200, 401]);
    folder.write("web.yml", &users(&[("ops", "new")]));
    assert_eq!([status("old").await, status("new").await], [401, 200]);
    for broken in ["basic_auth_users: {ops: plain}\n", "basic_auth_users: {}\n", ""] {
        folder.write("web.yml", broken);
        assert_eq!([status("old").await, status("new").await], [401, 200], "{broken:?}");
        assert_eq!(surface.get("/metrics").await.status, 401, "{broken:?}");
    }
}

#[tokio::test]
async fn a_login_may_be_demanded_of_a_daemon_that_runs() {
    let folder = Folder::with("");
    let surface = folder.serve().await;
    assert_eq!(surface.get("/metrics").await.status, 200);
    folder.write("web.yml", &users(&[("ops", "new")]));
    assert_eq!(surface.get("/metrics").await.status, 401);
}

/// Each kind of path.
const PATHS: [&str; 9] =
    ["/-/healthy", "/-/ready", "/", "/targets/home", "/nowhere", "/metrics", "/config", "/api/v1/targets", "/login"];

#[tokio::test]
async fn who_sees_what() {
    let with_users = users(&[("ops", "right")]);
    let (right, wrong) = (Some(("ops", "right")), Some(("ops", "wrong")));
    for (config, public, login, statuses) in [
        ("", false, None, [200, 200, 200, 200, 404, 200, 200, 200, 303]),
        ("", true, None, [200, 200, 200, 200, 404, 403, 403, 403, 403]),
        (&*with_users, false, None, [200, 200, 401, 401, 401, 401, 401, 401, 401]),
        (&*with_users, false, right, [200, 200, 200, 200, 404, 200, 200, 200, 303]),
        (&*with_users, false, wrong, [200, 200, 401, 401, 401, 401, 401, 401, 401]),
        (&*with_users, true, None, [200, 200, 200, 200, 404, 401, 401, 401, 401]),
        (&*with_users, true, right, [200, 200, 200, 200, 404, 200, 200, 200, 303]),
        (&*with_users, true, wrong, [200, 200, 401, 401, 401, 401, 401, 401, 401]),
    ] {
        let surface = Folder::with(config).serve_with(Options { public, ..Options::default() }).await;
        let mut got = Vec::new();
        for path in PATHS {
            got.push(get(&surface, path, login).await.status);
        }
        assert_eq!(got, statuses, "users: {}, public: {public}, login: {login:?}", !config.is_empty());
    }
}

#[tokio::test]
async fn every_other_path_needs_the_login_too() {
    let surface = Folder::with(&users(&[("ops", "right")])).serve().await;
    for path in
        ["/probe?target=home&module=login", "/sd", "/api/v1/targets/home", "/-/reload", "//metrics", "/metrics/"]
    {
        for method in ["GET", "POST", "HEAD", "OPTIONS"] {
            assert_eq!(surface.ask(method, path, &[]).await.status, 401, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_way_to_the_login_leads_back_to_the_status_page_under_any_prefix() {
    for prefix in ["", "/watch"] {
        let options = Options { public: true, route_prefix: prefix.to_owned(), ..Options::default() };
        let surface = Folder::with(&users(&[("ops", "right")])).serve_with(options).await;
        let path = format!("{prefix}/login");
        assert_eq!(surface.get(&path).await.status, 401);
        let answer = get(&surface, &path, Some(("ops", "right"))).await;
        let at = url::Url::parse(&format!("http://{}{path}", surface.address)).unwrap();
        assert_eq!(answer.status, 303);
        assert_eq!(at.join(answer.header("location")).unwrap().path(), format!("{prefix}/"));
    }
}

#[tokio::test]
async fn pages_for_the_public_lead_to_the_login_and_those_behind_it_do_not() {
    for prefix in ["", "/watch"] {
        let options = Options { public: true, route_prefix: prefix.to_owned(), ..Options::default() };
        let surface = Folder::with(&users(&[("ops", "right")])).serve_with(options).await;
        let link = format!("<a href=\"{prefix}/login\">Log in</a>");
        for path in [format!("{prefix}/"), format!("{prefix}/targets/home"), format!("{prefix}/nowhere")] {
            assert!(surface.get(&path).await.text().contains(&link), "{path}");
            let behind = get(&surface, &path, Some(("ops", "right"))).await;
            assert!(!behind.text().contains(&link), "{path}");
        }
    }
}

#[tokio::test]
async fn a_password_that_bcrypt_would_cut_is_refused_with_the_reason() {
    let (longest, ours) = ("x".repeat(72), "x".repeat(73));
    let surface = Folder::with(&users(&[("ops", &longest)])).serve().await;
    assert_eq!(get(&surface, "/metrics", Some(("ops", &longest))).await.status, 200);
    for user in ["ops", "nobody"] {
        let refused = get(&surface, "/metrics", Some((user, &ours))).await;
        assert_eq!(refused.status, 401, "{user}");
        assert!(refused.text().contains("72 bytes"), "{user}: {}", refused.text());
    }
}

#[tokio::test]
async fn without_a_login_a_name_that_may_be_an_attackers_is_refused_on_every_path() {
    let rebound = [("Host", "rebound.example.net:10059")];
    let open = Folder::with("").serve().await;
    for path in PATHS.into_iter().chain(["/sd", "/changes", "/probe?target=home&module=login"]) {
        let answer = open.ask("GET", path, &rebound).await;
        let tells_nothing = matches!(path, "/-/healthy" | "/-/ready");
        assert_eq!(answer.status, if tells_nothing { 200 } else { 403 }, "{path}");
        if !tells_nothing {
            assert!(
                answer.text().contains("web.allowed_hosts") && !answer.text().contains("home"),
                "{}",
                answer.text()
            );
        }
    }
    let public = Folder::with("").serve_with(Options { public: true, ..Options::default() }).await;
    assert_eq!(public.ask("GET", "/", &rebound).await.status, 403);
    let allowed = Options { allowed_hosts: vec!["rebound.example.net".to_owned()], ..Options::default() };
    assert_eq!(Folder::with("").serve_with(allowed).await.ask("GET", "/config", &rebound).await.status, 200);
    let by_config = Folder::with("").serve().await;
    by_config.config.send_modify(|config| {
        let mut changed = config.as_ref().clone();
        changed.web.allowed_hosts = vec!["rebound.example.net".to_owned()];
        *config = changed.into();
    });
    assert_eq!(by_config.ask("GET", "/config", &rebound).await.status, 200);
    let closed = Folder::with(&users(&[("ops", "right")])).serve().await;
    let login = basic("ops", "right");
    let with_login = [rebound[0], ("Authorization", &*login)];
    assert_eq!(closed.ask("GET", "/config", &with_login).await.status, 200, "who logs in proves more than a name");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_who_guess_behind_the_same_address_do_not_keep_another_one_out() {
    for guessed in ["ops", "admin"] {
        let folder = Folder::with(&users(&[("ops", "right"), ("admin", "other")]));
        let surface = folder.serve().await;
        let address = surface.address;
        let flood: Vec<_> = (0..8)
            .map(|client| {
                tokio::spawn(async move {
                    for number in 0_u64.. {
                        let wrong = basic(guessed, &format!("wrong {client} {number}"));
                        ask(address, "GET", "/metrics", &[("Authorization", &wrong)]).await;
                    }
                })
            })
            .collect();
        assert_eq!(get(&surface, "/metrics", Some(("ops", "wrong"))).await.status, 401);
        assert_eq!(get(&surface, "/metrics", Some(("ops", "right"))).await.status, 200, "guessing {guessed}");
        for client in flood {
            assert!(!client.is_finished(), "the flood goes on");
            client.abort();
        }
    }
}

#[tokio::test]
async fn a_flood_of_wrong_passwords_is_refused_while_who_is_known_is_let_in() {
    // Slow enough that the flood is there at once.
    let slow = bcrypt::hash("right", 9).unwrap();
    let surface = Folder::with(&format!("basic_auth_users: {{ops: {slow}}}\n")).serve().await;
    assert_eq!(get(&surface, "/metrics", Some(("ops", "right"))).await.status, 200);
    let address = surface.address;
    let flood: Vec<_> = (0..40)
        .map(|number| {
            tokio::spawn(async move {
                let login = basic("ops", &format!("wrong {number}"));
                ask(address, "GET", "/metrics", &[("Authorization", &login)]).await
            })
        })
        .collect();
    assert_eq!(get(&surface, "/metrics", Some(("ops", "right"))).await.status, 200);
    let mut refused = 0;
    for answer in flood {
        let answer = answer.await.unwrap();
        match answer.status {
            429 => {
                refused += 1;
                assert_eq!(answer.header("retry-after"), "1");
            }
            status => assert_eq!(status, 401),
        }
    }
    assert!(refused > 0, "all were verified");
}

#[tokio::test]
async fn a_page_that_leads_here_by_a_name_of_its_own_changes_nothing_without_the_login() {
    let rebound = [("Host", "rebound.example.net"), ("Origin", "http://rebound.example.net")];
    let options = || Options { enable_lifecycle: true, ..Options::default() };
    let open = Folder::with("").serve_with(options()).await;
    let refused = open.ask("POST", "/-/reload", &rebound).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("--web.external-url"), "{}", refused.text());
    let foreign = [("Origin", "http://evil.example.net")];
    assert_eq!(open.ask("POST", "/-/reload", &foreign).await.status, 403);
    let closed = Folder::with(&users(&[("ops", "right")])).serve_with(options()).await;
    let login = basic("ops", "right");
    let [host, origin] = rebound;
    assert_eq!(closed.ask("POST", "/-/reload", &rebound).await.status, 401);
    let with_login = [host, origin, ("Authorization", &*login)];
    assert_eq!(closed.ask("POST", "/-/reload", &with_login).await.status, 200);
    let foreign = [host, ("Origin", "http://evil.example.net"), ("Authorization", &*login)];
    assert_eq!(closed.ask("POST", "/-/reload", &foreign).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_logs_in_comes_to_the_status_page() {
    let options = Options { public: true, route_prefix: "/watch".to_owned(), ..Options::default() };
    let surface = Folder::with(&users(&[("ops", "right")])).serve_with(options).await;
    let at = |login: &str| format!("http://{login}{}/watch/login", surface.address);
    let seen = browser::open(&at("ops:right@")).await;
    assert!(seen.dom.contains("people can sign in"), "{}", seen.dom);
    // The browser has nobody to ask.
    let seen = browser::open(&at("")).await;
    assert!(!seen.dom.contains("people can sign in"), "{}", seen.dom);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_counts_at_once_however_busy_the_daemon_is() {
    let folder = Folder::with(&users(&[("ops", "0")]));
    let surface = folder.serve().await;
    let address = surface.address;
    let busy: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn(async move {
                loop {
                    assert_eq!(ask(address, "GET", "/metrics", &[]).await.status, 401);
                }
            })
        })
        .collect();
    for number in 1..20_u32 {
        let (old, new) = ((number - 1).to_string(), number.to_string());
        folder.write("web.yml", &users(&[("ops", &*new)]));
        assert_eq!(get(&surface, "/metrics", Some(("ops", &new))).await.status, 200);
        assert_eq!(get(&surface, "/metrics", Some(("ops", &old))).await.status, 401);
    }
    for task in busy {
        assert!(!task.is_finished());
        task.abort();
    }
}

//! Runs Keycloak, once for all tests: it takes longer to start than they take together.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, OnceLock},
};

use serde_json::{Value, json};
use url::Url;

/// A running Keycloak. It ends when this process does, whose end closes its standard input.
pub struct Keycloak {
    origin: String,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    _child: Child,
}

/// The one of all tests. None where `tests/run --no-install` found no Java, and said so.
pub fn installed() -> Option<&'static Keycloak> {
    static SHARED: OnceLock<Keycloak> = OnceLock::new();
    if std::env::var_os("SSOWATCH_WITHOUT_KEYCLOAK").is_some() {
        return None;
    }
    Some(SHARED.get_or_init(Keycloak::start))
}

impl Keycloak {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = root.join("target/keycloak");
        // Written when it is unpacked and built.
        assert!(home.join(".installed").exists(), "Keycloak is not installed: run tests/run once");
        let mut child = Command::new("python3")
            .arg(root.join("tests/interop/keycloak_provider.py"))
            .arg(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let origin = line(&mut stdout)["url"].as_str().unwrap().to_owned();
        Self { origin, pipes: Mutex::new((stdin, stdout)), _child: child }
    }

    /// Where it answers, without a path.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The same as a socket.
    pub fn address(&self) -> SocketAddr {
        Url::parse(&self.origin).unwrap().socket_addrs(|| None).unwrap()[0]
    }

    /// A request to the admin API below `/admin/realms`, which must do what it says.
    pub fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut answer = {
            let mut pipes = self.pipes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (stdin, stdout) = &mut *pipes;
            writeln!(stdin, "{}", json!({"method": method, "path": path, "body": body})).unwrap();
            line(stdout)
        };
        let status = answer["status"].as_u64().unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {answer}");
        answer["body"].take()
    }
}

/// What the script says next; it has a deadline of its own.
fn line(stdout: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("Keycloak has ended: {error}: {line:?}"))
}

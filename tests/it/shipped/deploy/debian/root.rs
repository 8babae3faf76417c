//! A folder that dpkg takes for the root of a system.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::super::{systemd::section, tool::passes};
use crate::end_to_end::{http, prometheus::until};

/// What would reach the services of this machine, were it not replaced.
const SERVICE_TOOLS: &[&str] = &["systemctl", "deb-systemd-invoke"];

pub struct Root {
    folder: tempfile::TempDir,
}

impl Root {
    pub fn new() -> Self {
        let root = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["info", "updates"] {
            std::fs::create_dir_all(root.path("var/lib/dpkg").join(folder)).unwrap();
        }
        root.write("var/lib/dpkg/status", "");
        for tool in SERVICE_TOOLS {
            root.write(&format!("fake/{tool}"), "#!/bin/sh\nexit 0\n");
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(root.path("fake").join(tool), mode).unwrap();
        }
        root
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether it is there, if only as a link to what is not.
    pub fn has(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs dpkg on this root. Its scripts run outside of it, told by `DPKG_ROOT` where it is.
    pub fn dpkg(&self, arguments: &[&str]) -> String {
        let path = std::env::var_os("PATH").unwrap();
        let mut command = Command::new("fakeroot");
        command
            .args(["dpkg", "--force-script-chrootless", "--force-depends", "--force-confold", "--force-not-root"])
            // What is thrown away at the end need not survive a power cut.
            .arg("--force-unsafe-io")
            .arg(format!("--root={}", self.folder.path().display()))
            .arg(format!("--log={}", self.path("var/log.txt").display()))
            .args(arguments)
            .env("PATH", format!("{}:{}:/usr/sbin:/sbin", self.path("fake").display(), path.display()))
            .stdin(Stdio::null());
        passes(&mut command)
    }

    pub fn install(&self, package: &Path) {
        self.dpkg(&["--install", package.to_str().unwrap()]);
    }

    pub fn version(&self) -> String {
        let folder = format!("--admindir={}", self.path("var/lib/dpkg").display());
        passes(Command::new("dpkg-query").args([&folder, "--show", "--showformat=${Version}", "ssowatch"]))
    }

    /// The same package in a later version, with another configuration.
    pub fn upgrade_of(&self, package: &Path) -> PathBuf {
        let (tree, upgrade) = (self.path("upgrade"), self.path("upgrade.deb"));
        passes(Command::new("dpkg-deb").arg("--raw-extract").args([package, &tree]));
        for (file, from, to) in [
            ("DEBIAN/control", "\nVersion: ", "\nVersion: 99.0-1\nOld-Version: "),
            ("etc/ssowatch/ssowatch.yml", "targets: []\n", "targets: []\n# new in 99.0\n"),
        ] {
            let text = std::fs::read_to_string(tree.join(file)).unwrap();
            assert!(text.contains(from), "{file}: {text}");
            std::fs::write(tree.join(file), text.replacen(from, to, 1)).unwrap();
        }
        passes(Command::new("dpkg-deb").args(["--root-owner-group", "-Znone", "--build"]).args([&tree, &upgrade]));
        upgrade
    }

    /// Starts the program as the installed unit does, on a free port: with its configuration it is healthy.
    pub async fn serves_as_shipped(&self) {
        let unit = self.text("usr/lib/systemd/system/ssowatch.service");
        let line = section(&unit, "Service")["ExecStart"][0].clone();
        let root = self.folder.path().display();
        let line = line.replace("=/etc/", &format!("={root}/etc/")).replace("%S/", &format!("{root}/var/lib/"));
        let words: Vec<&str> = line.split(' ').filter(|word| *word != "$ARGS").collect();
        // Free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut daemon = tokio::process::Command::new(self.path(words[0].trim_start_matches('/')))
            .args(&words[1..])
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        until("a healthy daemon", || http::get(address, "/-/healthy")).await;
        until("a ready daemon", || http::get(address, "/-/ready")).await;
        assert!(daemon.try_wait().unwrap().is_none(), "it runs on");
        daemon.kill().await.unwrap();
    }
}

//! Tells systemd how the service is (sd_notify(3)). Without a socket, nothing is told to anybody.

use std::{ffi::OsStr, io, os::unix::net::UnixDatagram, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use tracing::warn;

/// Where systemd listens, and how often it wants to hear from us.
#[derive(Debug, Default)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Tells the socket of this name (`NOTIFY_SOCKET`; a leading `@` is Linux' abstract namespace), which restarts the
    /// service when it hears nothing for `watchdog` (`WATCHDOG_USEC`).
    ///
    /// # Errors
    /// The socket is not there.
    pub fn to(socket: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let connected = UnixDatagram::unbound()?;
        match socket.as_encoded_bytes().strip_prefix(b"@") {
            Some(name) => connect_abstract(&connected, name)?,
            None => connected.connect(socket)?,
        }
        // A manager that does not listen must not hold up the daemon.
        connected.set_nonblocking(true)?;
        Ok(Self { socket: Some(connected), watchdog })
    }

    /// How often [`Notifier::alive`] is due: at half the watchdog's time. None without a watchdog.
    #[must_use]
    pub fn alive_every(&self) -> Option<Duration> {
        self.watchdog.filter(|_| self.socket.is_some()).map(|watchdog| watchdog / 2)
    }

    /// The service listens and its rounds are scheduled; also after a reload, whether it succeeded or not.
    pub fn ready(&self) {
        self.send("READY=1\n");
    }

    /// The configuration is being loaded again; [`Notifier::ready`] follows.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={}\n", now.tv_sec * 1_000_000 + now.tv_nsec / 1000));
    }

    /// The service is shutting down.
    pub fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    /// The line that `systemctl status` shows.
    pub fn status(&self, line: &str) {
        self.send(&format!("STATUS={line}\n"));
    }

    /// The service is alive. Only if a watchdog waits for it.
    pub fn alive(&self) {
        if self.watchdog.is_some() {
            self.send("WATCHDOG=1\n");
        }
    }

    fn send(&self, message: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(message.as_bytes()) {
            warn!(%error, "systemd does not take a notification");
        }
    }
}

#[cfg(target_os = "linux")]
fn connect_abstract(socket: &UnixDatagram, name: &[u8]) -> io::Result<()> {
    use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};
    socket.connect_addr(&SocketAddr::from_abstract_name(name)?)
}

#[cfg(not(target_os = "linux"))]
fn connect_abstract(_: &UnixDatagram, _: &[u8]) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "abstract sockets are Linux' own"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A notifier, and what it told.
    fn told(watchdog: Option<Duration>, tell: impl FnOnce(&Notifier)) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&path).unwrap();
        tell(&Notifier::to(path.as_os_str(), watchdog).unwrap());
        systemd.set_nonblocking(true).unwrap();
        let mut buffer = [0; 1024];
        std::iter::from_fn(|| systemd.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec()))
            .map(|message| String::from_utf8(message).unwrap())
            .collect()
    }

    #[test]
    fn each_state_is_told_in_systemds_words() {
        let told = told(Some(Duration::from_mins(1)), |notifier| {
            notifier.ready();
            notifier.status("3 targets: 2 ok, 1 broken");
            notifier.alive();
            notifier.stopping();
        });
        assert_eq!(told, ["READY=1\n", "STATUS=3 targets: 2 ok, 1 broken\n", "WATCHDOG=1\n", "STOPPING=1\n"]);
    }

    #[test]
    fn a_reload_tells_its_time_in_the_same_message() {
        let told = told(None, Notifier::reloading);
        let time = told[0].strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(time.trim_end().parse::<u64>().unwrap() > 0, "{told:?}");
    }

    #[test]
    fn without_a_watchdog_there_is_no_beat() {
        assert_eq!(told(None, Notifier::alive), Vec::<String>::new());
    }

    #[test]
    fn the_beat_is_due_at_half_the_watchdogs_time() {
        told(Some(Duration::from_mins(1)), |notifier| {
            assert_eq!(notifier.alive_every(), Some(Duration::from_secs(30)));
        });
    }

    #[test]
    fn without_a_socket_nothing_is_told() {
        let nobody = Notifier::default();
        nobody.ready();
        assert_eq!(nobody.alive_every(), None);
    }

    #[test]
    fn a_socket_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Notifier::to(folder.path().join("none").as_os_str(), None).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_socket_is_reached() {
        use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};
        let name = format!("ssowatch-test-{}", std::process::id());
        let systemd = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        Notifier::to(OsStr::new(&format!("@{name}")), None).unwrap().ready();
        let mut buffer = [0; 64];
        let length = systemd.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"READY=1\n");
    }
}

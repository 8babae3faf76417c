//! A listening socket that can stop listening, keep its port, and begin again; and that can cut its connections.

use std::{
    collections::HashMap,
    future::poll_fn,
    io,
    net::{IpAddr, Shutdown, SocketAddr},
    os::fd::AsFd as _,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use futures_util::task::AtomicWaker;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Handle,
};

/// A listening socket that can be closed and opened again while it runs.
pub(super) struct LabListener {
    address: SocketAddr,
    runtime: Handle,
    state: Mutex<State>,
    opened: AtomicWaker,
}

struct State {
    socket: Socket,
    /// A second handle on each open connection, to cut it at once.
    connections: HashMap<u64, std::net::TcpStream>,
    accepted: u64,
}

enum Socket {
    Listening(TcpListener),
    /// Bound but not listening: the system refuses connections, and nobody else gets the port.
    Bound(TcpSocket),
    /// Between the two; stays only where binding failed.
    None,
}

impl LabListener {
    /// Listens on a free port of an address.
    pub(super) fn open_on(address: IpAddr) -> io::Result<Self> {
        let listener = bind(SocketAddr::new(address, 0))?.listen(1024)?;
        let address = listener.local_addr()?;
        let state = State { socket: Socket::Listening(listener), connections: HashMap::new(), accepted: 0 };
        Ok(Self { address, runtime: Handle::current(), state: Mutex::new(state), opened: AtomicWaker::new() })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection; waits while the listener is closed.
    pub(super) async fn accept(&self) -> io::Result<(u64, TcpStream)> {
        poll_fn(|context| {
            self.opened.register(context.waker());
            let mut state = self.state();
            let Socket::Listening(listener) = &state.socket else { return Poll::Pending };
            let stream = match listener.poll_accept(context) {
                Poll::Ready(accepted) => accepted?.0,
                Poll::Pending => return Poll::Pending,
            };
            state.accepted += 1;
            let number = state.accepted;
            if let Ok(handle) = stream.as_fd().try_clone_to_owned() {
                state.connections.insert(number, handle.into());
            }
            Poll::Ready(Ok((number, stream)))
        })
        .await
    }

    /// Forgets a connection that has ended.
    pub(super) fn forget(&self, number: u64) {
        self.state().connections.remove(&number);
    }

    /// Refuses connections from now on, and ends the open ones.
    pub(super) fn close(&self) -> io::Result<()> {
        self.cut();
        let mut state = self.state();
        if matches!(state.socket, Socket::Listening(_)) {
            // The listener must be gone before the port can be bound again.
            state.socket = Socket::None;
            state.socket = Socket::Bound(bind(self.address)?);
        }
        Ok(())
    }

    /// Takes connections again.
    pub(super) fn open(&self) -> io::Result<()> {
        let _runtime = self.runtime.enter();
        let mut state = self.state();
        let socket = match std::mem::replace(&mut state.socket, Socket::None) {
            Socket::Listening(listener) => {
                state.socket = Socket::Listening(listener);
                return Ok(());
            }
            Socket::Bound(socket) => socket,
            Socket::None => bind(self.address)?,
        };
        state.socket = Socket::Listening(socket.listen(1024)?);
        self.opened.wake();
        Ok(())
    }

    /// Ends every open connection, so that the next request needs a new one.
    pub(super) fn cut(&self) {
        for (_, connection) in self.state().connections.drain() {
            // The peer may have closed it already.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections that wind down do not keep the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

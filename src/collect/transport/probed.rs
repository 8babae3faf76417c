//! A connection that was looked at, while its other addresses are still tried.

use std::net::SocketAddr;

use super::connection::{self, FirstAnswer};
use crate::model::{AddressAnswer, AddressState, Connection};

/// What was seen of a connection so far.
pub(in crate::collect) struct Probed {
    /// All but the addresses.
    pub connection: Connection,
    /// The address that takes connections; of a lone one that is not tried yet, it is hoped.
    pub answered: SocketAddr,
    addresses: Vec<SocketAddr>,
    first: Option<FirstAnswer>,
}

impl Probed {
    /// A lone address, for a request to try.
    pub(in crate::collect) fn lone(address: SocketAddr, connection: Connection) -> Self {
        Self { connection, answered: address, addresses: vec![address], first: None }
    }

    /// Addresses of which one has answered.
    pub(in crate::collect) fn tried(addresses: Vec<SocketAddr>, first: FirstAnswer, connection: Connection) -> Self {
        let connection = Connection { connect_seconds: first.seconds, ..connection };
        Self { connection, answered: first.address, addresses, first: Some(first) }
    }

    /// Whether a connection of our own was made.
    pub(in crate::collect) fn is_tried(&self) -> bool {
        self.first.is_some()
    }

    /// The connection with every address's answer.
    pub(in crate::collect) async fn whole(self) -> Connection {
        let addresses = match self.first {
            Some(first) => connection::in_order(&self.addresses, first).await,
            None => vec![AddressAnswer { address: self.answered.ip(), answer: AddressState::Answered }],
        };
        Connection { addresses, ..self.connection }
    }
}

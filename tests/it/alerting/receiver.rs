//! Who is paged: a server that keeps every notification that Alertmanager sends it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::Path, routing::post};
use serde::Deserialize;
use tokio::net::TcpListener;

/// One notification, as Alertmanager sends it to a webhook (version 4).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub alerts: Vec<Alert>,
}

/// One alert of a notification.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub status: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub starts_at: chrono::DateTime<chrono::Utc>,
}

impl Alert {
    pub fn name(&self) -> &str {
        &self.labels["alertname"]
    }

    pub fn target(&self) -> Option<&str> {
        self.labels.get("target").map(String::as_str)
    }
}

/// A server that keeps what it is told, by receiver.
pub struct Receiver {
    pub address: SocketAddr,
    notices: Arc<Mutex<Vec<(String, Notice)>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let notices: Arc<Mutex<Vec<(String, Notice)>>> = Arc::default();
        let kept = Arc::clone(&notices);
        let keep = async move |Path(receiver): Path<String>, Json(notice): Json<Notice>| {
            kept.lock().unwrap().push((receiver, notice));
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/{receiver}", post(keep));
        tokio::spawn(ssowatch::web::serve(listener, router, std::future::pending()));
        Self { address, notices }
    }

    /// What this receiver was told that concerns alerts which fit, in order.
    pub fn told(&self, receiver: &str, fits: impl Fn(&Alert) -> bool) -> Vec<Notice> {
        let notices = self.notices.lock().unwrap();
        let of_receiver = notices.iter().filter(|(name, _)| name == receiver).map(|(_, notice)| notice);
        of_receiver.filter(|notice| notice.alerts.iter().any(&fits)).cloned().collect()
    }

    /// The first alert that fits, in whatever notification it came first.
    pub fn first(&self, receiver: &str, fits: impl Fn(&Alert) -> bool) -> Option<Alert> {
        self.told(receiver, &fits).into_iter().flat_map(|notice| notice.alerts).find(fits)
    }
}

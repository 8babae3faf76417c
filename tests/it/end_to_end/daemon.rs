//! A daemon over labs, one target each.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use ssowatch::{
    app::{self, Options, Running},
    config::{Config, Target},
    lab::{Fault, Lab, LabOptions},
};
use tokio::net::TcpListener;

/// A daemon and the labs that it looks at.
pub struct Daemon {
    pub running: Running,
    labs: Vec<Lab>,
    targets: Arc<Mutex<Vec<Target>>>,
}

impl Daemon {
    /// A daemon with a target for each name and the faults of its lab, whose first round is done.
    pub async fn over(wanted: &[(&str, &[Fault])]) -> Self {
        let (mut labs, mut targets) = (Vec::new(), Vec::new());
        for (name, faults) in wanted {
            let lab = Lab::start(LabOptions::default()).await.unwrap();
            faults.iter().for_each(|fault| lab.break_with(*fault));
            targets.push(Target { name: (*name).to_owned(), ..lab.target() });
            labs.push(lab);
        }
        let config = Config::of_targets(targets.clone());
        let targets = Arc::new(Mutex::new(targets));
        let configured = Arc::clone(&targets);
        let load: app::Load = Arc::new(move || Ok(Config::of_targets(configured.lock().unwrap().clone())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = Options { load: Some(load), ..Options::default() };
        let running = app::start(config, vec![listener], options).await.unwrap();
        super::prometheus::until("the first round", async || running.is_ready().then_some(())).await;
        Self { running, labs, targets }
    }

    pub fn address(&self) -> SocketAddr {
        self.running.addresses[0]
    }

    /// Takes a target out of the configuration, and loads that.
    pub async fn forget(&self, name: &str) {
        self.targets.lock().unwrap().retain(|target| target.name != name);
        self.running.reload().await.unwrap();
    }

    /// Stops everything.
    pub async fn ends_well(self) {
        self.running.stop().await;
        for lab in self.labs {
            assert_eq!(lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
        }
    }
}

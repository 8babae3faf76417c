//! A fault in the lab becomes one page: lab, daemon, Prometheus, Alertmanager and a receiver, all real.

//! What is known of the kinds of apps (relying parties).

pub mod generic;
pub mod kasm;

use serde::{Deserialize, Serialize};

/// Which app it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Kasm Workspaces.
    #[default]
    Kasm,
    /// Any other app: how its login starts is configured.
    Generic,
}

impl AppKind {
    /// The value of `app.kind`, and of the `kind` label.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Kasm => "kasm",
            Self::Generic => "generic",
        }
    }

    /// The name that people read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kasm => "Kasm",
            Self::Generic => "the app",
        }
    }
}

//! Where the targets come from: a config file, two addresses, or the environment.

use crate::config::Config;

/// Where the targets come from.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SourceArgs {
    /// The configuration file (YAML)
    #[arg(long = "config.file", env = "SSOWATCH_CONFIG_FILE", value_name = "FILE")]
    pub config_file: Option<std::path::PathBuf>,
    /// The provider's address: Pocket ID's APP_URL
    #[arg(long, env = "SSOWATCH_PROVIDER_URL", value_name = "URL")]
    pub provider: Option<String>,
    /// Kasm's address, as users type it
    #[arg(long, env = "SSOWATCH_KASM_URL", value_name = "URL")]
    pub kasm: Option<String>,
}

impl SourceArgs {
    /// The configuration that these arguments mean.
    ///
    /// # Errors
    /// A text for a person that names file, line, field and what was meant.
    pub(super) fn load(&self) -> Result<Config, String> {
        Err("skeleton".to_owned())
    }
}

//! The life of a process, the same for the three services and `migrate`: settings, logs, signals, exit code.

use std::fmt::Display;
use std::process::ExitCode;

use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::settings::{Settings, SettingsError};
use crate::{shutdown, telemetry};

/// What a service is configured with.
pub trait Config: Sized {
    /// The service's name: its binary's, and what its last words begin with.
    const NAME: &'static str;

    /// Reads every setting, also after one was missing or bad; `settings` remembers what was.
    fn from_settings(settings: &mut Settings) -> Option<Self>;

    /// The configuration that `settings` give.
    ///
    /// # Errors
    /// Every missing or bad setting, in one error.
    fn read(mut settings: Settings) -> Result<Self, SettingsError> {
        let config = Self::from_settings(&mut settings);
        settings.build(|| config)
    }
}

/// Runs a service until SIGTERM or SIGINT; `--help` prints its settings instead.
///
/// The exit code is 0 after a drain in good order. It is 1 where a setting was wrong or `serve` failed; standard error
/// then tells why, with every cause.
pub async fn run<C: Config, E: Display>(
    serve: impl AsyncFnOnce(C, CancellationToken) -> Result<(), E>,
) -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        let mut settings = Settings::new(|_| None);
        let _unset = read::<C>(&mut settings);
        eprintln!("{}", settings.help());
        return ExitCode::SUCCESS;
    }
    let mut settings = Settings::from_env();
    let given = read(&mut settings);
    let (config, log_filter) = match settings.build(|| given) {
        Ok(given) => given,
        Err(error) => return failed::<C>(&error),
    };
    telemetry::init(log_filter);
    let shutdown = match shutdown::on_signal() {
        Ok(shutdown) => shutdown,
        Err(error) => return failed::<C>(&error),
    };
    match serve(config, shutdown).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed::<C>(&error),
    }
}

fn read<C: Config>(settings: &mut Settings) -> Option<(C, EnvFilter)> {
    let config = C::from_settings(settings);
    let about = "what is logged, in tracing's syntax, as info or lapin=debug,info";
    let log_filter = settings.or("FOOTFALL_LOG", EnvFilter::new("info"), about);
    Some((config?, log_filter?))
}

/// On standard error, since the logs may not be set up yet. The alternate form of an `anyhow::Error` names its causes.
fn failed<C: Config>(error: &impl Display) -> ExitCode {
    eprintln!("{}: {error:#}", C::NAME);
    ExitCode::FAILURE
}

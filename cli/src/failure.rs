//! Why a command could not be carried out, by the exit code that it ends with.

use std::fmt;
use std::process::ExitCode;

use tokio_postgres::error::SqlState;
use writer::fold::FoldError;
use writer::recount::RecountError;
use writer::store::StoreError;

/// Exit code for a command or a setting that is wrong: the same that clap uses.
const WRONG_USE: u8 = 2;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Correct the command or the settings, and try again.
    Use(String),
    /// It was understood, and can't be done; the text says what to do instead.
    Refused(String),
    /// Something that it needs failed.
    Failed(anyhow::Error),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Use(_) => ExitCode::from(WRONG_USE),
            Self::Refused(_) | Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Use(what) | Self::Refused(what) => f.write_str(what),
            Self::Failed(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let advice = match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE | &SqlState::INVALID_PARAMETER_VALUE) => {
                "the user of DATABASE_URL may not do this: log in as a member of footfall_migrate"
            }
            Some(
                &SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN | &SqlState::UNDEFINED_FUNCTION,
            ) => "the tables are not those of this build: run `migrate`",
            Some(_) => "the database refused",
            None => "the database can't be reached: look at DATABASE_URL and at the server",
        };
        Self::Failed(anyhow::Error::new(error).context(advice))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<RecountError> for Failure {
    fn from(error: RecountError) -> Self {
        match error {
            RecountError::Database(error) => error.into(),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<FoldError> for Failure {
    fn from(error: FoldError) -> Self {
        match error {
            FoldError::Database(error) => error.into(),
            error => Self::Failed(error.into()),
        }
    }
}

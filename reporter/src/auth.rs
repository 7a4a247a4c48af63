//! Who asks, and what they may see: every report takes a [`ProjectScope`], and only these files make one.

mod credential;
mod eyes;
mod scope;

pub(crate) use self::credential::{Credential, Holder, SHARE_PARAMETER};
pub(crate) use self::eyes::{Admitted, Eyes};
pub(crate) use self::scope::ProjectScope;
use crate::db::DatabaseError;

/// Why there is no scope.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum AuthError {
    /// No such key or share, another secret, expired or revoked: the client must not learn which.
    #[error("the key is not valid")]
    Unauthorized,
    /// A project was named that does not exist or is not the key's: the client must not learn which.
    #[error("a project is unknown to this key")]
    UnknownProject,
    /// A share link asks for what only keys open.
    #[error("a share link does not open this")]
    NotShared,
    /// Too much was asked with this key, or too much without a good one from this network: ask again after a while.
    #[error(transparent)]
    Limited(#[from] shared::rate::Limited),
    /// The question could not be put to the database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

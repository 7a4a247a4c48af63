//! Lets in whoever brings a key or a share that holds: looks it up, keeps that for a moment, and bounds how often one may ask.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use ipnet::IpNet;
use moka::future::Cache;
use shared::client::client_network;
use shared::network::ClientNetwork;
use shared::rate::{Limit, MonotonicClock};

use crate::auth::credential::{Credential, Holder, Kind};
use crate::auth::{AuthError, ProjectScope};
use crate::config::Limits;
use crate::db::{Database, DatabaseError};

/// How long it is remembered what a key or share opens, and that it opens nothing, in milliseconds. Longest that one which was
/// revoked or has expired goes on.
pub(crate) const LOOK_UP_KEPT_MS: u64 = 2_000;
/// Most look-ups remembered; past it those that are seldom asked for are looked up each time.
const LOOK_UPS_MAX: u64 = 10_000;
/// Longest reading of one, in milliseconds: rows of four primary keys.
const LOOK_UP_MS: u64 = 1_000;
/// How long whoever once brought a good secret is known, in seconds: a flood of bad ones from its network does not shut it out.
const KNOWN_S: u64 = 3_600;
/// Most of them.
const KNOWN_MAX: u64 = 10_000;
/// What the secret of nobody is compared with, so that it takes as long as another's.
const NOBODY_SHA256: [u8; 32] = [0; 32];

/// What the database says of a key or share that holds.
struct Grant {
    secret_sha256: Vec<u8>,
    scope: ProjectScope,
}

/// Whoever was let in.
pub(crate) struct Admitted {
    /// What they may see.
    pub(crate) scope: ProjectScope,
    /// By what they were let in, to look again while an answer goes on.
    pub(crate) credential: Credential,
}

/// The reporter's eyes on who asks; one value serves every HTTP worker.
pub(crate) struct Eyes {
    look_ups: Cache<Holder, Option<Arc<Grant>>>,
    known: Cache<Holder, ()>,
    holders: Option<Limit<Holder>>,
    strangers: Option<Limit<ClientNetwork>>,
    trusted_proxies: Vec<IpNet>,
}

impl Eyes {
    /// Eyes that have seen nobody yet.
    pub(crate) fn new(limits: &Limits, trusted_proxies: Vec<IpNet>) -> Self {
        let kept = Duration::from_millis(LOOK_UP_KEPT_MS);
        let known = Duration::from_secs(KNOWN_S);
        Self {
            look_ups: Cache::builder().max_capacity(LOOK_UPS_MAX).time_to_live(kept).build(),
            known: Cache::builder().max_capacity(KNOWN_MAX).time_to_live(known).build(),
            holders: Limit::new(limits.key_requests_per_s, 1, MonotonicClock),
            strangers: Limit::new(limits.stranger_requests_per_s, 1, MonotonicClock),
            trusted_proxies,
        }
    }

    /// Whoever sends `request`, if they may ask, and ask now.
    ///
    /// Who is not known takes from their network's bucket before anything is looked up; who fails takes from it in any case.
    ///
    /// # Errors
    /// [`AuthError::Unauthorized`], the same for every reason; [`AuthError::Limited`]; or the database's.
    pub(crate) async fn admit(
        &self,
        request: &HttpRequest,
        database: &Database,
    ) -> Result<Admitted, AuthError> {
        let network = client_network(request, &self.trusted_proxies);
        let Some(credential) = Credential::of(request) else {
            self.count_stranger(network)?;
            return Err(AuthError::Unauthorized);
        };
        let is_known = self.known.contains_key(credential.holder());
        if !is_known {
            self.count_stranger(network)?;
        }
        match self.scope(&credential, database).await {
            Ok(scope) => {
                if !is_known {
                    self.known.insert(credential.holder().clone(), ()).await;
                }
                self.holders.as_ref().map_or(Ok(()), |limit| limit.check(credential.holder(), 1))?;
                Ok(Admitted { scope, credential })
            }
            Err(AuthError::Unauthorized) if is_known => {
                self.count_stranger(network)?;
                Err(AuthError::Unauthorized)
            }
            Err(error) => Err(error),
        }
    }

    /// What `credential` opens, as of at most [`LOOK_UP_KEPT_MS`] ago. Takes from no bucket.
    ///
    /// # Errors
    /// [`AuthError::Unauthorized`], the same for every reason, or the database's.
    pub(crate) async fn scope(
        &self,
        credential: &Credential,
        database: &Database,
    ) -> Result<ProjectScope, AuthError> {
        let holder = credential.holder();
        // Of those who ask at the same moment one looks, and the others wait for it; a failure is nobody's after them.
        let grant = self.look_ups.try_get_with_by_ref(holder, look_up(holder, database)).await;
        let grant = grant.map_err(|error| DatabaseError::clone(&error))?;
        // Nobody's secret is compared, too.
        let expected = grant.as_ref().map_or(NOBODY_SHA256.as_slice(), |grant| &grant.secret_sha256);
        let matches = credential.matches(expected);
        grant.filter(|_| matches).map(|grant| grant.scope.clone()).ok_or(AuthError::Unauthorized)
    }

    fn count_stranger(&self, network: ClientNetwork) -> Result<(), AuthError> {
        Ok(self.strangers.as_ref().map_or(Ok(()), |limit| limit.check(&network, 1))?)
    }
}

impl Admitted {
    /// Whether they came by a share link, which does not open everything.
    pub(crate) fn is_by_share(&self) -> bool {
        self.credential.holder().kind == Kind::Share
    }
}

/// What the database says of `holder`; `None` where it holds nothing, for whatever reason.
async fn look_up(holder: &Holder, database: &Database) -> Result<Option<Arc<Grant>>, DatabaseError> {
    let sql = match holder.kind {
        Kind::Key => include_str!("api_key.sql"),
        Kind::Share => include_str!("share.sql"),
    };
    let limit = Duration::from_millis(LOOK_UP_MS);
    let rows = database.read_within(limit, async |snapshot| snapshot.rows(sql, &[&holder.id]).await).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let scope = match row.try_get("all_projects")? {
        true => ProjectScope::all(),
        false => ProjectScope::listed(row.try_get("project_ids")?),
    };
    Ok(Some(Arc::new(Grant { secret_sha256: row.try_get("secret_sha256")?, scope })))
}

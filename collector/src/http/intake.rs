//! The one way from a valid payload into the queue, whichever route it came by.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;
use serde::Serialize;
use shared::client::client_network;
use shared::envelope::{Dropped, EncodedEnvelope, Envelope, RobotSigns};
use shared::ids::{EnvelopeId, ProjectId};
use shared::network::ClientNetwork;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::error::CollectError;
use super::{Collector, head};
use crate::payload::{self, Stated, ValidPayload};
use crate::privacy::drop_reason;
use crate::projects::{Found, KeyError, Project};
use crate::publisher::Reservation;

/// What a 202 says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The envelope's id: the client's, or the one minted here.
    #[schema(value_type = String, format = "uuid")]
    pub(super) envelope_id: EnvelopeId,
    /// Events that are safe in the queue.
    pub(super) accepted: usize,
    /// Events that a rule of the project dropped and counted; absent where none was.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) dropped: usize,
}

/// A request whose head was looked at and found good.
pub(super) struct Admitted {
    network: ClientNetwork,
    /// The project whose secret key came with it.
    key_of: Option<ProjectId>,
    reservation: Reservation,
}

/// Decides before the body is read: key, rate of the network, circuit, budget.
pub(super) fn admit(
    request: &HttpRequest,
    collector: &Collector,
    body_bytes: usize,
) -> Result<Admitted, CollectError> {
    let key_of = match collector.projects.project_of_key(request.headers().get(header::AUTHORIZATION)) {
        Ok(project_id) => Some(project_id),
        Err(KeyError::Missing) => None,
        Err(KeyError::Invalid) => return Err(CollectError::BadKey),
        Err(KeyError::NotLoaded) => return Err(CollectError::KeysUnavailable),
    };
    let network = client_network(request, &collector.trusted_proxies);
    // A server with a key sends for many visitors.
    if key_of.is_none() {
        collector.rates.check_address(network)?;
    }
    let reservation = collector.outbox.admit(body_bytes)?;
    Ok(Admitted { network, key_of, reservation })
}

/// An envelope in its wire form, and what its request is told once the queue has it.
pub(super) struct Prepared {
    encoded: EncodedEnvelope,
    reservation: Reservation,
    accepted: Accepted,
    dropped: Option<Dropped>,
}

/// Checks a payload against its project, applies the project's rules, and encodes what comes of it.
///
/// `origin` is the page's, where the request names one. Everything that was parsed is freed here: a request that waits
/// for its confirm holds its bytes, and nothing else.
pub(super) fn prepare(
    request: &HttpRequest,
    origin: Option<&str>,
    collector: &Collector,
    admitted: Admitted,
    payload: ValidPayload,
    received_at: OffsetDateTime,
) -> Result<Prepared, CollectError> {
    let project = project(collector, &payload.project_id)?;
    let (payload, sender) = match admitted.key_of {
        // A key speaks for its own project only. Whoever sends with it is a server, and no page.
        Some(key_of) if key_of != payload.project_id => return Err(CollectError::BadKey),
        Some(_) => {
            let sender = stated_sender(payload.stated.as_ref());
            (payload, sender)
        }
        None if !project.allows(origin) => return Err(CollectError::OriginNotAllowed),
        None => (payload.without_key()?, seen_sender(request, admitted.network)),
    };
    let events = u16::try_from(payload.events.len()).unwrap_or(u16::MAX);
    collector.rates.check_project(&payload.project_id, events.into())?;

    let signal = |name| head::text(request, name);
    let reason = drop_reason(signal("sec-gpc"), signal("dnt"), project.honour_gpc, project.honour_dnt);
    let dropped = reason.map(|reason| Dropped { reason, events });
    let envelope = envelope(payload, sender, dropped, received_at);
    let accepted = Accepted {
        envelope_id: envelope.envelope_id,
        accepted: envelope.events.len(),
        dropped: dropped.map_or(0, |dropped| dropped.events.into()),
    };
    let encoded = EncodedEnvelope::new(envelope).map_err(CollectError::Internal)?;
    Ok(Prepared { encoded, reservation: admitted.reservation, accepted, dropped })
}

/// Publishes what was prepared; what it answers is true once the queue has it safe.
pub(super) async fn publish(collector: &Collector, prepared: Prepared) -> Result<Accepted, CollectError> {
    let Prepared { encoded, reservation, accepted, dropped } = prepared;
    collector.outbox.publish(reservation, encoded).await?;
    collector.metrics.accepted(accepted.accepted, dropped);
    Ok(accepted)
}

/// The settings of the payload's project. While no list of projects was ever read, each is taken to exist and to have
/// the defaults; the writer keeps in quarantine what turns out to have none.
fn project(collector: &Collector, project_id: &ProjectId) -> Result<Arc<Project>, CollectError> {
    match collector.projects.find(project_id) {
        Found::Project(project) => Ok(project),
        Found::Unknown => Err(CollectError::UnknownProject(project_id.clone())),
        Found::NotLoaded => Ok(Arc::default()),
    }
}

/// Who a visitor is to us: a place on the net, a browser, and, where a server states it, the time of sending.
#[derive(Default)]
struct Sender {
    client: Option<ClientNetwork>,
    user_agent: Option<String>,
    sent_at: Option<OffsetDateTime>,
    prefetch: bool,
    no_user_agent: bool,
}

/// A visitor as the request shows them.
fn seen_sender(request: &HttpRequest, network: ClientNetwork) -> Sender {
    let user_agent = head::text(request, header::USER_AGENT).and_then(payload::user_agent);
    Sender {
        client: Some(network),
        no_user_agent: user_agent.is_none(),
        user_agent,
        sent_at: None,
        prefetch: head::is_prefetch(request),
    }
}

/// A visitor as their server tells of them; its own address and headers tell nothing about them. Where it states no user
/// agent, nothing is known of the browser; one that it states to be empty is none.
fn stated_sender(stated: Option<&Stated>) -> Sender {
    stated.map_or_else(Sender::default, |stated| Sender {
        client: stated.address,
        user_agent: stated.user_agent.clone(),
        sent_at: stated.sent_at,
        prefetch: false,
        no_user_agent: stated.no_user_agent,
    })
}

fn envelope(
    payload: ValidPayload,
    sender: Sender,
    dropped: Option<Dropped>,
    received_at: OffsetDateTime,
) -> Envelope {
    let ValidPayload { envelope_id, project_id, visitor_id, session_id, webdriver, events, stated: _ } =
        payload;
    let envelope_id = envelope_id.unwrap_or_else(EnvelopeId::mint);
    if let Some(dropped) = dropped {
        return Envelope::of_dropped(envelope_id, project_id, received_at, dropped);
    }
    let Sender { client, user_agent, sent_at, prefetch, no_user_agent } = sender;
    Envelope {
        envelope_id,
        project_id,
        received_at,
        sent_at,
        client,
        user_agent,
        visitor_id,
        session_id,
        dropped: None,
        robot: RobotSigns { prefetch, webdriver, no_user_agent },
        events,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

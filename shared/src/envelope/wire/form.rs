//! The fields and their numbers.

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireMessage {
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
    #[prost(message, repeated, tag = "2")]
    pub(super) envelopes: Vec<WireEnvelope>,
}

/// The one field that every version has.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireVersion {
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireEnvelope {
    #[prost(message, optional, tag = "1")]
    pub(super) envelope_id: Option<WireId>,
    #[prost(string, tag = "2")]
    pub(super) project_id: String,
    /// Milliseconds since 1970, as every time here.
    #[prost(int64, tag = "3")]
    pub(super) received_at: i64,
    #[prost(int64, optional, tag = "4")]
    pub(super) sent_at: Option<i64>,
    #[prost(fixed32, optional, tag = "5")]
    pub(super) client_v4: Option<u32>,
    /// The upper half of an address: what is left of it stands there.
    #[prost(fixed64, optional, tag = "6")]
    pub(super) client_v6: Option<u64>,
    #[prost(string, optional, tag = "7")]
    pub(super) user_agent: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub(super) visitor_id: Option<WireId>,
    #[prost(message, optional, tag = "9")]
    pub(super) session_id: Option<WireId>,
    #[prost(message, optional, tag = "10")]
    pub(super) dropped: Option<WireDropped>,
    #[prost(bool, tag = "11")]
    pub(super) prefetch: bool,
    #[prost(bool, tag = "12")]
    pub(super) webdriver: bool,
    #[prost(bool, tag = "13")]
    pub(super) no_user_agent: bool,
    #[prost(message, repeated, tag = "14")]
    pub(super) events: Vec<WireEvent>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct WireId {
    #[prost(fixed64, tag = "1")]
    pub(super) high: u64,
    #[prost(fixed64, tag = "2")]
    pub(super) low: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct WireDropped {
    /// Place in [`DropReason::ALL`](crate::envelope::DropReason::ALL), from 1.
    #[prost(uint32, tag = "1")]
    pub(super) reason: u32,
    #[prost(uint32, tag = "2")]
    pub(super) events: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireEvent {
    #[prost(uint64, tag = "1")]
    pub(super) age_ms: u64,
    #[prost(oneof = "WireKind", tags = "2, 3")]
    pub(super) kind: Option<WireKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum WireKind {
    #[prost(message, tag = "2")]
    Impression(WireImpression),
    #[prost(message, tag = "3")]
    Interaction(WireInteraction),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireImpression {
    #[prost(string, tag = "1")]
    pub(super) url: String,
    #[prost(string, optional, tag = "2")]
    pub(super) referrer: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireInteraction {
    /// Place in [`InteractionType::ALL`](crate::event::InteractionType::ALL), from 1.
    #[prost(uint32, tag = "1")]
    pub(super) interaction: u32,
    #[prost(string, optional, tag = "2")]
    pub(super) label: Option<String>,
    /// JSON.
    #[prost(string, optional, tag = "3")]
    pub(super) data: Option<String>,
}

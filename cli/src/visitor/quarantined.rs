//! A visitor's envelopes in quarantine: payloads are messages, so they are decoded, each of them.

use shared::envelope::{EncodedEnvelope, Envelope, decode_message, encode_message};
use time::OffsetDateTime;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::failure::Failure;

/// Entries that are read at a time; a payload has 1 MiB at most, and as a rule 1 KiB.
const PAGE_ROWS: i64 = 100;

/// An entry that holds something of the visitor's.
pub(super) struct Found {
    pub(super) quarantine_id: i64,
    pub(super) reason: String,
    pub(super) detail: String,
    pub(super) quarantined_at: OffsetDateTime,
    pub(super) holding: Holding,
    payload: Vec<u8>,
}

/// How it holds it.
pub(super) enum Holding {
    /// Envelopes of the visitor's, and those of others.
    Envelopes { own: Vec<Envelope>, others: Vec<Envelope> },
    /// It can't be decoded, and the id stands in it as text.
    Text,
}

/// Every entry that holds something of the visitor's.
pub(super) async fn find(client: &Client, visitor: Uuid) -> Result<Vec<Found>, Failure> {
    let (mut found, mut after) = (Vec::new(), i64::MIN);
    loop {
        let page = client.query(include_str!("page.sql"), &[&after, &PAGE_ROWS]).await?;
        for row in &page {
            after = row.get(0);
            let payload: &[u8] = row.get(4);
            if let Some(holding) = holding(payload, visitor) {
                found.push(Found {
                    quarantine_id: after,
                    reason: row.get(1),
                    detail: row.get(2),
                    quarantined_at: row.get(3),
                    holding,
                    payload: payload.to_vec(),
                });
            }
        }
        if page.is_empty() {
            return Ok(found);
        }
    }
}

fn holding(payload: &[u8], visitor: Uuid) -> Option<Holding> {
    let Ok(envelopes) = decode_message(payload) else {
        let text = payload.to_ascii_lowercase();
        let forms = [visitor.hyphenated().to_string(), visitor.simple().to_string()];
        let is_in_text = |form: &String| text.windows(form.len()).any(|window| window == form.as_bytes());
        // As a message has it: its two halves, each behind the number of its field.
        let (high, low) = visitor.as_u64_pair();
        let halves = [&[0x09][..], &high.to_le_bytes(), &[0x11], &low.to_le_bytes()].concat();
        let is_in_bytes = payload.windows(halves.len()).any(|window| window == halves);
        return (is_in_bytes || forms.iter().any(is_in_text)).then_some(Holding::Text);
    };
    let (own, others): (Vec<_>, Vec<_>) =
        envelopes.into_iter().partition(|envelope| envelope.visitor_id == Some(visitor));
    (!own.is_empty()).then_some(Holding::Envelopes { own, others })
}

/// Takes the visitor's part out of an entry; answers whether nothing of it is left.
pub(super) async fn erase(client: &Client, found: &Found) -> Result<bool, Failure> {
    let id = found.quarantine_id;
    match &found.holding {
        // Nobody knows where an event begins and where it ends.
        Holding::Text => Ok(false),
        Holding::Envelopes { others, .. } if others.is_empty() => {
            client.execute(include_str!("remove_entry.sql"), &[&id]).await?;
            Ok(true)
        }
        Holding::Envelopes { others, .. } => {
            let others: Result<Vec<EncodedEnvelope>, _> =
                others.iter().cloned().map(EncodedEnvelope::new).collect();
            let others = others.map_err(|error| Failure::Failed(error.into()))?;
            let payload = encode_message(&others);
            client.execute(include_str!("rewrite.sql"), &[&id, &payload, &found.payload]).await?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_cannot_be_read_is_searched_for_the_id_in_any_of_its_forms() {
        let visitor = Uuid::from_u128(0x0193_abcd_ef01_7234_8567_89ab_cdef_0123);
        for text in [visitor.to_string(), visitor.to_string().to_uppercase(), visitor.simple().to_string()] {
            assert!(matches!(holding(format!("\0{text}\u{7f}").as_bytes(), visitor), Some(Holding::Text)));
        }
        // A message's beginning: an envelope said to be longer than what is left of it, with the visitor as its field 8.
        let (high, low) = visitor.as_u64_pair();
        let cut_short =
            [b"\x08\x02\x12\x7f\x42\x12\x09", &high.to_le_bytes()[..], b"\x11", &low.to_le_bytes()].concat();
        assert!(matches!(holding(&cut_short, visitor), Some(Holding::Text)));
        assert!(holding(Uuid::nil().to_string().as_bytes(), visitor).is_none());
        assert!(holding(b"", visitor).is_none());
    }
}

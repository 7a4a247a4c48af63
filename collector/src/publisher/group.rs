//! Which envelopes share a message.

use shared::envelope::MESSAGE_BYTES_MAX;

use super::Pending;

/// Most envelopes in a message: it is acknowledged, redelivered and parked as one.
const GROUP_ENVELOPES_MAX: usize = 100;
/// Bytes past which a message takes no further envelope; leaves room for the frame around them.
const GROUP_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 4;

/// Splits what was gathered into messages within both limits, in order.
pub(super) fn groups(gathered: Vec<Pending>) -> Vec<Vec<Pending>> {
    let mut groups: Vec<Vec<Pending>> = Vec::new();
    let mut size_bytes = 0;
    for pending in gathered {
        let added_bytes = pending.envelope.len_bytes();
        match groups.last_mut() {
            Some(group)
                if group.len() < GROUP_ENVELOPES_MAX && size_bytes + added_bytes <= GROUP_BYTES_MAX =>
            {
                group.push(pending);
                size_bytes += added_bytes;
            }
            _ => {
                groups.push(vec![pending]);
                size_bytes = added_bytes;
            }
        }
    }
    groups
}

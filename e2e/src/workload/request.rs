//! A request that is sent many times, each time with another id.

use uuid::Uuid;

/// Stands in a body where each sending puts an id of its own.
pub(super) const ID_PLACE: &str = "00000000-0000-7000-8000-000000000000";

/// A request's bytes, and where in them its envelope's id stands.
#[derive(Debug, Clone)]
pub struct Request {
    bytes: Vec<u8>,
    envelope_id_at: usize,
}

impl Request {
    /// A request of this head and body, in which [`ID_PLACE`] stands once.
    pub(super) fn new(head: String, body: String) -> Self {
        let envelope_id_at = head.len() + body.find(ID_PLACE).unwrap_or_default();
        Self { bytes: [head.into_bytes(), body.into_bytes()].concat(), envelope_id_at }
    }

    /// The request with this id, in the place of what `into` held.
    pub fn write_with(&self, envelope_id: Uuid, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(&self.bytes);
        let place = self.envelope_id_at..self.envelope_id_at + ID_PLACE.len();
        envelope_id.hyphenated().encode_lower(&mut into[place]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::workload::Workload;

    #[test]
    fn a_request_carries_the_id_it_is_sent_with_and_is_otherwise_the_same() {
        let request = Workload::new(1).request(20);
        let (mut first, mut second) = (Vec::new(), vec![1, 2, 3]);
        let id = Uuid::now_v7();
        request.write_with(Uuid::from_u128(u128::MAX), &mut first);
        request.write_with(id, &mut second);

        let (first, second) = (String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
        assert_eq!(first.replace(&Uuid::from_u128(u128::MAX).to_string(), &id.to_string()), second);
        let (head, body) = second.split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        assert_eq!(length.parse::<usize>().unwrap(), body.len());
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (body["envelope_id"].as_str(), body["events"].as_array().map(Vec::len)),
            (Some(&*id.to_string()), Some(20))
        );
    }
}

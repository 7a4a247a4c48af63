//! A client's address, truncated so far that it names a neighbourhood and no person.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// The network a client is in: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one.
///
/// The full address is dropped on construction and can't be had back, so nothing behind the collector ever holds one.
/// Reading a message truncates again: a careless producer can't smuggle a full address in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "IpAddr", into = "IpAddr")]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// The network's first address, good enough to look up a city.
    pub fn first_address(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for ClientNetwork {
    fn from(address: IpAddr) -> Self {
        // An IPv4 client of a dual-stack listener shows up as ::ffff:a.b.c.d.
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        })
    }
}

impl From<ClientNetwork> for IpAddr {
    fn from(network: ClientNetwork) -> Self {
        network.0
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> String {
        ClientNetwork::from(address.parse::<IpAddr>().unwrap()).to_string()
    }

    #[test]
    fn an_address_loses_its_host_part() {
        assert_eq!(network("203.0.113.77"), "203.0.113.0");
        assert_eq!(network("2001:db8:1234:5678::9"), "2001:db8:1234::");
        assert_eq!(network("::ffff:203.0.113.77"), "203.0.113.0");
    }

    #[test]
    fn a_full_address_in_a_message_is_truncated_when_read() {
        let read: ClientNetwork = serde_json::from_str("\"198.51.100.23\"").unwrap();
        assert_eq!(read.to_string(), "198.51.100.0");
    }
}

//! Which address a request came from, when proxies stand in between.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

use crate::network::ClientNetwork;

/// The network a request comes from. The full address lives in this function and nowhere else.
///
/// Nobody's `X-Forwarded-For` is believed but that of peers in `trusted_proxies`.
pub fn client_network(request: &HttpRequest, trusted_proxies: &[IpNet]) -> ClientNetwork {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
    if trusted_proxies.is_empty() {
        return peer.into();
    }
    let headers = request.headers().get_all("x-forwarded-for");
    let forwarded: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
    client_address(peer, forwarded.into_iter(), trusted_proxies).into()
}

/// The client's address: the peer's, or, behind trusted proxies, the rightmost forwarded one that is not such a proxy.
///
/// `forwarded` are the values of `X-Forwarded-For` in the order of the headers. What stands left of the first
/// untrusted address was written by that client and proves nothing. A value that is no address ends the walk.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[IpNet],
) -> IpAddr {
    let is_trusted =
        |address: IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    let mut client = peer;
    for text in forwarded.flat_map(|value| value.split(',')).rev() {
        if !is_trusted(client) {
            break;
        }
        match text.trim().parse() {
            Ok(address) => client = address,
            Err(_no_address) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), forwarded.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(client("198.51.100.1", &["203.0.113.9"], &[]), "198.51.100.1");
    }

    #[test]
    fn a_peer_that_is_no_trusted_proxy_cannot_forge_its_address() {
        assert_eq!(client("198.51.100.1", &["203.0.113.9"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_untrusted_address_is_the_client() {
        let forwarded = ["1.2.3.4, 203.0.113.9", "10.0.0.7"];
        assert_eq!(client("10.0.0.8", &forwarded, &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn a_value_that_is_no_address_ends_the_walk_at_the_last_one_known() {
        assert_eq!(client("10.0.0.8", &["203.0.113.9, junk"], &["10.0.0.0/8"]), "10.0.0.8");
    }

    #[test]
    fn where_all_are_trusted_the_leftmost_is_the_client() {
        assert_eq!(client("10.0.0.8", &["10.0.0.1, 10.0.0.2"], &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn a_mapped_ipv4_peer_is_matched_as_ipv4() {
        assert_eq!(client("::ffff:10.0.0.8", &["2001:db8::9"], &["10.0.0.0/8"]), "2001:db8::9");
    }
}

//! Any `X-Forwarded-For`: the client is the peer, or an address with nothing but trusted proxies on its right.
//!
//! The input's first byte chooses the peer, its second the trusted networks; the rest are header lines.

#![no_main]

use std::net::IpAddr;

use ipnet::IpNet;
use shared::client::client_address;
use libfuzzer_sys::fuzz_target;

const PEERS: [&str; 4] = ["10.0.0.8", "::ffff:10.0.0.8", "198.51.100.1", "2001:db8::8"];
const TRUSTED: [&[&str]; 4] =
    [&[], &["10.0.0.0/8"], &["10.0.0.0/8", "2001:db8::/32"], &["0.0.0.0/0", "::/0"]];

fuzz_target!(|bytes: &[u8]| {
    let [peer, trusted, headers @ ..] = bytes else { return };
    let peer: IpAddr = PEERS[usize::from(*peer) % PEERS.len()].parse().expect("an address");
    let trusted: Vec<IpNet> = TRUSTED[usize::from(*trusted) % TRUSTED.len()]
        .iter()
        .map(|network| network.parse().expect("a network"))
        .collect();
    let headers = String::from_utf8_lossy(headers);
    let client = client_address(peer, headers.split('\n'), &trusted);

    let is_trusted =
        |address: &IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    let hops: Vec<Option<IpAddr>> =
        headers.split('\n').flat_map(|line| line.split(',')).map(|hop| hop.trim().parse().ok()).collect();
    // The hops that trusted proxies vouch for: each has only trusted addresses on its right, the peer included.
    let mut vouched = vec![peer];
    for hop in hops.iter().rev() {
        match hop {
            Some(address) if vouched.last().is_some_and(is_trusted) => vouched.push(*address),
            _ => break,
        }
    }
    assert_eq!(Some(&client), vouched.last(), "peer {peer}, headers {headers:?}");
    assert!(client == peer || hops.contains(&Some(client)));
});

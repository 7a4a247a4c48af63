//! The limits, by a clock that moves only when told.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use shared::rate::PRUNE_INTERVAL_MS;

use super::*;

/// Far more networks than the table holds.
const FLOOD_KEYS: u64 = 1_000_000;

fn limits(
    address_requests_per_s: u32,
    project_events_per_s: u32,
) -> (FakeRelativeClock, RateLimits<FakeRelativeClock>) {
    let clock = FakeRelativeClock::default();
    let limits = RateLimits::with_clock(address_requests_per_s, project_events_per_s, clock.clone());
    (clock, limits)
}

fn network(address: &str) -> ClientNetwork {
    address.parse::<IpAddr>().unwrap().into()
}

/// The network of this number; the first 48 bits of an address differ.
fn numbered(number: u64) -> ClientNetwork {
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 80)).into()
}

fn project(id: &str) -> ProjectId {
    id.parse().unwrap()
}

fn known<K: Hash + Eq + Clone>(limit: &Option<Limit<K, FakeRelativeClock>>) -> usize {
    limit.as_ref().unwrap().known()
}

#[test]
fn a_network_passes_up_to_its_burst_and_not_one_past_it() {
    let (clock, limits) = limits(2, 0);
    let client = network("203.0.113.7");

    for _ in 0..2 * BURST_S {
        assert_eq!(limits.check_address(client), Ok(()));
    }
    let wait = Duration::from_millis(500);
    assert_eq!(limits.check_address(client), Err(Limited { retry_after: wait }));

    clock.advance(wait);
    assert_eq!(limits.check_address(client), Ok(()));
    assert_eq!(limits.check_address(client), Err(Limited { retry_after: wait }));
}

#[test]
fn a_refusal_takes_nothing() {
    let (clock, limits) = limits(1, 0);
    let client = network("203.0.113.7");
    let passed = || (0..2 * BURST_S).filter(|_| limits.check_address(client).is_ok()).count();

    assert_eq!(passed(), BURST_S as usize);
    clock.advance(Duration::from_secs(1));
    assert_eq!(passed(), 1);
}

#[test]
fn two_networks_do_not_share_and_two_addresses_of_one_do() {
    let (_clock, limits) = limits(1, 0);
    for _ in 0..BURST_S {
        limits.check_address(network("203.0.113.7")).unwrap();
    }
    assert!(limits.check_address(network("203.0.113.8")).is_err());
    assert!(limits.check_address(network("203.0.114.7")).is_ok());
    assert!(limits.check_address(network("2001:db8::7")).is_ok());
}

#[test]
fn a_project_is_limited_by_its_events_and_not_by_another_project() {
    let (_clock, limits) = limits(0, 100);
    let (busy, quiet) = (project("busy"), project("quiet"));

    for _ in 0..BURST_S {
        assert_eq!(limits.check_project(&busy, 100), Ok(()));
    }
    assert_eq!(limits.check_project(&busy, 1), Err(Limited { retry_after: Duration::from_millis(10) }));
    assert_eq!(limits.check_project(&quiet, 100), Ok(()));
}

#[test]
fn the_largest_envelope_passes_below_a_limit_that_is_smaller() {
    let (clock, limits) = limits(0, 1);
    let project = project("small");
    let largest = u32::try_from(EVENTS_PER_ENVELOPE_MAX).unwrap();

    assert_eq!(limits.check_project(&project, largest), Ok(()));
    let limited = limits.check_project(&project, largest).unwrap_err();
    assert_eq!(limited.retry_after, Duration::from_secs(largest.into()));
    clock.advance(limited.retry_after);
    assert_eq!(limits.check_project(&project, largest), Ok(()));
}

#[test]
fn no_request_is_too_large_for_ever() {
    let (clock, limits) = limits(0, 1);
    let project = project("small");
    assert_eq!(limits.check_project(&project, u32::MAX), Ok(()));
    clock.advance(limits.check_project(&project, u32::MAX).unwrap_err().retry_after);
    assert_eq!(limits.check_project(&project, u32::MAX), Ok(()));
}

#[test]
fn an_envelope_without_events_is_never_limited() {
    let (_clock, limits) = limits(0, 1);
    let project = project("dropped");
    limits.check_project(&project, u32::MAX).unwrap();
    assert_eq!(limits.check_project(&project, 0), Ok(()));
}

#[test]
fn a_limit_of_0_is_off() {
    let (_clock, limits) = limits(0, 0);
    for _ in 0..100_000 {
        limits.check_address(network("203.0.113.7")).unwrap();
        limits.check_project(&project("busy"), u32::MAX).unwrap();
    }
}

#[test]
fn the_highest_limit_that_can_be_set_is_one() {
    let (_clock, limits) = limits(u32::MAX, u32::MAX);
    assert_eq!(limits.check_address(network("203.0.113.7")), Ok(()));
    assert_eq!(limits.check_project(&project("busy"), u32::MAX), Ok(()));
}

#[test]
fn a_million_networks_fill_the_table_and_no_more() {
    let (clock, limits) = limits(1, 0);
    let mut most = 0;
    for number in 0..FLOOD_KEYS {
        clock.advance(Duration::from_micros(10));
        let _passed_or_not = limits.check_address(numbered(number));
        most = most.max(known(&limits.addresses));
    }
    assert_eq!(most, KEYS_MAX);
}

#[test]
fn a_million_projects_fill_the_table_and_no_more() {
    let (_clock, limits) = limits(0, 1);
    for number in 0..FLOOD_KEYS {
        let _passed_or_not = limits.check_project(&project(&format!("p{number}")), 1);
    }
    assert_eq!(known(&limits.projects), KEYS_MAX);
}

#[test]
fn known_networks_go_on_as_before_while_strangers_share_one_bucket() {
    let (_clock, limits) = limits(1, 0);
    for number in 0..KEYS_MAX as u64 {
        limits.check_address(numbered(number)).unwrap();
    }

    let strangers =
        (KEYS_MAX as u64..2 * KEYS_MAX as u64).filter(|&at| limits.check_address(numbered(at)).is_ok());
    assert_eq!(strangers.count(), BURST_S as usize);

    for number in 0..KEYS_MAX as u64 {
        for _ in 1..BURST_S {
            assert_eq!(limits.check_address(numbered(number)), Ok(()));
        }
        assert!(limits.check_address(numbered(number)).is_err());
    }
}

#[test]
fn keys_at_rest_make_room_in_a_full_table_and_busy_ones_stay() {
    let (clock, limits) = limits(1, 0);
    for number in 0..KEYS_MAX as u64 {
        limits.check_address(numbered(number)).unwrap();
    }
    for _ in 1..BURST_S {
        limits.check_address(numbered(0)).unwrap();
    }
    // Longer than those with one request take to be at rest, shorter than the one with five.
    clock.advance(Duration::from_secs(3));

    limits.check_address(numbered(FLOOD_KEYS)).unwrap();

    assert_eq!(known(&limits.addresses), 2);
    let passed = (0..2 * BURST_S).filter(|_| limits.check_address(numbered(0)).is_ok()).count();
    assert_eq!(passed, 3, "the busy one has what came back in three seconds");
}

#[test]
fn a_full_table_is_searched_at_most_once_a_second() {
    let (clock, limits) = limits(1_000, 0);
    for number in 0..KEYS_MAX as u64 {
        limits.check_address(numbered(number)).unwrap();
    }
    // Searched in vain: nobody is at rest yet.
    limits.check_address(numbered(FLOOD_KEYS)).unwrap();
    clock.advance(Duration::from_millis(PRUNE_INTERVAL_MS - 1));
    limits.check_address(numbered(FLOOD_KEYS)).unwrap();
    assert_eq!(known(&limits.addresses), KEYS_MAX);

    clock.advance(Duration::from_millis(1));
    limits.check_address(numbered(FLOOD_KEYS)).unwrap();
    assert_eq!(known(&limits.addresses), 1);
}

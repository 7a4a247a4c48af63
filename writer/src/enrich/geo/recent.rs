//! The places that were asked for last: visitors come from the same networks again and again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::Place;

/// Networks of a generation; two are kept, so some 3 MB at most.
const GENERATION_MAX: usize = 8_192;

/// Two generations of answers: what is asked for again moves to the young one, and when that is full the old one goes.
#[derive(Default)]
pub(super) struct Recent(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<IpAddr, Option<Place>>,
    old: HashMap<IpAddr, Option<Place>>,
}

impl Recent {
    /// The answer that is remembered, or else `look_up`'s, which then is.
    pub(super) fn get_or(&self, address: IpAddr, look_up: impl FnOnce() -> Option<Place>) -> Option<Place> {
        if let Some(known) = self.lock().get(address) {
            return known;
        }
        // Without the lock: it may wait for a disk.
        let place = look_up();
        self.lock().add(address, place.clone());
        place
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn get(&mut self, address: IpAddr) -> Option<Option<Place>> {
        if let Some(known) = self.young.get(&address) {
            return Some(known.clone());
        }
        let known = self.old.remove(&address)?;
        self.add(address, known.clone());
        Some(known)
    }

    fn add(&mut self, address: IpAddr, place: Option<Place>) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(address, place);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: usize) -> IpAddr {
        Ipv4Addr::from(number as u32).into()
    }

    #[test]
    fn what_is_asked_again_is_remembered_and_what_is_not_goes() {
        let recent = Recent::default();
        let place = |city: &str| Some(Place { city: Some(city.to_owned()), ..Place::default() });
        recent.get_or(address(0), || place("kept"));
        recent.get_or(address(1), || place("gone"));
        for number in 2..4 * GENERATION_MAX {
            assert_eq!(recent.get_or(address(0), || place("asked again")), place("kept"));
            recent.get_or(address(number), || None);
        }

        assert_eq!(recent.get_or(address(1), || place("asked again")), place("asked again"));
        let generations = recent.lock();
        assert!(generations.young.len() <= GENERATION_MAX && generations.old.len() <= GENERATION_MAX);
    }

    #[test]
    fn a_place_that_is_unknown_is_remembered_too() {
        let recent = Recent::default();
        recent.get_or(address(1), || None);
        assert_eq!(recent.get_or(address(1), || Some(Place::default())), None);
    }
}

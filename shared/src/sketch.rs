//! How many different people came, in bytes that can be merged: Apache DataSketches HLL.
//!
//! The one module that knows the crate. Its bytes are a format of several languages and stay in the tables for ever; 4,096
//! registers (lgK 12) make an error of 1.6 % at one standard deviation, and few people are counted exactly.

use datasketches::common::NumStdDev;
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{HllSketch, HllType, HllUnion};
use uuid::Uuid;

/// Registers, as a power of two. Never changes: sketches of two sizes merge into the coarser.
const LG_K: u8 = 12;
/// One standard deviation of an estimate from registers, relatively: 1.04 over the root of their number.
const RELATIVE_ERROR: f64 = 0.016_25;
/// Bounds closer than this, relatively, are those of ids that are kept one by one.
const EXACT_WITHIN: f64 = 1e-3;
/// Two estimates closer than this, relatively, are one: sums of floating numbers differ by their order.
const SAME_WITHIN: f64 = 1e-9;

/// Bytes that are no sketch of ours.
#[derive(Debug, thiserror::Error)]
#[error("a sketch can't be read: {0}")]
pub struct SketchError(String);

/// The different ids that were added to it, about.
#[derive(Debug, Default, Clone)]
pub struct Sketch {
    hll: Option<HllSketch>,
    /// What was added last: one person's events come together, and to hash an id is most of the work.
    last: Option<Uuid>,
}

impl Sketch {
    /// Adds somebody.
    pub fn add(&mut self, id: Uuid) {
        if self.last.replace(id) == Some(id) {
            return;
        }
        if self.hll.is_none() {
            // Fails for another LG_K only.
            self.hll = HllSketch::new(LG_K, HllType::Hll8).ok();
        }
        if let Some(hll) = &mut self.hll {
            hll.update(raw_bytes::from_slice(id.as_bytes()));
        }
    }

    /// What all of these together have seen.
    ///
    /// # Errors
    /// [`SketchError`]: one of them was not written by us.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, SketchError> {
        let bad = |error: datasketches::error::Error| SketchError(error.to_string());
        let mut union = HllUnion::new(LG_K).map_err(bad)?;
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let part = HllSketch::deserialize(part).map_err(bad)?;
            if part.lg_config_k() != LG_K {
                return Err(SketchError(format!("lgK is {}, not {LG_K}", part.lg_config_k())));
            }
            union.update(&part);
        }
        Ok(Self { hll: (!union.is_empty()).then(|| union.to_sketch(HllType::Hll4)), last: None })
    }

    /// Its bytes, at most some 4 KiB; none where it has seen nobody.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        self.hll.as_ref().map(HllSketch::serialize)
    }

    /// How many different ids it has seen, about.
    pub fn estimate(&self) -> f64 {
        // The other estimator goes by the order of what came, which a merge does not know.
        self.hll.as_ref().map_or(0.0, HllSketch::composite_estimate)
    }

    /// Between which numbers the truth lies in 95 of 100 cases (two standard deviations); about equal where few are counted exactly.
    pub fn bounds(&self) -> (f64, f64) {
        let Some(hll) = &self.hll else { return (0.0, 0.0) };
        let (estimate, two) = (self.estimate(), NumStdDev::Two);
        let (low, high) = (hll.lower_bound(two), hll.upper_bound(two));
        if high - low < EXACT_WITHIN * estimate {
            return (low.min(estimate), high.max(estimate));
        }
        // The crate's are those of its other estimator, which is nearer.
        let error = 2.0 * RELATIVE_ERROR;
        (low.min(estimate / (1.0 + error)), high.max(estimate / (1.0 - error)))
    }

    /// Whether both have seen the same ids, as far as sketches can tell: all that one of them adds to the other changes nothing.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let (mine, others) = (self.to_bytes().unwrap_or_default(), other.to_bytes().unwrap_or_default());
        let Ok(both) = Self::merged([mine.as_slice(), &others]) else { return false };
        let near = |a: f64, b: f64| (a - b).abs() <= SAME_WITHIN * a.abs().max(b.abs());
        near(both.estimate(), self.estimate()) && near(both.estimate(), other.estimate())
    }
}

/// Sketches merged one after the other, as they come.
#[derive(Debug, Default, Clone)]
pub struct Merging(Option<HllUnion>);

impl Merging {
    /// Adds what a sketch has seen; nothing, where there are no bytes.
    ///
    /// # Errors
    /// [`SketchError`]: it was not written by us.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), SketchError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let part = HllSketch::deserialize(bytes).map_err(|error| SketchError(error.to_string()))?;
        if part.lg_config_k() != LG_K {
            return Err(SketchError(format!("lgK is {}, not {LG_K}", part.lg_config_k())));
        }
        if let Some(union) = self.union() {
            union.update(&part);
        }
        Ok(())
    }

    /// Adds somebody.
    pub fn add_id(&mut self, id: Uuid) {
        if let Some(union) = self.union() {
            union.update_value(raw_bytes::from_slice(id.as_bytes()));
        }
    }

    /// Adds what another has seen.
    pub fn merge(&mut self, other: &Self) {
        if let Some(other) = other.sketch().hll
            && let Some(union) = self.union()
        {
            union.update(&other);
        }
    }

    /// What all of it together has seen.
    pub fn sketch(&self) -> Sketch {
        let union = self.0.as_ref().filter(|union| !union.is_empty());
        Sketch { hll: union.map(|union| union.to_sketch(HllType::Hll8)), last: None }
    }

    fn union(&mut self) -> Option<&mut HllUnion> {
        if self.0.is_none() {
            // Fails for another LG_K only.
            self.0 = HllUnion::new(LG_K).ok();
        }
        self.0.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: impl IntoIterator<Item = u128>) -> Sketch {
        let mut sketch = Sketch::default();
        // Scattered over the bits, as real ids are.
        ids.into_iter().for_each(|id| sketch.add(Uuid::from_u128(id.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        sketch
    }

    fn error_of(sketch: &Sketch, exact: f64) -> f64 {
        (sketch.estimate() - exact).abs() / exact
    }

    /// They lie in the tables for ever: a build that wrote others could not merge them.
    #[test]
    fn the_bytes_of_a_known_id_never_change() {
        let mut sketch = Sketch::default();
        sketch.add(Uuid::from_u128(0x0193_8d5e_7c00_7000_8000_0000_0000_0001));
        let bytes: String = sketch.to_bytes().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(bytes, "0201070c03080108bef46711");
    }

    #[test]
    fn merged_day_by_day_it_is_within_three_percent() {
        let parts: Vec<Vec<u8>> =
            (0..500).map(|part| of(part * 90..part * 90 + 190).to_bytes().unwrap()).collect();
        let mut merged = Sketch::default();
        for part in &parts {
            let so_far = merged.to_bytes().unwrap_or_default();
            merged = Sketch::merged([so_far.as_slice(), part]).unwrap();
        }
        assert!(error_of(&merged, 45_100.0) < 0.03, "{}", merged.estimate());
        assert!(merged.is_same_as(&of(0..45_100)));
        assert!(merged.to_bytes().unwrap().len() <= 4_096, "{}", merged.to_bytes().unwrap().len());
    }

    #[test]
    fn few_are_counted_exactly_and_one_more_is_noticed() {
        for count in [1, 7, 8, 100, 300] {
            let sketch = of(0..count);
            assert!(error_of(&sketch, count as f64) < 0.001, "{count}: {}", sketch.estimate());
            assert!(!sketch.is_same_as(&of(0..count + 1)) && !sketch.is_same_as(&of(1..count + 1)));
            assert!(sketch.is_same_as(&of((0..count).rev())));
        }
        assert!(Sketch::default().is_same_as(&Sketch::default()) && !of([1]).is_same_as(&Sketch::default()));
    }

    #[test]
    fn one_after_the_other_is_as_all_at_once_and_the_truth_lies_between_the_bounds() {
        for count in [0, 1, 7, 300, 1_000, 20_000] {
            let parts: Vec<Vec<u8>> = (0..count)
                .step_by(90)
                .filter_map(|from| of(from..(from + 90).min(count)).to_bytes())
                .collect();
            let mut merging = Merging::default();
            parts.iter().for_each(|part| merging.add(part).unwrap());
            (0..count.min(50)).for_each(|id| {
                merging.add_id(Uuid::from_u128(id.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            });
            let sketch = merging.sketch();
            assert!(sketch.is_same_as(&of(0..count)), "{count}: {}", sketch.estimate());
            let (low, high) = sketch.bounds();
            assert!(low <= count as f64 && count as f64 <= high, "{low} {count} {high}");
            assert!(low <= sketch.estimate() && sketch.estimate() <= high);
            assert!(high - low <= 0.08 * count as f64, "{low} {count} {high}");
            assert!(count > 300 || (low.round() as u128, high.round() as u128) == (count, count));
            let mut both = Merging::default();
            both.merge(&merging);
            both.merge(&merging);
            assert!(both.sketch().is_same_as(&sketch));
        }
        assert!(Merging::default().add(b"junk that is no sketch").is_err());
    }

    #[test]
    fn what_is_no_sketch_is_refused() {
        assert!(Sketch::merged([&b"junk that is no sketch"[..]]).is_err());
        let other = HllSketch::new(10, HllType::Hll8).unwrap();
        assert!(Sketch::merged([other.serialize().as_slice()]).is_err());
    }
}

//! How many different people came, in bytes that can be merged: Apache DataSketches HLL.
//!
//! The one module that knows the crate. Its bytes are a format of several languages and stay in the tables for ever; 4,096
//! registers (lgK 12) make an error of 1.6 % at one standard deviation, and few people are counted exactly.

use datasketches::hash::value::raw_bytes;
use datasketches::hll::{HllSketch, HllType, HllUnion};
use uuid::Uuid;

/// Registers, as a power of two. Never changes: sketches of two sizes merge into the coarser.
const LG_K: u8 = 12;
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

    /// Whether both have seen the same ids, as far as sketches can tell: all that one of them adds to the other changes nothing.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let (mine, others) = (self.to_bytes().unwrap_or_default(), other.to_bytes().unwrap_or_default());
        let Ok(both) = Self::merged([mine.as_slice(), &others]) else { return false };
        let near = |a: f64, b: f64| (a - b).abs() <= SAME_WITHIN * a.abs().max(b.abs());
        near(both.estimate(), self.estimate()) && near(both.estimate(), other.estimate())
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
    fn what_is_no_sketch_is_refused() {
        assert!(Sketch::merged([&b"junk that is no sketch"[..]]).is_err());
        let other = HllSketch::new(10, HllType::Hll8).unwrap();
        assert!(Sketch::merged([other.serialize().as_slice()]).is_err());
    }
}

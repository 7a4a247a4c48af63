//! How places are put together on a map.

use super::InvalidQuery;

/// Finest grid, as the zoom of a map.
pub(crate) const ZOOM_MAX: u8 = 12;
/// Grid where the client names no zoom.
const ZOOM_DEFAULT: u8 = 2;

/// How places are put together on a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Cluster {
    /// Not at all: each position by itself.
    Place,
    /// By country and city, whatever their positions.
    #[default]
    City,
    /// By cells of a grid, a quarter as wide as a tile of the map at this zoom, 0 to [`ZOOM_MAX`].
    Grid {
        /// The map's zoom.
        zoom: u8,
    },
}

impl Cluster {
    /// The name in the query string.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::City => "city",
            Self::Grid { .. } => "grid",
        }
    }

    /// From the two parameters, each as far as given.
    pub(super) fn of(name: Option<&str>, zoom: Option<u8>) -> Result<Self, InvalidQuery> {
        match (name, zoom) {
            (Some("grid"), zoom) => Ok(Self::Grid { zoom: zoom.unwrap_or(ZOOM_DEFAULT) }),
            (_, Some(_)) => Err(InvalidQuery::new("zoom", "goes with cluster=grid alone; leave it out")),
            (None | Some("city"), None) => Ok(Self::City),
            (Some("place"), None) => Ok(Self::Place),
            (Some(_), None) => Err(InvalidQuery::new("cluster", "must be place, city or grid")),
        }
    }
}

/// The zoom of a map.
pub(super) fn zoom(value: &str) -> Result<u8, InvalidQuery> {
    let known = value.parse().ok().filter(|zoom| *zoom <= ZOOM_MAX);
    known.ok_or_else(|| InvalidQuery::new("zoom", format!("must be a number from 0 to {ZOOM_MAX}")))
}

//! What events are broken down by, and which of them are counted.

use shared::event::InteractionType;

use super::InvalidQuery;

/// Most values of one filter.
pub(crate) const FILTER_VALUES_MAX: usize = 20;
/// Longest value of a filter, in bytes: past the longest that any value has.
pub(crate) const FILTER_BYTES_MAX: usize = 1_024;

/// Which of the two kinds of events something is a property of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Loads of a widget.
    Impressions,
    /// What visitors did in it.
    Interactions,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Impressions => "impressions",
            Self::Interactions => "interactions",
        }
    }
}

/// A property that events are counted by, or chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Property {
    /// The country of an impression, as a code.
    Country,
    /// The city of an impression.
    City,
    /// The page of an impression: host and path.
    Page,
    /// The host that an impression was referred by.
    Referrer,
    /// The kind of device of an impression.
    Device,
    /// The family of browsers of an impression.
    Browser,
    /// What the visitor did.
    InteractionType,
    /// The label of an interaction.
    Label,
}

impl Property {
    /// Every property.
    pub(crate) const ALL: [Self; 8] = [
        Self::Country,
        Self::City,
        Self::Page,
        Self::Referrer,
        Self::Device,
        Self::Browser,
        Self::InteractionType,
        Self::Label,
    ];

    /// The name as a dimension.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::City => "city",
            Self::Page => "page",
            Self::Referrer => "referrer",
            Self::Device => "device",
            Self::Browser => "browser",
            Self::InteractionType => "interaction_type",
            Self::Label => "label",
        }
    }

    /// The name of the filter.
    pub(crate) fn filter_name(self) -> &'static str {
        match self {
            Self::InteractionType => "event_type",
            other => other.as_str(),
        }
    }

    /// Of which kind of events it is a property.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::InteractionType | Self::Label => Kind::Interactions,
            _ => Kind::Impressions,
        }
    }
}

/// What events are broken down by, and which of them are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Breakdown {
    /// What they are counted by.
    pub(crate) by: Property,
    /// Which are counted: those that have one of the values of every filter. Sorted, properties of the same kind as `by`.
    pub(crate) filters: Vec<(Property, Vec<String>)>,
}

impl Breakdown {
    /// Whether an event with this value of `property` passes its filter; an empty value is that of an event without one.
    pub(crate) fn passes(&self, property: Property, value: &str) -> bool {
        let filter = self.filters.iter().find(|(filtered, _)| *filtered == property);
        filter.is_none_or(|(_, values)| values.iter().any(|wanted| wanted == value))
    }

    /// Whether a property has to be known of each event.
    pub(crate) fn needs(&self, property: Property) -> bool {
        self.by == property || self.filters.iter().any(|(filtered, _)| *filtered == property)
    }
}

/// A breakdown as far as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Reading {
    by: Option<Property>,
    filters: Vec<(Property, Vec<String>)>,
}

impl Reading {
    /// Takes a parameter; answers whether it is one of a breakdown's.
    pub(super) fn take(&mut self, name: &str, value: &str) -> Result<bool, InvalidQuery> {
        if name == "dimension" {
            let by = Property::ALL.into_iter().find(|property| property.as_str() == value);
            let by = by.ok_or_else(|| InvalidQuery::new(name, dimension_problem()))?;
            return match self.by.replace(by) {
                None => Ok(true),
                Some(_) => Err(InvalidQuery::new(name, "is given twice; give it once")),
            };
        }
        let Some(property) = Property::ALL.into_iter().find(|property| property.filter_name() == name) else {
            return Ok(false);
        };
        self.add(property, value)?;
        Ok(true)
    }

    fn add(&mut self, property: Property, value: &str) -> Result<(), InvalidQuery> {
        let name = property.filter_name();
        if value.len() > FILTER_BYTES_MAX || value.contains('\0') {
            let problem = format!("a value has at most {FILTER_BYTES_MAX} bytes, and no zero byte");
            return Err(InvalidQuery::new(name, problem));
        }
        let known = |value: &str| InteractionType::ALL.into_iter().any(|known| known.as_str() == value);
        if property == Property::InteractionType && !known(value) {
            let known: Vec<&str> = InteractionType::ALL.into_iter().map(InteractionType::as_str).collect();
            return Err(InvalidQuery::new(name, format!("must be one of {}", known.join(", "))));
        }
        let place = self.filters.iter().position(|(filtered, _)| *filtered == property);
        let place = place.unwrap_or_else(|| {
            self.filters.push((property, Vec::new()));
            self.filters.len() - 1
        });
        let values = &mut self.filters[place].1;
        if values.iter().any(|given| given == value) {
            return Ok(());
        }
        if values.len() == FILTER_VALUES_MAX {
            let problem = format!("name at most {FILTER_VALUES_MAX} values, or none for all");
            return Err(InvalidQuery::new(name, problem));
        }
        values.push(value.to_owned());
        Ok(())
    }

    /// The breakdown, once all was read.
    pub(super) fn complete(self) -> Result<Breakdown, InvalidQuery> {
        let Self { by, mut filters } = self;
        let by = by.ok_or_else(|| InvalidQuery::new("dimension", dimension_problem()))?;
        if let Some((foreign, _)) = filters.iter().find(|(property, _)| property.kind() != by.kind()) {
            let (mine, its) = (by.kind().as_str(), foreign.kind().as_str());
            let problem = format!(
                "tells {its} apart, and {} counts {mine}, which have none; leave it out",
                by.as_str()
            );
            return Err(InvalidQuery::new(foreign.filter_name(), problem));
        }
        // One question has one form, in whatever order it is asked.
        filters.sort_unstable_by_key(|(property, _)| property.as_str());
        filters.iter_mut().for_each(|(_, values)| values.sort_unstable());
        Ok(Breakdown { by, filters })
    }
}

fn dimension_problem() -> String {
    let names: Vec<&str> = Property::ALL.into_iter().map(Property::as_str).collect();
    format!("must be one of {}", names.join(", "))
}

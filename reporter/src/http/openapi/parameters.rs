//! What a question may say, parameter by parameter, with the bounds that the parser holds it to.

use shared::event::InteractionType;
use utoipa::openapi::path::{Parameter, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{Array, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Components, Ref, RefOr, Required};

use super::reports::Described;
use crate::query::{Cluster, FILTER_VALUES_MAX, Interval, PROJECT_IDS_MAX, Property, ZOOM_MAX};

/// A project's id.
const PROJECT_ID: &str = "^[a-z0-9_-]{1,64}$";

/// What a report takes; what several take is told of once, in `shared`.
pub(super) fn of(report: &Described, shared: &mut Components) -> Vec<RefOr<Parameter>> {
    let parameters = all_of(report).into_iter().map(|parameter| {
        // Each list has a limit of its own, and what is no table has but one format.
        if parameter.name == "limit" || (parameter.name == "format" && !report.is_table) {
            return RefOr::T(parameter);
        }
        let place = place_of(&parameter.name);
        shared.parameters.insert(parameter.name.clone(), RefOr::T(parameter));
        RefOr::Ref(place)
    });
    parameters.collect()
}

fn all_of(report: &Described) -> Vec<Parameter> {
    let intervals = Interval::ALL.map(Interval::as_str);
    let mut parameters = vec![
        query("from", "The first local day; 30 days up to `to` where absent.", date()),
        query("to", "The last local day, included; today where absent.", date()),
        query("tz", "The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent.", text()),
        repeated(
            "project_id",
            "Only these projects; every one of the key where absent.",
            text().pattern(Some(PROJECT_ID)),
            PROJECT_IDS_MAX,
        ),
        query("interval", "How finely a series is cut; `day` where absent.", one_of(&intervals)),
        query("compare", "Also tells the period before.", one_of(&["previous"])),
    ];
    if let Some(limit) = report.takes.limit {
        let number =
            Object::builder().schema_type(Type::Integer).minimum(Some(1_f64)).maximum(Some(limit.max as f64));
        let told = format!("Most entries; {} where absent.", limit.default);
        parameters.push(query("limit", &told, number));
    }
    if report.takes.cluster {
        let ways = [Cluster::Place, Cluster::City, Cluster::Grid { zoom: 0 }].map(Cluster::as_str);
        parameters.push(query("cluster", "How places are put together; `city` where absent.", one_of(&ways)));
        let zoom = Object::builder()
            .schema_type(Type::Integer)
            .minimum(Some(0_f64))
            .maximum(Some(f64::from(ZOOM_MAX)));
        parameters.push(query("zoom", "Of `cluster=grid`: the zoom of the map.", zoom));
    }
    if report.takes.breakdown {
        let mut dimension =
            query("dimension", "What events are counted by.", one_of(&Property::ALL.map(Property::as_str)));
        dimension.required = Required::True;
        parameters.push(dimension);
        parameters.extend(Property::ALL.map(filter));
    }
    parameters.push(match report.is_table {
        true => query("format", "`json` where absent.", one_of(&["json", "csv"])),
        false => query("format", "This report comes as JSON alone.", one_of(&["json"])),
    });
    parameters
}

/// What the live view takes.
pub(super) fn of_live() -> Vec<RefOr<Parameter>> {
    let last = Parameter::builder()
        .name("Last-Event-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The id of the event that was seen last; a browser sends it by itself. One that is none of ours is as none."))
        .schema(Some(Schema::from(text())));
    vec![RefOr::Ref(place_of("project_id")), RefOr::T(last.build())]
}

/// The envelope that a receipt is asked for.
pub(super) fn envelope_id() -> Parameter {
    let id = text().format(Some(SchemaFormat::Custom("uuid".to_owned())));
    Parameter::builder()
        .name("envelope_id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("As the collector answered it: a UUID of version 7."))
        .schema(Some(Schema::from(id)))
        .build()
}

/// Counts only events that have one of these values.
fn filter(property: Property) -> Parameter {
    let told = format!("Counts only events with one of these as {}.", property.as_str());
    let value = match property {
        Property::InteractionType => one_of(&InteractionType::ALL.map(InteractionType::as_str)),
        _ => text(),
    };
    repeated(property.filter_name(), &told, value, FILTER_VALUES_MAX)
}

/// Where a parameter that several take is told of.
fn place_of(name: &str) -> Ref {
    Ref::new(format!("#/components/parameters/{name}"))
}

fn query(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    parameter(name, description, Schema::from(schema))
}

fn repeated(name: &str, description: &str, item: ObjectBuilder, items_max: usize) -> Parameter {
    let items = Array::builder().items(item).max_items(Some(items_max));
    let mut parameter = parameter(name, description, Schema::from(items));
    (parameter.style, parameter.explode) = (Some(ParameterStyle::Form), Some(true));
    parameter
}

fn parameter(name: &str, description: &str, schema: Schema) -> Parameter {
    Parameter::builder()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn text() -> ObjectBuilder {
    Object::builder().schema_type(Type::String)
}

fn date() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
}

fn one_of(values: &[&'static str]) -> ObjectBuilder {
    text().enum_values(Some(values.to_vec()))
}

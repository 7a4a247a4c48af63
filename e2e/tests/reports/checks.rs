//! Each report against its recount.

use fastrand::Rng;
use serde_json::Value;
use shared::event::InteractionType;
use tokio_postgres::Client;

use crate::asked::Asked;
use crate::history::{CITIES, COUNTRIES, LABELS, REFERRERS};
use crate::recounted::{Counts, count, count_filtered};
use crate::world::World;

/// Which events are impressions, and which interactions.
const KINDS: [(&str, &str); 2] =
    [("impressions", "event_type is null"), ("interactions", "event_type is not null")];

/// Every report.
pub(crate) async fn all(world: &World, asked: &Asked, random: &mut Rng, which: &str) {
    series(world, asked, which).await;
    widgets(world, asked, which).await;
    places(world, asked, which).await;
    for _ in 0..2 {
        breakdown(world, asked, random, which).await;
    }
    lists(world, asked, which).await;
    visitors(world, asked, which).await;
    funnel(world, asked, which).await;
    overview(world, asked, which).await;
}

async fn ask(world: &World, report: &str, asked: &Asked, more: &[(&str, &str)]) -> Value {
    let parameters = asked.parameters(more);
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    world.ask(report, &parameters).await
}

/// A list as numbers by name; entries of one name are added up, which a list must not have.
fn listed(list: &Value, name: impl Fn(&Value) -> String, number: &str) -> Counts {
    let mut counts = Counts::new();
    for entry in list.as_array().unwrap() {
        let before = counts.insert(name(entry), entry[number].as_i64().unwrap());
        assert_eq!(before, None, "{entry} is listed twice");
    }
    counts
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn total(client: &Client, asked: &Asked, kind: &str) -> i64 {
    let sum = count(client, asked, &format!("select 'all', count(*) from seen where {kind}")).await;
    sum.get("all").copied().unwrap_or_default()
}

async fn series(world: &World, asked: &Asked, which: &str) {
    for (report, kind) in KINDS {
        let answer = ask(world, report, asked, &[("compare", "previous")]).await;
        let at = match asked.interval {
            "hour" => {
                "to_char(date_trunc('hour', local_at), 'YYYY-MM-DD\"T\"HH24') || ' '
                 || extract(epoch from local_at - created_at at time zone 'UTC')::integer / 60"
            }
            interval => &format!("to_char(date_trunc('{interval}', local_at), 'YYYY-MM-DD')"),
        };
        let expected =
            count(&world.client, asked, &format!("select {at}, count(*) from seen where {kind} group by 1"))
                .await;
        let mut told = listed(&answer["series"], |point| interval_name(&text(&point["at"])), "count");
        told.retain(|_, count| *count != 0);
        assert_eq!(told, expected, "{report}: {which}");
        assert_eq!(answer["total"], expected.values().sum::<i64>(), "{report}: {which}");
        let before = total(&world.client, &asked.previous(), kind).await;
        assert_eq!(answer["previous"], before, "{report} before: {which}");
    }
}

/// An hour by its number and its offset in minutes, where it starts past the hour as well; a date as it is.
fn interval_name(at: &str) -> String {
    let Some((hour, offset)) = at.get(..13).zip(at.get(19..)) else { return at.to_owned() };
    let minutes = match offset {
        "Z" => 0,
        offset => {
            let number = |range: std::ops::Range<usize>| offset.get(range).unwrap().parse::<i32>().unwrap();
            let minutes = number(1..3) * 60 + number(4..6);
            if offset.starts_with('-') { -minutes } else { minutes }
        }
    };
    format!("{hour} {minutes}")
}

async fn widgets(world: &World, asked: &Asked, which: &str) {
    for ((_, kind), (report, list, number)) in KINDS.into_iter().zip([
        ("impressions-by-widget", "impressions_by_widget", "impressions"),
        ("top-widgets", "top_widgets", "interactions"),
    ]) {
        let limit: &[(&str, &str)] = if report == "top-widgets" { &[("limit", "100")] } else { &[] };
        let answer = ask(world, report, asked, limit).await;
        let sql = format!("select project_id, count(*) from seen where {kind} group by 1");
        let expected = count(&world.client, asked, &sql).await;
        assert_eq!(
            listed(&answer[list], |entry| text(&entry["project_id"]), number),
            expected,
            "{report}: {which}"
        );
    }
}

async fn places(world: &World, asked: &Asked, which: &str) {
    let answer = ask(world, "impressions-by-location", asked, &[("cluster", "place")]).await;
    let sql = "select place, count(*) from seen where event_type is null group by 1";
    let mut expected = count(&world.client, asked, sql).await;
    let unknown = expected.remove("-|-|-|-").unwrap_or_default();
    let part = |entry: &Value, name: &str| match &entry[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        number => number.as_f64().unwrap().to_string(),
    };
    let name = |entry: &Value| ["country", "city", "lat", "lng"].map(|name| part(entry, name)).join("|");
    assert_eq!(listed(&answer["impressions_by_location"], name, "impressions"), expected, "places: {which}");
    assert_eq!(answer["places"]["unknown"], unknown, "{which}");
    assert_eq!(answer["places"]["days"], "local", "{which}");
    for zoom in ["0", "7"] {
        let grid = ask(world, "impressions-by-location", asked, &[("cluster", "grid"), ("zoom", zoom)]).await;
        let cells: i64 = grid["impressions_by_location"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| cell["impressions"].as_i64().unwrap())
            .sum();
        assert_eq!(
            cells + grid["places"]["unknown"].as_i64().unwrap(),
            answer["places"]["total"],
            "grid: {which}"
        );
    }
}

async fn breakdown(world: &World, asked: &Asked, random: &mut Rng, which: &str) {
    let is_impressions = random.bool();
    let own = |texts: &[Option<&'static str>]| {
        texts.iter().map(|text| text.unwrap_or_default()).collect::<Vec<_>>()
    };
    let types: Vec<&str> = InteractionType::ALL.into_iter().map(InteractionType::as_str).collect();
    // Column, dimension, filter, and what it may ask for.
    let properties: Vec<(&str, &str, &str, Vec<&str>)> = if is_impressions {
        vec![
            ("country", "country", "country", COUNTRIES.to_vec()),
            ("city", "city", "city", CITIES.to_vec()),
            ("page", "page", "page", vec!["example.com/a", "other.example/ä b", "nowhere"]),
            (
                "referrer",
                "referrer",
                "referrer",
                own(&REFERRERS).into_iter().map(|_| "www.google.com").chain([""]).collect(),
            ),
            ("device", "device", "device", vec!["mobile", "desktop", "other"]),
            ("browser", "browser", "browser", vec!["Firefox", "Other", "Chrome"]),
        ]
    } else {
        vec![
            ("event_type", "interaction_type", "event_type", types),
            ("label", "label", "label", own(&LABELS)),
        ]
    };
    let (column, dimension, ..) = properties[random.usize(..properties.len())];
    let (mut filters, mut parameters) = (Vec::new(), vec![("dimension", dimension), ("limit", "1000")]);
    for (column, _, filter, values) in &properties {
        if random.u8(..3) == 0 {
            let mut values = values.clone();
            random.shuffle(&mut values);
            values.truncate(random.usize(1..3));
            parameters.extend(values.iter().map(|value| (*filter, *value)));
            filters.push(((*column).to_owned(), values.into_iter().map(str::to_owned).collect()));
        }
    }
    let answer = ask(world, "breakdown", asked, &parameters).await;
    let kind = if is_impressions { "event_type is null" } else { "event_type is not null" };
    let name = if column == "city" { "city || '|' || country" } else { column };
    let sql = format!("select {name}, count(*) from seen where {kind} group by 1");
    let expected = count_filtered(&world.client, asked, &sql, &filters).await;
    let told = listed(
        &answer["breakdown"],
        |entry| match column {
            "city" => format!("{}|{}", text(&entry["value"]), text(&entry["country"])),
            _ => text(&entry["value"]),
        },
        "count",
    );
    assert_eq!(told, expected, "{parameters:?}: {which}");
    let sum: i64 = expected.values().sum();
    assert_eq!(
        (&answer["total"], &answer["other"], &answer["days"]),
        (&sum.into(), &0.into(), &"local".into()),
        "{which}"
    );
}

async fn lists(world: &World, asked: &Asked, which: &str) {
    for (report, list, name, sql) in [
        (
            "questions",
            "questions",
            "question",
            "select coalesce(trim(question), ''), count(*) from seen where event_type = 'ask_question' group by 1",
        ),
        (
            "contact-labels",
            "contact_labels",
            "label",
            "select label, count(*) from seen where event_type = 'click_contact' group by 1",
        ),
    ] {
        let answer = ask(world, report, asked, &[("limit", "1000")]).await;
        let expected = count(&world.client, asked, sql).await;
        assert_eq!(listed(&answer[list], |entry| text(&entry[name]), "count"), expected, "{report}: {which}");
    }
}

/// So few are counted exactly.
async fn visitors(world: &World, asked: &Asked, which: &str) {
    let answer = ask(world, "visitors", asked, &[("compare", "previous")]).await;
    let sql = "select 'visitors', count(distinct visitor_id) from seen
               union all select 'sessions', count(distinct session_id) from seen";
    for (told, asked) in [(&answer, asked), (&answer["previous"], &asked.previous())] {
        let expected = count(&world.client, asked, sql).await;
        for number in ["visitors", "sessions"] {
            let expected = expected.get(number).copied().unwrap_or_default();
            assert_eq!(told[number]["estimate"], expected, "{number}: {which}");
        }
        assert_eq!(told["days"], "local", "{which}");
    }
    let interval = if asked.interval == "hour" { "day" } else { asked.interval };
    let utc = Asked { zone: "UTC", projects: asked.projects.clone(), ..*asked };
    for number in ["visitors", "sessions"] {
        let id = number.trim_end_matches('s');
        let sql = format!(
            "select to_char(date_trunc('{interval}', local_at), 'YYYY-MM-DD'), count(distinct {id}_id) from seen group by 1"
        );
        let mut told = listed(&answer["series"], |point| text(&point["at"]), number);
        told.retain(|_, count| *count != 0);
        assert_eq!(told, count(&world.client, &utc, &sql).await, "{number} over time: {which}");
    }
}

async fn funnel(world: &World, asked: &Asked, which: &str) {
    let answer = ask(world, "funnel", asked, &[("limit", "100")]).await;
    let steps = [
        ("loaded", "true"),
        ("opened", "event_type in ('open_chat', 'ask_question', 'submit_form')"),
        ("asked", "event_type in ('ask_question', 'submit_form')"),
        ("submitted", "event_type = 'submit_form'"),
    ];
    for (step, (name, took)) in steps.into_iter().enumerate() {
        let ids = format!("count(distinct session_id) filter (where {took})");
        let all = count(&world.client, asked, &format!("select 'all', {ids} from seen")).await;
        let told = &answer["funnel"][step];
        assert_eq!(
            (&told["step"], &told["sessions"]["estimate"]),
            (&name.into(), &all.get("all").copied().unwrap_or_default().into()),
            "{which}"
        );
        let sql = format!("select project_id, {ids} from seen group by 1");
        let expected = count(&world.client, asked, &sql).await;
        let mut told = Counts::new();
        for project in answer["projects"].as_array().unwrap() {
            told.insert(
                text(&project["project_id"]),
                project["funnel"][step]["sessions"]["estimate"].as_i64().unwrap(),
            );
        }
        told.retain(|_, sessions| *sessions != 0);
        assert_eq!(told, expected, "{name} by project: {which}");
    }
}

/// Its parts are the single answers'.
async fn overview(world: &World, asked: &Asked, which: &str) {
    let answer = ask(world, "overview", asked, &[("compare", "previous")]).await;
    for (report, kind) in KINDS {
        assert_eq!(answer[report]["total"], total(&world.client, asked, kind).await, "overview: {which}");
    }
    let places = ask(world, "impressions-by-location", asked, &[]).await;
    for part in ["impressions_by_location", "places"] {
        assert_eq!(answer[part], places[part], "overview's {part}: {which}");
    }
    assert_eq!(answer["places"]["total"], answer["impressions"]["total"], "overview: {which}");
}

//! Places from both schemas that go by MaxMind's format, from split files, and from none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::path::PathBuf;

use mmdb_writer::{IpVersion, Writer};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use writer::enrich::geo::{Geo, GeoError, Place};

/// A database file of one record for each network.
fn file(dir: &TempDir, database_type: &str, version: IpVersion, records: &[(&str, Value)]) -> PathBuf {
    let mut writer = Writer::builder(database_type).ip_version(version).build();
    for (network, record) in records {
        writer.insert(network.parse::<ipnet::IpNet>().unwrap(), record).unwrap();
    }
    let path = dir.path().join(format!("{}.mmdb", database_type.replace(' ', "-")));
    std::fs::write(&path, writer.to_bytes().unwrap()).unwrap();
    path
}

fn place(geo: &Geo, address: &str) -> Option<Place> {
    geo.place(address.parse().unwrap())
}

fn london() -> Place {
    Place {
        country: Some("GB".to_owned()),
        city: Some("London".to_owned()),
        position: Some((51.5142, -0.0931)),
    }
}

#[test]
fn maxminds_own_city_schema_is_read() {
    let dir = TempDir::new().unwrap();
    let record = json!({
        "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
        "city": {"names": {"de": "London (de)", "en": "London"}},
        "location": {"latitude": 51.5142, "longitude": -0.0931},
    });
    let path = file(&dir, "GeoLite2-City", IpVersion::V6, &[("81.2.69.0/24", record)]);

    let geo = Geo::open(&[path]).unwrap();

    assert_eq!(place(&geo, "81.2.69.0"), Some(london()));
    assert_eq!(place(&geo, "81.2.70.0"), None);
}

#[test]
fn the_flat_schema_is_read_from_separate_files_for_ipv4_and_ipv6() {
    let dir = TempDir::new().unwrap();
    let record = |city: &str| json!({"city": city, "country_code": "GB", "latitude": 51.5142, "longitude": -0.0931, "timezone": "Europe/London"});
    let v4 = file(&dir, "city ipv4", IpVersion::V4, &[("81.2.69.0/24", record("London"))]);
    let v6 = file(&dir, "city ipv6", IpVersion::V6, &[("2001:db8::/48", record(""))]);

    let geo = Geo::open(&[v4, v6]).unwrap();

    assert_eq!(place(&geo, "81.2.69.0"), Some(london()));
    assert_eq!(place(&geo, "2001:db8::"), Some(Place { city: None, ..london() }), "an empty text is unknown");
    assert_eq!(place(&geo, "2001:db9::"), None);
}

/// DB-IP's own files hold 32-bit floats, which a reader of doubles does not take.
#[derive(Serialize)]
struct SingleFloats {
    country_code: &'static str,
    latitude: f32,
    longitude: f32,
}

#[test]
fn coordinates_are_read_as_single_floats_too() {
    let dir = TempDir::new().unwrap();
    let mut writer = Writer::builder("city ipv4").ip_version(IpVersion::V4).build();
    let record = SingleFloats { country_code: "GB", latitude: 37.4225, longitude: -122.085 };
    writer.insert("81.2.69.0/24".parse::<ipnet::IpNet>().unwrap(), &record).unwrap();
    let path = dir.path().join("single.mmdb");
    std::fs::write(&path, writer.to_bytes().unwrap()).unwrap();

    let geo = Geo::open(&[path]).unwrap();

    let expected = Place { country: Some("GB".to_owned()), city: None, position: Some((37.4225, -122.085)) };
    assert_eq!(place(&geo, "81.2.69.0"), Some(expected));
}

#[test]
fn a_file_whose_records_are_not_what_its_type_says_is_refused_at_start() {
    let dir = TempDir::new().unwrap();
    let path = file(
        &dir,
        "city ipv4",
        IpVersion::V4,
        &[("81.2.69.0/24", json!({"city": {"names": {"en": "London"}}}))],
    );

    let refused = Geo::open(&[path]).err().unwrap();

    assert!(matches!(refused, GeoError::Unreadable { .. }), "{refused}");
}

#[test]
fn a_country_file_gives_countries() {
    let dir = TempDir::new().unwrap();
    let path =
        file(&dir, "country ipvAll", IpVersion::V6, &[("81.2.69.0/24", json!({"country_code": "GB"}))]);

    let geo = Geo::open(&[path]).unwrap();

    assert_eq!(place(&geo, "81.2.69.0"), Some(Place { country: Some("GB".to_owned()), ..Place::default() }));
}

#[test]
fn without_files_every_place_is_unknown() {
    assert_eq!(place(&Geo::open(&[]).unwrap(), "81.2.69.0"), None);
}

#[test]
fn a_file_of_another_kind_is_refused_at_start_with_its_name() {
    let dir = TempDir::new().unwrap();
    let asn = file(
        &dir,
        "GeoLite2-ASN",
        IpVersion::V6,
        &[("81.2.69.0/24", json!({"autonomous_system_number": 1}))],
    );
    let text = dir.path().join("readme.txt");
    std::fs::write(&text, "no database").unwrap();

    let unknown = Geo::open(&[asn]).err().unwrap();
    let unreadable = Geo::open(&[text]).err().unwrap();

    assert!(
        matches!(unknown, GeoError::UnknownSchema { .. }) && unknown.to_string().contains("GeoLite2-ASN")
    );
    assert!(
        matches!(unreadable, GeoError::Unreadable { .. }) && unreadable.to_string().contains("readme.txt")
    );
}

/// Every address that the tests below ask for.
const ADDRESSES: [&str; 8] =
    ["81.2.69.0", "81.2.70.0", "0.0.0.0", "255.255.255.0", "10.0.0.0", "2001:db8::", "2001:db9::", "::1"];

/// Databases of both schemas and all three sizes of record, with values of every kind beside those that are read.
fn databases(dir: &TempDir) -> Vec<PathBuf> {
    let beside = json!({
        "flag": true, "none": false, "list": [1, 3_000_000_000_u64, 9.5], "long": "l".repeat(700), "empty": {},
        "deep": {"a": {"b": {"c": "d"}}}, "big": u64::MAX,
    });
    let flat = |city: &str| {
        let mut record =
            json!({"city": city, "country_code": "GB", "latitude": 51.5142, "longitude": -0.0931});
        record["beside"] = beside.clone();
        record
    };
    let maxmind = json!({
        "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
        "city": {"names": {"de": "London (de)", "en": "London"}},
        "location": {"latitude": 51.5142, "longitude": -0.0931},
    });
    let v4 = [("81.2.69.0/24", flat("London")), ("10.0.0.0/8", flat("")), ("255.255.255.0/24", flat("Ends"))];
    let mut v6 = vec![("2001:db8::/48", maxmind)];
    // As many as make pointers of more than one length.
    let networks: Vec<String> = (0..4_000).map(|number| format!("2a00:{number:x}::/32")).collect();
    v6.extend(networks.iter().map(|network| {
        (
            network.as_str(),
            json!({"country": {"iso_code": "DE"}, "city": {"names": {"en": format!("City {network}")}}}),
        )
    }));
    vec![
        file(dir, "city ipv4", IpVersion::V4, &v4),
        file(dir, "GeoLite2-City", IpVersion::V6, &v6),
        file(dir, "country ipvAll", IpVersion::V6, &[("81.2.69.0/24", json!({"country_code": "GB"}))]),
    ]
}

#[test]
fn a_file_that_is_read_where_it_lies_answers_as_one_in_memory() {
    let dir = TempDir::new().unwrap();
    for path in databases(&dir) {
        let in_memory = Geo::open_with(std::slice::from_ref(&path), u64::MAX).unwrap();
        let in_place = Geo::open_with(std::slice::from_ref(&path), 0).unwrap();
        let networks: Vec<String> = (0..4_001).map(|number| format!("2a00:{number:x}::")).collect();
        let mut known = 0;
        for address in ADDRESSES.iter().copied().chain(networks.iter().map(String::as_str)) {
            let expected = place(&in_memory, address);
            known += u32::from(expected.is_some());
            assert_eq!(place(&in_place, address), expected, "{address} in {}", path.display());
        }
        assert!(known > 0, "{}", path.display());
    }
}

#[test]
fn a_damaged_file_that_is_read_where_it_lies_is_refused_or_knows_less_and_ends_nothing() {
    let dir = TempDir::new().unwrap();
    let whole = std::fs::read(&databases(&dir)[0]).unwrap();
    let path = dir.path().join("damaged.mmdb");
    let mut opened = 0;
    for damage in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[damage] ^= 0xff;
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(geo) = Geo::open_with(std::slice::from_ref(&path), 0) {
            opened += 1;
            ADDRESSES.iter().for_each(|address| drop(place(&geo, address)));
        }
    }
    assert!(opened > 0);
}

#[test]
fn a_file_that_is_read_where_it_lies_and_is_not_what_its_type_says_is_refused_at_start() {
    let dir = TempDir::new().unwrap();
    let record = json!({"city": {"names": {"en": "London"}}});
    let wrong = file(&dir, "city ipv4", IpVersion::V4, &[("81.2.69.0/24", record)]);
    let text = dir.path().join("readme.txt");
    std::fs::write(&text, "no database").unwrap();
    for path in [wrong, text] {
        let refused = Geo::open_with(&[path], 0).err().unwrap();
        assert!(matches!(refused, GeoError::Unreadable { .. }), "{refused}");
    }
}

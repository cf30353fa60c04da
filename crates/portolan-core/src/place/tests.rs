//! The set algebra, and the standard places with their dates.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn place(name: &str, when: &str) -> Place {
    let places = Places::standard();
    places.at(places.named(name).unwrap(), at(when))
}

#[test]
fn london_is_within_the_union_until_the_end_of_january_2020() {
    let within = |when| place("GB", when).within(place("EU27", when));
    assert!(!within("1972-12-31"));
    assert!(within("1973-01-01"));
    assert!(within("2020-01-31"));
    assert!(within("2020-01-31T23:59:59Z"));
    assert!(!within("2020-02-01"));
    assert!(!place("GB", "2020-02-01").within(place("EEA", "2020-02-01")));
}

#[test]
fn standard_places_hold_what_their_names_say() {
    let now = "2026-03-01";
    let count = |name| place(name, now).countries().count();
    assert_eq!(count("world"), 249);
    assert_eq!(count("EU27"), 27);
    assert_eq!(count("EEA"), 30);
    assert_eq!(count("EFTA"), 4);
    assert_eq!(place("EU27", "1958-01-01").countries().count(), 6);
    assert_eq!(place("EU27", "2013-07-01").countries().count(), 28);
    assert_eq!(place("EU27", "1957-12-31"), Place::EMPTY);
    assert!(!place("AU", now).within(place("EU27", now)));
    assert!(place("AT", now).within(place("EU27", now)));
    assert!(place("EU27", now).within(place("EEA", now)));
    assert!(!place("CH", now).within(place("EEA", now)));
    assert!(place("NO", now).within(place("world", now)));
}

#[test]
fn codes_are_sorted_and_each_is_one_atom() {
    assert!(iso3166::CODES.is_sorted());
    for code in iso3166::CODES {
        let countries: Vec<_> = place(code, "2026-01-01").countries().collect();
        assert_eq!(countries, [code]);
    }
}

#[test]
fn the_unknown_and_the_empty_place_are_within_nothing() {
    let now = "2026-03-01";
    let unknown = place("unknown", now);
    assert!(unknown.is_unknown());
    for name in Places::standard().names() {
        let other = place(name, now);
        assert!(!unknown.within(other), "{name}");
        assert!(!Place::EMPTY.within(other), "{name}");
        assert!(!other.within(unknown), "{name}");
        assert!(!other.within(Place::EMPTY), "{name}");
    }
}

#[test]
fn next_change_is_the_next_real_change() {
    let places = Places::standard();
    let union = places.named("EU27").unwrap();
    let next = |when| places.next_change(union, at(when));
    assert_eq!(next("2019-06-01"), Some(at("2020-02-01")));
    assert_eq!(next("2020-02-01"), None);
    assert_eq!(next("1950-01-01"), Some(at("1958-01-01")));
}

#[test]
fn defined_places_inherit_the_dates_of_their_members() {
    let mut places = Places::standard();
    let named = |p: &Places, n: &str| p.named(n).unwrap();
    let until = Window {
        from: None,
        until: Some(at("2021-01-01")),
    };
    let members = [
        (until, named(&places, "EU27")),
        (Window::ALWAYS, named(&places, "US")),
    ];
    let id = places.define("both", &members).unwrap();
    let has = |code, when| {
        places
            .at(places.named(code).unwrap(), at(when))
            .within(places.at(id, at(when)))
    };
    assert!(has("GB", "2020-01-01"));
    assert!(!has("GB", "2020-06-01"));
    assert!(has("DE", "2020-06-01"));
    assert!(!has("DE", "2021-01-01"));
    assert!(has("US", "2030-01-01"));
    assert_eq!(
        places.next_change(id, at("2020-06-01")),
        Some(at("2021-01-01"))
    );
    assert_eq!(places.define("both", &[]), Err(DefineError::NameTaken(id)));
    let country = named(&places, "DE");
    assert_eq!(
        places.define("DE", &[]),
        Err(DefineError::NameTaken(country))
    );
}

#[test]
fn a_place_that_changes_too_often_is_refused() {
    let mut places = Places::standard();
    let country = places.named("DE").unwrap();
    let members: Vec<_> = (0..10_000)
        .map(|i| {
            let from = Some(Instant::from_unix_seconds(i * 10));
            let until = Some(Instant::from_unix_seconds(i * 10 + 5));
            (Window { from, until }, country)
        })
        .collect();
    assert_eq!(
        places.define("flicker", &members),
        Err(DefineError::TooManyPeriods)
    );
}

fn any_place() -> impl Strategy<Value = Place> {
    let codes = proptest::collection::vec(0..iso3166::CODES.len(), 0..6);
    (codes, proptest::bool::weighted(0.1)).prop_map(|(codes, outside)| {
        let start = if outside {
            Place::UNKNOWN
        } else {
            Place::EMPTY
        };
        codes
            .into_iter()
            .fold(start, |sum, i| sum.union(Place::country(i)))
    })
}

proptest! {
    #[test]
    fn within_is_a_partial_order_on_known_places(a in any_place(), b in any_place(), c in any_place()) {
        let known = |p: Place| p != Place::EMPTY && !p.is_unknown();
        prop_assert_eq!(a.within(a), known(a));
        if a.within(b) && b.within(a) {
            prop_assert_eq!(a, b);
        }
        if a.within(b) && b.within(c) {
            prop_assert!(a.within(c));
        }
        if a.within(b) {
            prop_assert!(known(a) && known(b));
            prop_assert!(a.overlaps(b));
        }
    }

    #[test]
    fn union_is_a_monotone_upper_bound(a in any_place(), b in any_place(), c in any_place()) {
        prop_assert_eq!(a.union(b), b.union(a));
        prop_assert_eq!(a.union(b).union(c), a.union(b.union(c)));
        prop_assert_eq!(a.union(a), a);
        let sum = a.union(b);
        if !sum.is_unknown() && a != Place::EMPTY {
            prop_assert!(a.within(sum));
        }
        if sum.within(c) {
            prop_assert!(a == Place::EMPTY || a.within(c));
        }
        if a.within(c) && b.within(c) {
            prop_assert!(sum.within(c));
        }
    }

    #[test]
    fn within_agrees_with_the_countries(a in any_place(), b in any_place()) {
        let names = |p: Place| p.countries().collect::<std::collections::BTreeSet<_>>();
        let plain = !a.is_unknown() && !b.is_unknown() && !names(a).is_empty()
            && names(a).is_subset(&names(b));
        prop_assert_eq!(a.within(b), plain);
    }
}

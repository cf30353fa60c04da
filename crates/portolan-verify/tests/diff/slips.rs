//! The shipped policy with one character changed, at each of a hundred places of it and of its
//! catalog: whatever alters a decision shows.

use std::collections::BTreeMap;
use std::fs;

use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::mutate::{Hit, Slip, slips};
use portolan_testkit::policies::{compile, root};
use portolan_verify::diff::{diff, essence};

use crate::scale;

const SHIPPED: &str = "rules/assemblyai";
const POLICY: &str = "policy.portolan";
const CATALOG: &str = "catalog.yaml";
/// Places at which a slip still compiles; so many of them where it has to be quick.
const PLACES: usize = 100;
const FEW: usize = 2;
/// Slips of one kind that are tried until one compiles.
const TRIES: usize = 12;
/// Requests to each policy with a slip, besides the grid of models, endpoints and instants.
const REQUESTS: u64 = 120;
const GRID: usize = 240;

type Texts = BTreeMap<String, String>;

fn texts() -> Texts {
    let read = |name: &str| fs::read_to_string(root().join(SHIPPED).join(name)).unwrap();
    let files = [POLICY, CATALOG].map(|name| (name.to_owned(), read(name)));
    files.into_iter().collect()
}

fn engine(files: &Texts) -> Option<Engine> {
    let entry = POLICY.to_owned();
    let files = files.clone();
    compile(&Origin::Inline { entry, files }).engine
}

/// Slips that compile, spread evenly over the policy and over the catalog, of every kind in turn.
fn places(files: &Texts, many: usize) -> Vec<(String, Engine)> {
    let mut found = Vec::new();
    for name in [POLICY, CATALOG] {
        let all: Vec<Slip> = slips(&files[name]);
        let wanted = many / 2;
        for turn in 0..wanted {
            let part = &all[all.len() * turn / wanted..all.len() * (turn + 1) / wanted];
            let mut kinds = Hit::ALL;
            kinds.rotate_left(turn % Hit::ALL.len());
            let by_kind = kinds.into_iter().flat_map(|hit| {
                let like = part.iter().filter(move |slip| slip.hit == hit);
                // Most names with another letter are names that nobody knows.
                like.take(TRIES)
            });
            let compiles = by_kind.into_iter().find_map(|slip| {
                let mut changed = files.clone();
                changed.insert(name.to_owned(), slip.apply(&files[name]));
                let what = format!("{name}:{} `{}` to `{}`", slip.line, slip.was, slip.is);
                Some((what, engine(&changed)?))
            });
            found.extend(compiles);
        }
    }
    found
}

/// Requests for every model, endpoint and instant in turn, and random ones that fit either side.
fn requests(engines: [&Engine; 2], seed: u64) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let domains = engines.map(Domain::of);
    let mut grid = Vec::new();
    for domain in &domains {
        for model in &domain.models {
            for endpoint in &domain.endpoints {
                for at in &domain.cuts.instants {
                    let mut draft = Draft::new(model.clone(), *at);
                    draft.endpoint = Some(endpoint.clone());
                    grid.push(draft);
                }
            }
        }
    }
    let step = (grid.len() / GRID).max(1);
    let first = usize::try_from(seed).unwrap() % step;
    drafts.extend(grid.into_iter().skip(first).step_by(step));
    for request in 0..REQUESTS {
        let mut dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(request));
        let [old, new] = &domains;
        let mut draft = if request % 2 == 0 { old } else { new }.draft(&mut dice);
        if request % 3 > 0 {
            draft.fallbacks.clear();
        }
        drafts.push(draft);
    }
    drafts
}

/// The requests that change and are in no region; how many change.
fn unseen(old: &Engine, new: &Engine, seed: u64) -> (usize, Vec<String>) {
    let found = diff(old, new);
    let mut complaints = found.inconclusive.clone();
    let state = State::default();
    let mut changed = 0;
    for draft in requests([old, new], seed) {
        let answers = [old, new].map(|engine| {
            let request = engine.request(draft.clone()).ok();
            request.map(|request| essence(&engine.answer(&request, &state)))
        });
        let [Some(before), Some(after)] = answers else {
            continue;
        };
        if before != after {
            changed += 1;
            if found.regions_of(&draft, &state).next().is_none() {
                complaints.push("a request that changes is in no region".to_owned());
            }
        }
    }
    (changed, complaints)
}

#[test]
fn every_slip_that_alters_a_decision_shows() {
    let files = texts();
    let old = engine(&files).unwrap();
    let many = if scale() > 1 { PLACES } else { FEW };
    let (mut tried, mut altered) = (0, 0);
    let mut complaints = Vec::new();
    for (seed, (what, new)) in (0u64..).zip(places(&files, many)) {
        tried += 1;
        let (changed, unseen) = unseen(&old, &new, seed);
        altered += usize::from(changed > 0);
        let said = unseen.into_iter().take(3);
        complaints.extend(said.map(|why| format!("{what}: {why}")));
    }
    println!("{tried} places, of which {altered} alter a decision of the grid");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(tried * 10 >= many * 9);
    // Few places may all be of words.
    assert!(many == FEW || altered > 0);
}

#[test]
fn two_guards_changed_at_once_show() {
    let files = texts();
    let old = engine(&files).unwrap();
    // The lock of the EU endpoint, and where its region processes.
    let mut both = files.clone();
    let policy = files[POLICY].replacen("within EU27", "within US", 1);
    both.insert(POLICY.to_owned(), policy);
    let catalog = files[CATALOG].replacen("processing: {value: EU27", "processing: {value: US", 1);
    assert_ne!(catalog, files[CATALOG]);
    both.insert(CATALOG.to_owned(), catalog);
    let new = engine(&both).unwrap();
    let (changed, complaints) = unseen(&old, &new, 1);
    assert!(changed > 0);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

//! The shipped policy with one character changed, at each of a hundred places of it and of its
//! catalog, and with two guards changed at once where they overlap. Whatever alters a decision
//! shows, and every claim that a slip breaks is refuted by a request that replays.
//!
//! What a slip does is asked of the interpreter alone, one request after the other; which requests
//! those are is in `requests.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::claims::steer;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::mutate::{Hit, Slip, slips};
use portolan_testkit::policies::{compile, root};
use portolan_testkit::second_opinion::{request, speaks_against};
use portolan_verify::diff::{Diff, diff, essence};
use portolan_verify::prove::{Asking, Outcome, prove};

use crate::requests::requests;
use crate::scale;

const SHIPPED: &str = "rules/assemblyai";
const POLICY: &str = "policy.portolan";
const CATALOG: &str = "catalog.yaml";
/// Places at which a slip still compiles.
const PLACES: usize = 100;
/// Slips of one kind that are tried until one compiles.
const TRIES: usize = 12;
/// Requests that each claim which is proved is asked of.
const CLAIMED: u64 = 30;
/// How many are looked at at once.
const WORKERS: usize = 2;

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

fn slipped(files: &Texts, slips: &[(&str, &Slip)]) -> (String, Texts) {
    let mut changed = files.clone();
    let mut what = Vec::new();
    for (name, slip) in slips {
        changed.insert((*name).to_owned(), slip.apply(&changed[*name]));
        what.push(format!(
            "{name}:{} `{}` to `{}`",
            slip.line, slip.was, slip.is
        ));
    }
    (what.join(", "), changed)
}

/// What came of the slips.
#[derive(Debug, Default)]
struct Count {
    /// Slips that do not compile.
    rejected: usize,
    /// Slips that do.
    tried: usize,
    /// Those that change what the interpreter says to some request.
    altering: usize,
    /// Those after which a comparison says that something changes.
    shown: usize,
    /// Those that break a claim.
    breaking: usize,
    /// The claims that they break.
    broken: usize,
    /// The claims that were proved again.
    proved: usize,
    complaints: Vec<String>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.tried += other.tried;
        self.altering += other.altering;
        self.shown += other.shown;
        self.breaking += other.breaking;
        self.broken += other.broken;
        self.proved += other.proved;
        self.complaints.extend(other.complaints);
    }

    /// Compares a policy with the one that slipped, and asks what is proved of that.
    fn look(&mut self, old: &Engine, new: &Engine, what: &str, seed: u64) {
        self.tried += 1;
        let found = diff(old, new);
        let (changed, mut complaints) = unseen(&found, [old, new], seed);
        self.altering += usize::from(changed > 0);
        self.shown += usize::from(!found.groups.is_empty());
        let mut broken = 0;
        for (name, holds) in claims(new, seed, &mut complaints) {
            if holds {
                self.proved += 1;
            } else {
                broken += 1;
                println!("{what}: {name} is refuted");
            }
        }
        self.broken += broken;
        self.breaking += usize::from(broken > 0);
        let said = complaints.into_iter().take(3);
        self.complaints
            .extend(said.map(|why| format!("{what}: {why}")));
    }
}

/// How many requests change; what is wrong with those that are in no region.
fn unseen(found: &Diff, engines: [&Engine; 2], seed: u64) -> (usize, Vec<String>) {
    let mut complaints = found.inconclusive.clone();
    let mut changed = 0;
    for (draft, state) in requests(engines, seed) {
        let answers = engines.map(|engine| {
            let request = engine.request(draft.clone()).ok();
            request.map(|request| essence(&engine.answer(&request, &state)))
        });
        let [Some(before), Some(after)] = answers else {
            continue;
        };
        if before != after {
            changed += 1;
            if found.regions_of(&draft, &state).next().is_none() {
                complaints.push(format!("a request that changes is in no region: {draft:?}"));
            }
        }
    }
    (changed, complaints)
}

/// Says whether some posted request is this one.
fn posted(draft: &Draft) -> bool {
    portolan_wire::write_request(draft, &State::default()).is_ok()
}

/// Every claim of a policy and whether it holds; what is wrong where a single request has another
/// word on it.
fn claims<'e>(engine: &'e Engine, seed: u64, complaints: &mut Vec<String>) -> Vec<(&'e str, bool)> {
    let proves = &engine.policy().proves;
    let wanted: Vec<usize> = (0..proves.len()).collect();
    let asking = Asking {
        wanted: &wanted,
        posted: &posted,
        other: &|_| None,
    };
    let domain = Domain::of(engine);
    let mut said = Vec::new();
    for proof in prove(engine, asking) {
        let claim = &proves[proof.prove];
        let speaks = |draft: &Draft| speaks_against(engine, claim, draft, &State::default());
        match &proof.outcome {
            Outcome::Inconclusive(reason) => {
                complaints.push(format!("{} is inconclusive: {reason:?}", claim.name));
            }
            Outcome::Refuted(refutation) => {
                said.push((&*claim.name, false));
                let draft = &refutation.draft;
                if !posted(draft) || speaks(draft) != Ok(true) {
                    complaints.push(format!("{} is refuted by {draft:?}", claim.name));
                }
            }
            Outcome::Proved => {
                said.push((&*claim.name, true));
                for turn in 0..CLAIMED * scale() {
                    let mut dice = Dice::new(seed.wrapping_mul(7_919).wrapping_add(turn));
                    let mut draft = request(&mut dice, engine, &domain, claim);
                    if dice.chance(70) {
                        steer(engine, claim, &mut draft, &mut dice);
                    }
                    if speaks(&draft) == Ok(true) && posted(&draft) {
                        complaints.push(format!("{} is proved, not of {draft:?}", claim.name));
                        break;
                    }
                }
            }
        }
    }
    said
}

/// Looks at every job, some at once.
fn all(jobs: usize, look: &(dyn Fn(usize, &mut Count) + Sync)) -> Count {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut count = Count::default();
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return count;
            }
            look(job, &mut count);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let mut count = Count::default();
        for worker in workers {
            count.add(worker.join().unwrap());
        }
        count
    })
}

#[test]
fn every_slip_that_alters_a_decision_shows_and_every_broken_claim_is_refuted() {
    let files = texts();
    let old = engine(&files).unwrap();
    let each = PLACES / 2;
    let of_file = [POLICY, CATALOG].map(|name| (name, slips(&files[name])));
    // As many places of the policy as of the catalog, spread evenly, of every kind in turn.
    let count = all(PLACES, &|job, count| {
        let (name, all) = &of_file[job % 2];
        let turn = job / 2;
        let part = &all[all.len() * turn / each..all.len() * (turn + 1) / each];
        let mut kinds = Hit::ALL;
        kinds.rotate_left(turn % Hit::ALL.len());
        // Most names with another letter are names that nobody knows.
        let tried = kinds
            .into_iter()
            .flat_map(|hit| part.iter().filter(move |slip| slip.hit == hit).take(TRIES));
        for slip in tried {
            let (what, changed) = slipped(&files, &[(name, slip)]);
            if let Some(new) = engine(&changed) {
                count.look(&old, &new, &what, job as u64);
                return;
            }
            count.rejected += 1;
        }
        panic!("nothing compiles in part {turn} of {name}");
    });
    println!("{count:?}");
    assert_eq!(count.tried, PLACES);
    assert!(
        count.complaints.is_empty(),
        "{}",
        count.complaints.join("\n")
    );
    assert!(count.rejected > PLACES / 2, "{count:?}");
    assert!(count.altering > PLACES / 3, "{count:?}");
    assert!(count.shown >= count.altering, "{count:?}");
    assert!(count.breaking > PLACES / 20, "{count:?}");
    assert!(count.broken >= count.breaking, "{count:?}");
}

/// The slips on lines that begin like this.
fn on<'s>(all: &'s [Slip], text: &str, begins: &[&str]) -> Vec<&'s Slip> {
    let lines: Vec<&str> = text.lines().collect();
    let there = |slip: &&Slip| {
        let line = lines[slip.line - 1].trim_start();
        begins.iter().any(|start| line.starts_with(start))
    };
    all.iter().filter(there).collect()
}

#[test]
fn two_guards_that_overlap_changed_at_once_show_and_break_what_they_guard() {
    let files = texts();
    let old = engine(&files).unwrap();
    let (policy, catalog) = (slips(&files[POLICY]), slips(&files[CATALOG]));
    // What a region's places are in the catalog, and what the locks demand of them.
    let locks = on(
        &policy,
        &files[POLICY],
        &["lock processing", "lock storage"],
    );
    let places = on(&catalog, &files[CATALOG], &["processing:", "storage:"]);
    let place = |slip: &&Slip| ["EU27", "US"].contains(&&*slip.was);
    let locks: Vec<&Slip> = locks.into_iter().filter(place).collect();
    let places: Vec<&Slip> = places.into_iter().filter(place).collect();
    let pairs: Vec<(&Slip, &Slip)> = locks
        .iter()
        .flat_map(|lock| places.iter().map(move |place| (*lock, *place)))
        .collect();
    assert!(pairs.len() >= 12, "{} pairs", pairs.len());
    let alone = all(locks.len() + places.len(), &|job, count| {
        let own = if job < locks.len() {
            (POLICY, locks[job])
        } else {
            (CATALOG, places[job - locks.len()])
        };
        let (what, changed) = slipped(&files, &[own]);
        count.look(&old, &engine(&changed).unwrap(), &what, job as u64);
    });
    let both = all(pairs.len(), &|job, count| {
        let (lock, place) = pairs[job];
        let (what, changed) = slipped(&files, &[(POLICY, lock), (CATALOG, place)]);
        count.look(&old, &engine(&changed).unwrap(), &what, job as u64);
    });
    println!("{alone:?}\n{both:?}");
    for count in [&alone, &both] {
        assert!(
            count.complaints.is_empty(),
            "{}",
            count.complaints.join("\n")
        );
        assert_eq!(count.altering, count.tried, "{count:?}");
        assert_eq!(count.shown, count.tried, "{count:?}");
    }
    // One guard stands in for the other until both are gone.
    assert!(both.breaking > alone.breaking, "{alone:?} {both:?}");
}

//! Nobody is measured who does another job, and the job is what the page says.

use crate::contender;
use crate::contender::World;
use crate::contenders::limit::Packed;
use crate::generate;
use crate::job::Reason;
use crate::{golden, report, seven};

fn nothing(calls: f64) -> bool {
    calls.abs() < f64::EPSILON
}

#[test]
fn every_contender_does_the_job_of_seven_rules() {
    let entries = contender::all();
    for models in [25, 1_000] {
        let field = seven::measure(&entries, models, 1).unwrap();
        assert_eq!(field.figures.len(), entries.len());
    }
}

#[test]
fn the_golden_policy_by_hand_is_the_golden_policy() {
    let lines = golden::measure(8_192, 1).unwrap();
    assert_eq!(lines.len(), 6);
    for line in lines.iter().filter(|line| line.program == "Portolan") {
        assert!(
            line.heap.iter().all(|calls| nothing(*calls)),
            "{}",
            line.requests
        );
    }
}

#[test]
fn portolan_asks_nothing_of_the_heap() {
    let entries = contender::all();
    let field = seven::measure(&entries, 1_000, 1).unwrap();
    let own = entries
        .iter()
        .position(|entry| entry.name == "Portolan")
        .unwrap();
    assert!(nothing(field.figures[own].heap_routes));
    assert!(nothing(field.figures[own].heap_refusals));
}

#[test]
fn two_requests_in_five_are_refused_for_each_reason_alike_and_one_of_four_for_more() {
    let models = generate::models(1_000);
    let jobs = generate::jobs(&models, 35_000).unwrap();
    let by_id = |id: &str| models.iter().find(|model| model.id == id);
    let mut first = [0; Reason::ALL.len()];
    let mut more = 0;
    for job in &jobs {
        // An id that nobody knows is like any model but for its name.
        let broken = generate::broken(by_id(&job.model).unwrap_or(&models[0]), job);
        if let Some(reason) = broken.first() {
            first[*reason as usize] += 1;
        }
        more += usize::from(broken.len() > 1);
    }
    assert_eq!(first, [2_000; 7]);
    assert!((3_300..3_700).contains(&more), "{more}");
}

#[test]
fn the_packed_table_finds_every_id_and_no_other() {
    let models = generate::models(1_000);
    let yaml = generate::yaml(&models).unwrap();
    let world = World { models, yaml };
    let packed = Packed::load(&world).unwrap();
    for model in &world.models {
        let found = packed.find(&model.id).unwrap();
        assert_eq!(i64::from(found.max_output), model.max_output);
        assert!(packed.find(&format!("{}x", model.id)).is_none());
        assert!(packed.find(&model.id[1..]).is_none());
    }
    assert!(packed.find("").is_none());
}

#[test]
fn figures_are_written_for_people() {
    assert_eq!(report::thousands(1_234_567), "1,234,567");
    assert_eq!(report::thousands(12), "12");
    assert_eq!(report::figure(9.96), "10.0");
    assert_eq!(report::figure(1_234.5), "1,235");
}

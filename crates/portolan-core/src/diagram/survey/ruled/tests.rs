//! What is made without reasons is what the verdicts say.

use super::*;
use crate::engine::compile;
use crate::source::Files;

struct Bedrock;

impl Files for Bedrock {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let text = match path {
            "policy.portolan" => {
                include_str!("../../../../../../rules/bedrock/policy.portolan")
            }
            "catalog.yaml" => include_str!("../../../../../../rules/bedrock/catalog.yaml"),
            "../places/aws.yaml" => include_str!("../../../../../../rules/places/aws.yaml"),
            "../places/sets.yaml" => include_str!("../../../../../../rules/places/sets.yaml"),
            _ => return Err(format!("there is no `{path}`")),
        };
        Ok(text.as_bytes().to_vec())
    }
}

#[test]
fn a_yes_or_no_is_that_of_the_verdict() {
    let compiled = compile("policy.portolan", &mut Bedrock);
    let findings = compiled.diagnostics.iter().map(|d| &d.message);
    let findings: Vec<&String> = findings.collect();
    assert!(compiled.engine.is_some(), "{findings:?}");
    let engine = compiled.engine.unwrap();
    let (mut slices, mut survivors) = (0, 0);
    let surveyed = engine.survey(&[], |survey| {
        survey.each(&mut |chart| {
            slices += 1;
            for candidate in 0..chart.candidates().len() {
                let verdict = chart.verdict(candidate)?;
                let survives = |verdict: &Verdict| matches!(verdict, Verdict::Survive(_));
                let said = chart.verdicts(verdict, &survives)?;
                assert_eq!(chart.legal(candidate)?, Region(said));
                survivors += usize::from(said != Diagram::FALSE);
            }
            for primary in [true, false] {
                let refused = chart.refused(primary)?;
                let passes = |verdict: &Verdict| *verdict == Verdict::Pass;
                let said = chart.verdicts(refused, &passes)?;
                assert_eq!(chart.passes(primary)?, Region(said));
                let rules: Vec<RuleId> = chart.policy().rules().map(|(id, _)| id).collect();
                for rule in rules {
                    let its = |verdict: &Verdict| *verdict == Verdict::Refused(rule);
                    let said = chart.verdicts(refused, &its)?;
                    let by = chart.refused_by(primary, &|id| id == rule)?;
                    let unpassed = chart.passes(primary)?;
                    assert_eq!(chart.without(by, unpassed)?, Region(said));
                }
            }
            Ok(())
        })
    });
    assert_eq!(surveyed, Ok(Ok(())));
    assert!(slices > 20 && survivors > 20, "{slices}, {survivors}");
}

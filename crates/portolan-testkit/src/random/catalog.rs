//! Random catalogs: dated facts with gaps, price tiers, pairs, aliases that move.

use std::fmt::Write as _;

use super::facts::{dated, list, period, places, price, retention};
use super::values::{DATES, TEXTS, quoted};
use crate::dice::Dice;

/// The names that a catalog declares, and its text.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Regions.
    pub regions: Vec<String>,
    /// Endpoints.
    pub endpoints: Vec<String>,
    /// Providers.
    pub providers: Vec<String>,
    /// Makers.
    pub makers: Vec<String>,
    /// Ids of models.
    pub models: Vec<String>,
    /// Scores.
    pub scores: Vec<String>,
    /// Capabilities.
    pub capabilities: Vec<String>,
    /// Parameters of its own.
    pub parameters: Vec<String>,
    /// Texts that a policy over it compares with: few, so that they meet again.
    pub texts: Vec<String>,
    /// As YAML.
    pub yaml: String,
    offerings: usize,
}

const DECLARED: &str = "catalog: 1
places:
  benelux: [BE, NL, LU]
  drift: {members: [DE, {place: GB, until: 2026-03-01}, {place: US, from: 2026-03-01}]}
  \"cloud:x-1\": FR
  mixed: [benelux, \"cloud:x-1\"]
scores: {quality: {better: higher}, latency: {better: lower}}
capabilities: [stream, tools, vision]
parameters: [top_k2, odd]
makers: {acme: {title: Acme}, zenith: {}}
";

impl World {
    /// A small catalog.
    pub fn random(dice: &mut Dice) -> Self {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let mut world = Self {
            makers: names(&["acme", "zenith"]),
            scores: names(&["quality", "latency"]),
            capabilities: names(&["stream", "tools", "vision"]),
            parameters: names(&["top_k2", "odd"]),
            texts: names(&dice.some_of(&TEXTS, 30)),
            yaml: DECLARED.to_owned(),
            ..Self::default()
        };
        world.places_of_calls(dice);
        world.models(dice);
        world.aliases(dice);
        world
    }

    fn line(&mut self, name: &str, facts: &[String]) {
        writeln!(self.yaml, "  {name}: {{{}}}", facts.join(", ")).unwrap_or_default();
    }

    /// Adds a fact so many times in a hundred.
    fn maybe(
        dice: &mut Dice,
        facts: &mut Vec<String>,
        percent: usize,
        fact: impl FnOnce(&mut Dice) -> String,
    ) {
        if dice.chance(percent) {
            facts.push(fact(dice));
        }
    }

    fn placing(dice: &mut Dice, facts: &mut Vec<String>, percent: usize) {
        for key in ["processing", "storage"] {
            Self::maybe(dice, facts, percent, |d| dated(d, key, &mut places));
        }
    }

    fn places_of_calls(&mut self, dice: &mut Dice) {
        self.yaml.push_str("regions:\n");
        let count = dice.between(1, 4);
        for name in ["eu", "us", "global", "asia"].into_iter().take(count) {
            let mut facts = vec![format!("title: {name}")];
            Self::placing(dice, &mut facts, 85);
            Self::maybe(dice, &mut facts, 40, |d| {
                dated(d, "multiplier", &mut |d| {
                    d.word(&["1", "1.1", "1.5"]).to_owned()
                })
            });
            Self::maybe(dice, &mut facts, 20, |_| format!("usage: of-{name}"));
            self.line(name, &facts);
            self.regions.push(name.to_owned());
        }
        self.yaml.push_str("endpoints:\n");
        let count = dice.between(1, 4);
        for (index, name) in ["eu", "us", "north", "south"]
            .into_iter()
            .take(count)
            .enumerate()
        {
            let region = dice.pick(&self.regions);
            let mut facts = vec![
                format!("host: {name}.example.com"),
                "path: /v1".to_owned(),
                format!("region: {region}"),
            ];
            Self::maybe(dice, &mut facts, 85, |d| dated(d, "ingress", &mut places));
            if index == 0 {
                facts.push("default: true".to_owned());
            }
            self.line(name, &facts);
            self.endpoints.push(name.to_owned());
        }
        self.yaml.push_str("providers:\n");
        for index in 0..dice.between(1, 3) {
            let name = format!("p{index}");
            let mut facts = vec![format!("title: {name}")];
            Self::placing(dice, &mut facts, 25);
            Self::maybe(dice, &mut facts, 80, |d| {
                dated(d, "retention", &mut retention)
            });
            self.line(&name, &facts);
            self.providers.push(name);
        }
    }

    fn models(&mut self, dice: &mut Dice) {
        self.yaml.push_str("models:\n");
        let count = dice.between(1, 5);
        let all = ["acme-1", "acme-1-mini", "zen.5", "acme-2", "eu.acme-1"];
        self.models = all.iter().take(count).map(|id| (*id).to_owned()).collect();
        let mut last = String::new();
        for (index, id) in self.models.clone().iter().enumerate() {
            // Models that are alike but for their numbers and dates share a shape.
            last = if index > 0 && dice.chance(45) {
                varied(dice, &last)
            } else {
                self.model(dice, index)
            };
            writeln!(self.yaml, "  {}:\n{last}", quoted(id)).unwrap_or_default();
        }
    }

    fn model(&mut self, dice: &mut Dice, index: usize) -> String {
        let mut facts = self.model_facts(dice, index);
        let offered = if dice.chance(8) {
            0
        } else {
            dice.between(1, 4)
        };
        let mut offerings = Vec::new();
        for _ in 0..offered {
            offerings.push(self.offering(dice));
        }
        if offerings.is_empty() {
            facts.push("offerings: []".to_owned());
        } else {
            offerings.insert(0, "    offerings:".to_owned());
        }
        format!("    {}\n{}", facts.join("\n    "), offerings.join("\n"))
    }

    fn model_facts(&self, dice: &mut Dice, index: usize) -> Vec<String> {
        let split = dice.between(1, DATES.len() - 1);
        let (early, late) = DATES.split_at(split);
        let mut facts = vec![format!("title: Number {index}")];
        Self::maybe(dice, &mut facts, 40, |d| {
            format!("released: {}", d.word(early))
        });
        Self::maybe(dice, &mut facts, 50, |d| {
            format!("retires: {}", d.word(late))
        });
        Self::maybe(dice, &mut facts, 80, |d| {
            format!("maker: {}", d.word(&["acme", "zenith"]))
        });
        if let Some(next) = self.models.get(index + 1) {
            Self::maybe(dice, &mut facts, 60, |_| {
                format!("successor: {}", quoted(next))
            });
        }
        Self::maybe(dice, &mut facts, 70, |d| {
            dated(d, "capabilities", &mut |d| {
                list(d, &["stream", "tools", "vision"], 50)
            })
        });
        Self::maybe(dice, &mut facts, 60, |d| {
            dated(d, "parameters", &mut |d| {
                list(d, &["tools", "temperature", "odd"], 50)
            })
        });
        for score in ["quality", "latency"] {
            if dice.chance(50) {
                let score = dated(dice, score, &mut |d| {
                    d.word(&["0", "1", "2.5", "71", "-3"]).to_owned()
                });
                facts.push(format!("scores: {{{score}}}"));
                break;
            }
        }
        Self::limits(dice, &mut facts, 70);
        Self::maybe(dice, &mut facts, 80, price);
        facts
    }

    fn limits(dice: &mut Dice, facts: &mut Vec<String>, percent: usize) {
        Self::maybe(dice, facts, percent, |d| {
            dated(d, "context_window", &mut |d| {
                d.word(&["1000", "4k", "128k", "1M"]).to_owned()
            })
        });
        Self::maybe(dice, facts, percent, |d| {
            dated(d, "max_output", &mut |d| {
                d.word(&["100", "500", "900"]).to_owned()
            })
        });
    }

    fn offering(&mut self, dice: &mut Dice) -> String {
        let region = dice.pick(&self.regions);
        self.offerings += 1;
        let mut facts = vec![
            format!("region: {region}"),
            format!(
                "upstream_id: {}{}",
                dice.word(&["o", "up-"]),
                self.offerings
            ),
        ];
        let mut providers = dice.some_of(&self.providers, 50);
        if providers.is_empty() {
            providers.push(dice.pick(&self.providers));
        }
        facts.push(format!("providers: [{}]", providers.join(", ")));
        if dice.chance(25) {
            let window = period(dice, 60);
            facts.extend(
                window
                    .split(", ")
                    .filter(|p| !p.is_empty())
                    .map(str::to_owned),
            );
        }
        let mut reached = self.endpoints.clone();
        if dice.chance(25) {
            reached = dice.some_of(&self.endpoints, 60);
            if reached.is_empty() {
                reached.push(dice.pick(&self.endpoints));
            }
            facts.push(format!("endpoints: [{}]", reached.join(", ")));
        }
        Self::placing(dice, &mut facts, 20);
        Self::maybe(dice, &mut facts, 15, |d| {
            dated(d, "retention", &mut retention)
        });
        Self::maybe(dice, &mut facts, 20, |d| {
            dated(d, "capabilities", &mut |d| {
                list(d, &["stream", "tools", "vision"], 50)
            })
        });
        Self::maybe(dice, &mut facts, 20, |d| {
            dated(d, "parameters", &mut |d| {
                list(d, &["tools", "temperature", "odd"], 50)
            })
        });
        Self::limits(dice, &mut facts, 20);
        Self::maybe(dice, &mut facts, 20, price);
        Self::maybe(dice, &mut facts, 20, |d| {
            dated(d, "multiplier", &mut |d| {
                d.word(&["1", "2", "0.5"]).to_owned()
            })
        });
        let mut pairs = Vec::new();
        for endpoint in reached {
            if dice.chance(20) {
                let mut facts = vec![format!("endpoint: {endpoint}")];
                Self::placing(dice, &mut facts, 50);
                Self::maybe(dice, &mut facts, 30, |d| {
                    dated(d, "retention", &mut retention)
                });
                Self::maybe(dice, &mut facts, 30, |_| {
                    format!("upstream_id: at-{endpoint}")
                });
                pairs.push(format!("{{{}}}", facts.join(", ")));
            }
        }
        if !pairs.is_empty() {
            facts.push(format!("pairs: [{}]", pairs.join(", ")));
        }
        format!("      - {{{}}}", facts.join(", "))
    }

    fn aliases(&mut self, dice: &mut Dice) {
        let (one, other) = (dice.pick(&self.models), dice.pick(&self.models));
        let split = dice.between(1, DATES.len() - 1);
        let (early, late) = DATES.split_at(split);
        let (until, from) = (dice.word(early), dice.word(late));
        write!(
            self.yaml,
            "aliases:\n  latest: \"{one}\"\n  moving: [{{model: \"{one}\", until: {until}}}, {{model: \"{other}\", from: {from}}}]\n"
        )
        .unwrap_or_default();
        // A region that the model is sold in, wherever one of its offerings says so.
        let sold: Vec<(String, String)> = self.sold();
        if let Some((model, region)) = dice.one_of(&sold) {
            let window = period(dice, 40);
            writeln!(
                self.yaml,
                "  pinned: [{{model: \"{model}\", region: {region}{window}}}]"
            )
            .unwrap_or_default();
        }
    }

    /// Models with regions that they are sold in, read off the text.
    fn sold(&self) -> Vec<(String, String)> {
        let mut model = String::new();
        let mut found = Vec::new();
        for line in self.yaml.lines() {
            if let Some(id) = line
                .strip_prefix("  \"")
                .and_then(|l| l.strip_suffix("\":"))
            {
                id.clone_into(&mut model);
            }
            let region = line.strip_prefix("      - {region: ");
            if let Some(region) = region.and_then(|r| r.split(',').next()) {
                found.push((model.clone(), region.to_owned()));
            }
        }
        found
    }
}

/// The same model with other numbers and dates, in the same order as before. It comes after
/// nobody, so that no circle is made.
fn varied(dice: &mut Dice, model: &str) -> String {
    let lines = model.lines();
    let own: Vec<&str> = lines
        .filter(|line| !line.starts_with("    successor: "))
        .collect();
    let mut text = own.join("\n");
    for (from, to) in [
        (" 4k", " 5k"),
        (" 128k", " 64k"),
        (" 900", " 901"),
        (" 500", " 400"),
        (" 1000", " 1001"),
        ("2026-03-0", "2026-04-0"),
        ("2026-07-31", "2026-08-30"),
        ("2025-06-01", "2025-05-01"),
        ("output: 3", "output: 4"),
        ("quality: 1", "quality: 2"),
        ("[stream, tools]", "[tools]"),
        ("[tools, temperature]", "[temperature, odd]"),
        ("{region: eu", "{region: us"),
    ] {
        if dice.chance(50) && (to != "{region: us" || model.contains(to)) {
            text = text.replace(from, to);
        }
    }
    text
}

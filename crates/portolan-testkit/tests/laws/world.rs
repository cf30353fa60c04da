//! Random catalogs, kept beside their YAML as plain data that the oracle judges by.
//!
//! Rules over them are in `rules.rs`; what places and retentions mean is in `oracle.rs`.

use std::fmt::Write as _;

use portolan_core::instant::Instant;
pub(crate) use portolan_testkit::random::{DATES, PLACES};

use crate::dice::Dice;

/// The places that every generated catalog declares.
const DECLARED: &str = "places:
  benelux: [BE, NL, LU]
  drift: {members: [DE, {place: GB, until: 2026-03-01}, {place: US, from: 2026-03-01}]}
  \"cloud:x-1\": FR
  mixed: [benelux, \"cloud:x-1\"]
";

pub(crate) fn instant(date: &str) -> Instant {
    Instant::parse(date).unwrap()
}

/// A half-open period between two of `DATES`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Period {
    pub(crate) from: Option<&'static str>,
    pub(crate) until: Option<&'static str>,
}

impl Period {
    pub(crate) fn random(dice: &mut Dice) -> Self {
        let split = dice.between(1, DATES.len() - 1);
        Self {
            from: dice.chance(50).then(|| DATES[dice.below(split)]),
            until: dice
                .chance(50)
                .then(|| DATES[dice.between(split, DATES.len() - 1)]),
        }
    }

    pub(crate) fn contains(self, at: Instant) -> bool {
        self.from.is_none_or(|from| instant(from) <= at)
            && self.until.is_none_or(|until| at < instant(until))
    }

    fn yaml(self, out: &mut Vec<String>) {
        out.extend(self.from.map(|from| format!("from: {from}")));
        out.extend(self.until.map(|until| format!("until: {until}")));
    }
}

/// A fact by period; nothing where no period says anything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dated(Vec<(Period, String)>);

impl Dated {
    /// A fact that holds always, or changes once, perhaps with a gap.
    fn random(dice: &mut Dice, mut value: impl FnMut(&mut Dice) -> String) -> Self {
        if dice.chance(65) {
            return Self(vec![(Period::default(), value(dice))]);
        }
        let first = dice.below(DATES.len() - 1);
        let second = if dice.chance(70) {
            first
        } else {
            dice.between(first, DATES.len() - 1)
        };
        let before = Period {
            from: None,
            until: Some(DATES[first]),
        };
        let after = Period {
            from: Some(DATES[second]),
            until: None,
        };
        Self(vec![(before, value(dice)), (after, value(dice))])
    }

    fn sometimes(dice: &mut Dice, percent: usize, value: impl FnMut(&mut Dice) -> String) -> Self {
        if dice.chance(percent) {
            Self::random(dice, value)
        } else {
            Self::default()
        }
    }

    pub(crate) fn at(&self, at: Instant) -> Option<&str> {
        let found = self.0.iter().find(|(period, _)| period.contains(at));
        found.map(|(_, value)| value.as_str())
    }

    fn yaml(&self, key: &str, out: &mut Vec<String>) {
        match self.0.as_slice() {
            [] => {}
            [
                (
                    Period {
                        from: None,
                        until: None,
                    },
                    value,
                ),
            ] => out.push(format!("{key}: {value}")),
            periods => {
                let each = periods.iter().map(|(period, value)| {
                    let mut parts = vec![format!("value: {value}")];
                    period.yaml(&mut parts);
                    format!("{{{}}}", parts.join(", "))
                });
                out.push(format!("{key}: [{}]", each.collect::<Vec<_>>().join(", ")));
            }
        }
    }
}

/// One place, several, or nobody knows.
fn places(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => "unknown".to_owned(),
        1 => "[DE, unknown]".to_owned(),
        2..=4 => format!("[{:?}, {:?}]", dice.pick(&PLACES[..5]), "benelux"),
        _ => format!("{:?}", dice.pick(&PLACES)),
    }
}

fn retention(dice: &mut Dice) -> String {
    dice.pick(&["zero", "7d", "30d", "30d", "unknown"])
        .to_owned()
}

/// Where something is processed and stored.
#[derive(Debug, Default)]
pub(crate) struct Placing {
    pub(crate) processing: Dated,
    pub(crate) storage: Dated,
}

impl Placing {
    fn random(dice: &mut Dice, percent: usize) -> Self {
        Self {
            processing: Dated::sometimes(dice, percent, places),
            storage: Dated::sometimes(dice, percent, places),
        }
    }

    fn yaml(&self, out: &mut Vec<String>) {
        self.processing.yaml("processing", out);
        self.storage.yaml("storage", out);
    }
}

#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) placing: Placing,
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) ingress: Dated,
}

#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) placing: Placing,
    pub(crate) retention: Dated,
}

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) endpoint: usize,
    pub(crate) placing: Placing,
    pub(crate) retention: Dated,
}

/// An offering; its id upstream tells it from all others.
#[derive(Debug)]
pub(crate) struct Offering {
    pub(crate) upstream_id: String,
    pub(crate) model: String,
    pub(crate) region: usize,
    pub(crate) providers: Vec<usize>,
    pub(crate) window: Period,
    pub(crate) endpoints: Option<Vec<usize>>,
    pub(crate) placing: Placing,
    pub(crate) retention: Dated,
    pub(crate) pairs: Vec<Pair>,
}

/// A catalog as data, and as YAML.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) regions: Vec<Region>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) models: Vec<String>,
    pub(crate) offerings: Vec<Offering>,
    pub(crate) yaml: String,
}

impl World {
    pub(crate) fn random(dice: &mut Dice) -> Self {
        let mut world = Self {
            regions: Vec::new(),
            endpoints: Vec::new(),
            providers: Vec::new(),
            models: Vec::new(),
            offerings: Vec::new(),
            yaml: format!(
                "catalog: 1\n{DECLARED}scores: {{quality: {{better: higher}}}}\ncapabilities: [tools, vision]\n"
            ),
        };
        world.regions(dice);
        world.endpoints(dice);
        world.providers(dice);
        world.models(dice);
        world
    }

    fn line(&mut self, name: &str, facts: &[String]) {
        writeln!(self.yaml, "  {name}: {{{}}}", facts.join(", ")).unwrap();
    }

    fn regions(&mut self, dice: &mut Dice) {
        self.yaml.push_str("regions:\n");
        for name in &["eu", "us", "global", "asia"][..dice.between(1, 4)] {
            let placing = Placing::random(dice, 85);
            let mut facts = Vec::new();
            placing.yaml(&mut facts);
            Dated::sometimes(dice, 40, |d| d.pick(&["1", "1.1", "1.5"]).to_owned())
                .yaml("multiplier", &mut facts);
            self.line(name, &facts);
            self.regions.push(Region {
                name: (*name).to_owned(),
                placing,
            });
        }
    }

    fn endpoints(&mut self, dice: &mut Dice) {
        self.yaml.push_str("endpoints:\n");
        for index in 0..dice.between(2, 4) {
            let name = ["eu", "us", "north", "south"][index];
            let region = &dice.one_of(&self.regions).name;
            let mut facts = vec![
                format!("host: {name}.example.com"),
                "path: /v1".to_owned(),
                format!("region: {region}"),
            ];
            let ingress = Dated::sometimes(dice, 85, places);
            ingress.yaml("ingress", &mut facts);
            if index == 0 {
                facts.push("default: true".to_owned());
            }
            self.line(name, &facts);
            self.endpoints.push(Endpoint {
                name: name.to_owned(),
                ingress,
            });
        }
    }

    fn providers(&mut self, dice: &mut Dice) {
        self.yaml
            .push_str("makers: {acme: {title: Acme}, zenith: {}}\nproviders:\n");
        for index in 0..dice.between(1, 3) {
            let name = format!("p{index}");
            let placing = Placing::random(dice, 25);
            let retention = Dated::sometimes(dice, 80, retention);
            let mut facts = Vec::new();
            placing.yaml(&mut facts);
            retention.yaml("retention", &mut facts);
            self.line(&name, &facts);
            self.providers.push(Provider {
                name,
                placing,
                retention,
            });
        }
    }

    fn models(&mut self, dice: &mut Dice) {
        self.yaml.push_str("models:\n");
        let count = dice.between(2, 6);
        self.models = (0..count)
            .map(|i| format!("m{i}{}", dice.pick(&["", "-large", ".5"])))
            .collect();
        for (index, id) in self.models.clone().iter().enumerate() {
            self.model_facts(dice, id, index);
            let count = if dice.chance(5) {
                0
            } else {
                dice.between(1, 4)
            };
            if count == 0 {
                self.yaml.push_str("    offerings: []\n");
                continue;
            }
            self.yaml.push_str("    offerings:\n");
            for _ in 0..count {
                let offering = self.offering(dice, id);
                self.offerings.push(offering);
            }
        }
        self.aliases(dice);
    }

    fn model_facts(&mut self, dice: &mut Dice, id: &str, index: usize) {
        let split = dice.between(1, DATES.len() - 1);
        let mut facts = Vec::new();
        let mut maybe = |dice: &mut Dice, percent: usize, fact: String| {
            if dice.chance(percent) {
                facts.push(fact);
            }
        };
        let (released, retires) = (
            DATES[dice.below(split)],
            DATES[dice.between(split, DATES.len() - 1)],
        );
        maybe(dice, 40, format!("released: {released}"));
        maybe(dice, 50, format!("retires: {retires}"));
        let maker = dice.pick(&["acme", "zenith"]);
        maybe(dice, 80, format!("maker: {maker}"));
        if let Some(next) = self.models.get(index + 1) {
            maybe(dice, 50, format!("successor: {next}"));
        }
        let (words, takes) = (
            dice.pick(&["[]", "[tools]", "[tools, vision]"]),
            dice.pick(&["[]", "[tools, temperature]"]),
        );
        maybe(dice, 80, format!("capabilities: {words}"));
        maybe(dice, 60, format!("parameters: {takes}"));
        let score = dice.below(5);
        maybe(dice, 70, format!("scores: {{quality: {score}}}"));
        Dated::sometimes(dice, 70, |d| d.pick(&["1000", "4k", "1M"]).to_owned())
            .yaml("context_window", &mut facts);
        if dice.chance(50) {
            facts.push(format!("max_output: {}", dice.pick(&["100", "900"])));
        }
        if dice.chance(80) {
            let (input, output) = (dice.between(1, 9), dice.between(1, 20));
            facts.push(format!("price: {{input: {input}.00, output: {output}.00}}"));
        }
        writeln!(self.yaml, "  {id}:").unwrap();
        for fact in facts {
            writeln!(self.yaml, "    {fact}").unwrap();
        }
    }

    fn offering(&mut self, dice: &mut Dice, model: &str) -> Offering {
        let upstream_id = format!("o{}", self.offerings.len());
        let region = dice.below(self.regions.len());
        let mut providers = vec![dice.below(self.providers.len())];
        if dice.chance(25) {
            providers.push((providers[0] + 1) % self.providers.len());
            providers.dedup();
        }
        let window = if dice.chance(40) {
            Period::random(dice)
        } else {
            Period::default()
        };
        let mut endpoints: Option<Vec<usize>> = None;
        if dice.chance(30) {
            let mut some: Vec<usize> = (0..self.endpoints.len())
                .filter(|_| dice.chance(60))
                .collect();
            if some.is_empty() {
                some.push(0);
            }
            endpoints = Some(some);
        }
        let placing = Placing::random(dice, 20);
        let retention_own = Dated::sometimes(dice, 15, retention);
        let mut pairs = Vec::new();
        for endpoint in 0..self.endpoints.len() {
            let reached = endpoints.as_ref().is_none_or(|e| e.contains(&endpoint));
            if reached && dice.chance(15) {
                pairs.push(Pair {
                    endpoint,
                    placing: Placing::random(dice, 50),
                    retention: Dated::sometimes(dice, 30, retention),
                });
            }
        }
        let offering = Offering {
            upstream_id,
            model: model.to_owned(),
            region,
            providers,
            window,
            endpoints,
            placing,
            retention: retention_own,
            pairs,
        };
        self.offering_yaml(&offering);
        offering
    }

    fn offering_yaml(&mut self, offering: &Offering) {
        let name = |index: &usize| self.providers[*index].name.clone();
        let endpoint = |index: &usize| self.endpoints[*index].name.clone();
        let mut facts = vec![
            format!("region: {}", self.regions[offering.region].name),
            format!("upstream_id: {}", offering.upstream_id),
        ];
        facts.push(match offering.providers.as_slice() {
            [one] => format!("provider: {}", name(one)),
            all => format!(
                "providers: [{}]",
                all.iter().map(name).collect::<Vec<_>>().join(", ")
            ),
        });
        offering.window.yaml(&mut facts);
        if let Some(endpoints) = &offering.endpoints {
            facts.push(format!(
                "endpoints: [{}]",
                endpoints
                    .iter()
                    .map(endpoint)
                    .collect::<Vec<_>>()
                    .join(", ")
            ));
        }
        offering.placing.yaml(&mut facts);
        offering.retention.yaml("retention", &mut facts);
        let mut pairs = Vec::new();
        for pair in &offering.pairs {
            let mut facts = vec![format!("endpoint: {}", endpoint(&pair.endpoint))];
            pair.placing.yaml(&mut facts);
            pair.retention.yaml("retention", &mut facts);
            pairs.push(format!("{{{}}}", facts.join(", ")));
        }
        if !pairs.is_empty() {
            facts.push(format!("pairs: [{}]", pairs.join(", ")));
        }
        writeln!(self.yaml, "      - {{{}}}", facts.join(", ")).unwrap();
    }

    fn aliases(&mut self, dice: &mut Dice) {
        self.yaml.push_str("aliases:\n");
        let (one, other) = (
            dice.one_of(&self.models).clone(),
            dice.one_of(&self.models).clone(),
        );
        let date = DATES[dice.below(DATES.len())];
        writeln!(self.yaml, "  latest: {one}").unwrap();
        writeln!(
            self.yaml,
            "  moving: [{{model: {one}, until: {date}}}, {{model: {other}, from: {date}}}]"
        )
        .unwrap();
        if let Some(offering) = self.offerings.first() {
            let region = &self.regions[offering.region].name;
            writeln!(
                self.yaml,
                "  pinned: {{model: {}, region: {region}}}",
                offering.model
            )
            .unwrap();
        }
    }
}

//! What a catalog is made of: the keys of every kind of entry, and what stands under each.
//!
//! `decode` reads by it, and a schema for editors is written from it. What needs two entries at
//! once, such as whether a name is declared, is `validate`'s and stands nowhere here.

/// Slots of a URL template.
pub const SLOTS: [&str; 5] = ["host", "endpoint", "region", "model", "upstream_id"];

/// What stands under a key, or as an item.
#[derive(Debug, Clone, Copy)]
pub enum Holds {
    /// The edition of the format.
    Edition,
    /// Any text.
    Text,
    /// Text that names something: not empty, nothing invisible in it.
    Name,
    /// Names in order.
    Names,
    /// A date, or an instant.
    Instant,
    /// A whole number, such as `199_999`, `200k` or `1M`.
    Tokens,
    /// An exact decimal.
    Decimal,
    /// An exact decimal that is not negative.
    Amount,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Several of these words.
    Words(&'static [&'static str]),
    /// A host, without scheme and path.
    Host,
    /// A path on a host, which may have slots.
    Path,
    /// A URL, which may have slots.
    Url,
    /// A place, or several.
    Places,
    /// `zero`, `unknown`, or days such as `30d`.
    Retention,
    /// The value, a map with the value, its dates and where it comes from, or a list of such maps.
    Fact(&'static Self),
    /// A map of names to such entries.
    Section(&'static Self),
    /// A list of such entries, possibly of none.
    List(&'static Form),
    /// One item, or a list of one at least.
    Several(&'static Self),
    /// A name, or an entry.
    Named(&'static Form),
    /// An entry, or else an item or several.
    Either(&'static Form, &'static Self),
    /// An entry of this form.
    Entry(&'static Form),
    /// An entry in one of two forms: the second where it has the second's first key.
    Wrapped(&'static Form, &'static Form),
}

/// A key of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What stands under it.
    pub holds: Holds,
    /// What it says, for people.
    pub about: &'static str,
}

/// What an entry takes.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Its keys; those of [`ASIDE`] may stand on every entry.
    pub keys: &'static [Key],
    /// Those that must be there.
    pub required: &'static [&'static str],
    /// Of these exactly one must be there.
    pub one_of: &'static [&'static str],
    /// Of these at least one must be there.
    pub some_of: &'static [&'static str],
    /// Of these at most one may be there.
    pub at_most_one_of: &'static [&'static str],
    /// Takes those of [`DATES`] as well.
    pub dated: bool,
}

impl Form {
    /// An entry of these keys, none of which must be there.
    const fn of(keys: &'static [Key]) -> Self {
        Self {
            keys,
            required: &[],
            one_of: &[],
            some_of: &[],
            at_most_one_of: &[],
            dated: false,
        }
    }

    const fn requires(self, required: &'static [&'static str]) -> Self {
        Self { required, ..self }
    }

    const fn dated(self) -> Self {
        Self {
            dated: true,
            ..self
        }
    }

    /// Says whether it has a key of its own with this name.
    pub fn takes(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }

    /// All keys: its own, dates where it takes them, and what may stand beside it.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static Key> {
        let dates: &[Key] = if self.dated { &DATES } else { &[] };
        self.keys.iter().chain(dates).chain(&ASIDE)
    }
}

const fn key(name: &'static str, holds: Holds, about: &'static str) -> Key {
    Key { name, holds, about }
}

const TITLE: Key = key("title", Holds::Text, "what it is called, for people");
const URL: Key = key(
    "url",
    Holds::Url,
    "a URL template with {host}, {endpoint}, {region}, {model}, {upstream_id}",
);
const PROCESSING: Key = key(
    "processing",
    PLACE_FACT,
    "where it is processed; may be dated",
);
const STORAGE: Key = key(
    "storage",
    PLACE_FACT,
    "where data at rest lies; may be dated",
);
const RETENTION: Key = key(
    "retention",
    Holds::Fact(&Holds::Retention),
    "how long data is kept: `zero`, days as `30d`, or `unknown`; may be dated",
);
const UPSTREAM_ID: Key = key("upstream_id", Holds::Name, "the id that is sent upstream");
const CONTEXT_WINDOW: Key = key(
    "context_window",
    TOKEN_FACT,
    "the most tokens, input and output together; may be dated",
);
const MAX_OUTPUT: Key = key(
    "max_output",
    TOKEN_FACT,
    "the most output tokens; may be dated",
);
const CAPABILITIES: Key = key(
    "capabilities",
    WORD_FACT,
    "what it can do, in the words of the catalog's `capabilities`; may be dated",
);
const PARAMETERS: Key = key(
    "parameters",
    WORD_FACT,
    "request parameters that it takes; may be dated",
);
const PRICES: Key = key(
    "price",
    Holds::Several(&Holds::Wrapped(&PRICE, &WRAPPED_PRICE)),
    "US dollars per million tokens; a list holds several tiers or dates",
);
const MULTIPLIER: Key = key(
    "multiplier",
    Holds::Fact(&Holds::Amount),
    "of the model's list price; may be dated",
);

const PLACE_FACT: Holds = Holds::Fact(&Holds::Places);
const TOKEN_FACT: Holds = Holds::Fact(&Holds::Tokens);
const WORD_FACT: Holds = Holds::Fact(&Holds::Names);

/// What may stand beside every entry and every fact.
pub const ASIDE: [Key; 3] = [
    key(
        "source",
        Holds::Name,
        "where this comes from, one of `sources`",
    ),
    key(
        "as_of",
        Holds::Instant,
        "when this was read; it bounds nothing",
    ),
    key("note", Holds::Text, "whatever a reader should know"),
];

/// What a dated entry or fact takes as well.
pub const DATES: [Key; 2] = [
    key(
        "from",
        Holds::Instant,
        "the first instant; left out: since ever",
    ),
    key(
        "until",
        Holds::Instant,
        "the first instant after; left out: for ever",
    ),
];

/// A catalog, with its keys in the order in which they are best written.
pub const CATALOG: Form = Form::of(&[
    key("catalog", Holds::Edition, "the edition of this format: 1"),
    TITLE,
    key(
        "include",
        Holds::Names,
        "paths of catalogs that are merged into this one",
    ),
    key(
        "sources",
        Holds::Section(&Holds::Entry(&ORIGIN)),
        "where facts come from",
    ),
    key(
        "places",
        Holds::Section(&Holds::Either(
            &PLACE,
            &Holds::Several(&Holds::Named(&MEMBER)),
        )),
        "places beside the countries, EU27, EEA, EFTA and world",
    ),
    key(
        "scores",
        Holds::Section(&Holds::Entry(&SCORE)),
        "kinds of scores; the first ranks alternatives",
    ),
    key(
        "capabilities",
        Holds::Names,
        "the words that models may use",
    ),
    key(
        "parameters",
        Holds::Names,
        "request parameters beside those that every request schema knows",
    ),
    key(
        "regions",
        Holds::Section(&Holds::Entry(&REGION)),
        "names under which processing is sold",
    ),
    key(
        "endpoints",
        Holds::Section(&Holds::Entry(&ENDPOINT)),
        "hosts that clients call",
    ),
    key(
        "makers",
        Holds::Section(&Holds::Entry(&MAKER)),
        "who trains models",
    ),
    key(
        "providers",
        Holds::Section(&Holds::Entry(&PROVIDER)),
        "who runs models",
    ),
    key(
        "models",
        Holds::Section(&Holds::Entry(&MODEL)),
        "what may be called",
    ),
    key(
        "aliases",
        Holds::Section(&Holds::Several(&Holds::Named(&ALIAS))),
        "second ids of models, or of their offerings in one region",
    ),
])
.requires(&["catalog"]);

/// Where facts come from.
pub const ORIGIN: Form = Form::of(&[TITLE, key("url", Holds::Text, "where it can be read")]);

/// A place.
pub const PLACE: Form = Form::of(&[
    key(
        "members",
        Holds::Several(&Holds::Named(&MEMBER)),
        "countries and places that it consists of",
    ),
    TITLE,
])
.requires(&["members"]);

/// A member of a place, for a time.
pub const MEMBER: Form = Form::of(&[key("place", Holds::Name, "a country or a place")])
    .requires(&["place"])
    .dated();

/// A kind of score.
pub const SCORE: Form = Form::of(&[
    key(
        "better",
        Holds::Word(&["higher", "lower"]),
        "which of two scores is better",
    ),
    key("unit", Holds::Text, "what it counts"),
])
.requires(&["better"]);

/// A region.
pub const REGION: Form = Form::of(&[
    PROCESSING,
    STORAGE,
    MULTIPLIER,
    key(
        "usage",
        Holds::Name,
        "the bucket that its usage is counted in",
    ),
    URL,
    TITLE,
]);

/// An endpoint.
pub const ENDPOINT: Form = Form {
    one_of: &["path", "url"],
    ..Form::of(&[
        key("host", Holds::Host, "the host that is called"),
        key("path", Holds::Path, "the path that is called"),
        URL,
        key(
            "ingress",
            PLACE_FACT,
            "where calls are received; may be dated",
        ),
        key(
            "region",
            Holds::Name,
            "the region in which it processes by default",
        ),
        key("default", Holds::Flag, "called where a request names none"),
        key(
            "executes",
            Holds::Words(&["retry", "fallbacks", "json-repair", "transcript"]),
            "what it does itself",
        ),
    ])
    .requires(&["host", "region"])
};

/// A maker.
pub const MAKER: Form = Form::of(&[TITLE]);

/// A provider.
pub const PROVIDER: Form = Form::of(&[TITLE, RETENTION, PROCESSING, STORAGE, URL]);

/// A model.
pub const MODEL: Form = Form::of(&[
    TITLE,
    key("maker", Holds::Name, "who trained it, one of `makers`"),
    key(
        "released",
        Holds::Instant,
        "the first instant at which it can be called",
    ),
    key(
        "retires",
        Holds::Instant,
        "the first instant at which it can no longer be called",
    ),
    key("successor", Holds::Name, "the model to use instead"),
    CONTEXT_WINDOW,
    MAX_OUTPUT,
    CAPABILITIES,
    PARAMETERS,
    key(
        "scores",
        Holds::Section(&Holds::Fact(&Holds::Decimal)),
        "its scores, by a name of the catalog's `scores`; may be dated",
    ),
    PRICES,
    key(
        "offerings",
        Holds::List(&OFFERING),
        "the regions it is sold in",
    ),
]);

/// An offering.
pub const OFFERING: Form = Form {
    at_most_one_of: &["provider", "providers"],
    ..Form::of(&[
        key("region", Holds::Name, "where it is sold, one of `regions`"),
        key("provider", Holds::Name, "who runs it, one of `providers`"),
        key(
            "providers",
            Holds::Names,
            "who runs it, where one spills to another",
        ),
        key(
            "endpoints",
            Holds::Names,
            "the endpoints that reach it; left out: all of the region",
        ),
        UPSTREAM_ID,
        URL,
        PROCESSING,
        STORAGE,
        RETENTION,
        CONTEXT_WINDOW,
        MAX_OUTPUT,
        CAPABILITIES,
        PARAMETERS,
        PRICES,
        MULTIPLIER,
        key(
            "pairs",
            Holds::List(&PAIR),
            "what differs through one endpoint",
        ),
    ])
    .requires(&["region"])
    .dated()
};

/// What differs through one endpoint.
pub const PAIR: Form = Form::of(&[
    key("endpoint", Holds::Name, "one of `endpoints`"),
    PROCESSING,
    STORAGE,
    RETENTION,
    UPSTREAM_ID,
    URL,
])
.requires(&["endpoint"]);

const AMOUNTS: &[&str] = &["input", "output", "cache_read", "cache_write"];

const ROW: &[Key] = &[
    key("input", Holds::Amount, "per million input tokens"),
    key("output", Holds::Amount, "per million output tokens"),
    key(
        "cache_read",
        Holds::Amount,
        "per million tokens read from a cache",
    ),
    key(
        "cache_write",
        Holds::Amount,
        "per million tokens written to a cache",
    ),
    key(
        "above_input_tokens",
        Holds::Tokens,
        "the tier of calls with more input than this",
    ),
    key(
        "service_tier",
        Holds::Name,
        "the tier of calls that ask for it",
    ),
];

/// A row of prices.
pub const PRICE: Form = Form {
    some_of: AMOUNTS,
    ..Form::of(ROW).dated()
};

/// The same in `value`.
pub const WRAPPED_PRICE: Form = Form::of(&[key(
    "value",
    Holds::Entry(&PRICE_VALUE),
    "US dollars per million tokens",
)])
.requires(&["value"])
.dated();

/// What stands there.
pub const PRICE_VALUE: Form = Form::of(ROW);

/// A value of a fact, with its dates.
pub const PERIOD: Form = Form::of(&[key("value", Holds::Text, "the value")])
    .requires(&["value"])
    .dated();

/// What an alias stands for.
pub const ALIAS: Form = Form::of(&[
    key("model", Holds::Name, "the model that is meant"),
    key("region", Holds::Name, "only its offerings in this region"),
])
.requires(&["model"])
.dated();

//! Every bound on untrusted input, in one file.
//!
//! Nothing that the core reads may make it loop, recurse or grow without bound. Each constant
//! here is the line that stops it; the diagnostics and refusals quote these numbers.

/// Bytes of one source file, policy or catalog. 100,000 models are about 45 MB of YAML.
pub const SOURCE_BYTES: usize = 128 * 1024 * 1024;

/// Files that one policy may pull in through `use catalog`, `include` and overlays.
pub const SOURCE_FILES: usize = 256;

/// Depth of includes, so that a cycle of them ends.
pub const INCLUDE_DEPTH: usize = 16;

/// Nested brackets in a policy file, counted before the grammar sees the text.
pub const NESTING: usize = 64;

/// Nested collections in a YAML catalog.
pub const YAML_NESTING: usize = 24;

/// Nodes of a YAML catalog, aliases expanded.
pub const YAML_NODES: usize = 8_000_000;

/// Nodes that YAML aliases may add by expansion, so that a small file cannot become a large one.
pub const YAML_ALIAS_NODES: usize = 50_000;

/// Bytes of one scalar in a catalog, of one string in a policy, or of a request field that is kept.
pub const SCALAR_BYTES: usize = 64 * 1024;

/// Diagnostics reported in one run; the last one says how many more there are.
pub const DIAGNOSTICS: usize = 1_000;

/// Items in one policy, overlays and includes together.
pub const ITEMS: usize = 20_000;

/// Nodes of one rule's condition after its defines were expanded.
pub const CONDITION_NODES: usize = 4_096;

/// Depth of one condition after its defines were expanded.
pub const CONDITION_DEPTH: usize = 96;

/// Distinct atoms in a lock's `when`, whose truth table is checked for failing closed.
pub const LOCK_ATOMS: usize = 12;

/// Fallback entries of one request that are looked at; a longer list is a fault of the request.
pub const FALLBACKS: usize = 16;

/// Bytes of a request body that the wire reads.
pub const BODY_BYTES: usize = 32 * 1024 * 1024;

/// Characters of an upstream's error message, and of each of its details, that are kept.
pub const UPSTREAM_MESSAGE_CHARS: usize = 2_000;

/// Details of an upstream's error that are kept.
pub const UPSTREAM_DETAILS: usize = 20;

/// Keys of one object of a request body that is looked into.
pub const BODY_KEYS: usize = 10_000;

/// Different types of parts, of tools or of steps in one request body.
pub const TYPES: usize = 64;

/// Faults of one request body that are listed.
pub const FAULTS: usize = 100;

/// Characters of user input echoed in a message; the rest is cut and marked.
pub const ECHO_CHARS: usize = 120;

/// Suggestions in one help line.
pub const SUGGESTIONS: usize = 3;

/// Words that a help line lists where nothing is near to the one that was written.
pub const CHOICES_LISTED: usize = 8;

/// Models tried when a refusal looks for legal alternatives, best score first.
pub const ALTERNATIVES_TRIED: usize = 512;

/// Dated scores, times the instants at which any of them changes, that are ranked when a catalog is
/// read; past it each refusal that looks for alternatives ranks all models itself.
pub const SCORES_RANKED: usize = 2_000_000;

/// Hops followed from a model to a successor that is legal for the request.
pub const SUCCESSOR_HOPS: usize = 8;

/// Stretches of time in which a named place has different territories.
pub const PLACE_PERIODS: usize = 256;

/// Periods of one fact, and price rows of one model or offering.
pub const FACT_PERIODS: usize = 256;

/// Offerings of one model.
pub const OFFERINGS: usize = 1_024;

/// Names compared, in one catalog, in search of near spellings; past it errors suggest nothing.
pub const NAMES_COMPARED: usize = 2_000_000;

/// Comparisons between entries of one catalog (prices with multipliers, offerings with each
/// other), so that no small file makes for long work.
pub const CATALOG_COMPARISONS: usize = 100_000_000;

/// Bytes of one item of a catalog in the rules language.
pub const CATALOG_ITEM_BYTES: usize = 4 * 1024 * 1024;

/// Different words of one set of a request that rules and catalog name, for a diagram.
pub const DIAGRAM_WORDS: usize = 127;

/// Fields that one policy's diagrams may ask for; also the depth of their recursion.
pub const DIAGRAM_FIELDS: usize = 256;

/// Stretches of time, or of a price, that one question is folded over.
pub const DIAGRAM_PIECES: usize = 4_096;

/// Questions folded for one policy and catalog, stretches of time counted one by one.
pub const DIAGRAM_FOLDS: usize = 100_000_000;

/// Edges of the diagrams of one shape.
pub const DIAGRAM_EDGES: usize = 2_000_000;

/// Edges, and results of joining them, that are kept from one shape to the next.
pub const DIAGRAM_KEPT: usize = 2_000_000;

/// Steps taken to build the diagrams of one shape.
pub const DIAGRAM_STEPS: usize = 20_000_000;

/// Steps taken to build the diagrams of all shapes together.
pub const DIAGRAM_STEPS_IN_ALL: usize = 1_000_000_000;

/// Routes in all sets of survivors that verdicts name.
pub const DIAGRAM_SURVIVORS: usize = 16_000_000;

/// Rows of all price lists that are worked out at load.
pub const DIAGRAM_PRICES: usize = 2_000_000;

/// Edges of the diagrams of all shapes together.
pub const DIAGRAM_EDGES_IN_ALL: usize = 8_000_000;

/// Tests that a panel makes for every decision.
pub const PANEL_TESTS: usize = 12;

/// Outcomes of all tests of a panel together.
pub const PANEL_CELLS: usize = 1_024;

/// Cells of all rows of a panel.
pub const PANEL_CELLS_IN_ALL: usize = 1_000_000;

/// Factors tried for ids that share a group, before some of them go without a place of their own.
pub const TABLE_FACTORS: u8 = 255;

/// Combinations of attributes for which a timeline looks for a model that routes.
pub const TIMELINE_TENANTS: usize = 65_536;

/// Decisions that a timeline makes in search of models that route.
pub const TIMELINE_DECISIONS: usize = 200_000_000;

/// Sets of fields of a refused request that are changed together, one set after the other, in search
/// of one under which it routes.
pub const FIXES_TRIED: usize = 100_000;

/// Formulas of one question that is written for an SMT solver.
pub const SMT_NODES: usize = 4_000_000;
/// Classes of requests that are tried, one by one, in search of one that refutes a question.
pub const PROVE_CLASSES: usize = 4_096;

/// Classes of all slices that are still tried, in search of a smaller request, once one refutes a
/// question.
pub const SMALLER_CLASSES: usize = 8_192;

/// Requests that are tried for one built-in theorem.
pub const THEOREM_REQUESTS: usize = 65_536;

/// States in which one request is tried, where a plan has room for only some of its survivors.
pub const STATES_TRIED: usize = 1_024;

/// Pairs of a request's class and a fallback's that are tried in search of a chain.
pub const PROVE_PAIRS: usize = 65_536;
/// Parts of boxes of requests that are put together where two policies differ, in one slice.
pub const CHANGE_BOXES: usize = 2_000_000;

/// Requests that are tried in search of a smaller one that shows the same.
pub const SMALLER_REQUESTS: usize = 4_096;

/// Values of an opt-in, besides a region's own name, that a matrix tries for a route.
pub const MATRIX_VALUES: usize = 16;

/// Aliases of one model that a matrix tries for a route.
pub const MATRIX_ALIASES: usize = 1_024;

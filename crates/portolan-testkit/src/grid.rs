//! The compressed grid of a policy: for every field that it reads one value of each elementary
//! interval, and every combination of them.
//!
//! Constants of the policy and facts of the catalog cut a field into intervals within which no
//! comparison changes its truth; any value of an interval stands for all of it. Catalog facts are
//! those of one model, so there is a grid for each id. The list of fallbacks is no field of it:
//! chains have no end of combinations. Values of one field are in `grid/axis.rs`.

mod axis;
mod reads;
mod values;

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::Prove;
use portolan_core::request::{Draft, State};

pub use axis::{Axis, Cell, Point};
pub use reads::{Key, Reads};

/// The grid for one model id.
#[derive(Debug)]
pub struct Grid {
    /// The id as it is posted; none for a request that names no model.
    pub model: Option<String>,
    /// One axis a field. The first point of each is the plain one.
    pub axes: Vec<Axis>,
}

impl Grid {
    /// A grid for every id, for an id that nobody has, and for none.
    pub fn all(engine: &Engine) -> Vec<Self> {
        Self::over(engine, &Reads::of(engine))
    }

    /// The same, of all that a question reads beside the rules.
    pub fn asked(engine: &Engine, prove: &Prove) -> Vec<Self> {
        Self::over(engine, &Reads::of(engine).and(prove))
    }

    fn over(engine: &Engine, reads: &Reads) -> Vec<Self> {
        let catalog = engine.catalog();
        let ids = catalog.models.iter().map(|model| &model.id);
        let ids = ids.chain(catalog.aliases.iter().map(|alias| &alias.id));
        let known = ids.map(|id| Some(id.to_string()));
        let others = [Some("nobody/has-this".to_owned()), None];
        // An id that begins like the policy's prefix is known by what follows the prefix.
        let prefix = engine.policy().model_prefix.as_deref();
        let posted = |id: &str| {
            let prefix = prefix.filter(|prefix| id.starts_with(prefix));
            format!("{}{id}", prefix.unwrap_or_default())
        };
        known
            .chain(others)
            .map(|model| Self {
                axes: axis::all(engine, reads, model.as_deref()),
                model: model.as_deref().map(posted),
            })
            .collect()
    }

    /// How many cells there are.
    pub fn cells(&self) -> u64 {
        let sizes = self.axes.iter().map(|axis| axis.points.len() as u64);
        sizes.fold(1, u64::saturating_mul)
    }

    /// The same grid with every field plain that is not wanted.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&Axis) -> bool) -> Self {
        let mut axes = self.axes.clone();
        for axis in axes.iter_mut().filter(|axis| !wanted(axis)) {
            axis.points.truncate(1);
        }
        Self {
            model: self.model.clone(),
            axes,
        }
    }

    /// One cell by its number.
    pub fn cell(&self, number: u64) -> (Draft, State) {
        let at = Instant::from_unix_seconds(1_780_000_000);
        let mut draft = Draft::new("", at);
        draft.body.model.clone_from(&self.model);
        let mut cell = Cell {
            draft,
            state: State::default(),
        };
        let mut rest = number;
        for axis in &self.axes {
            let size = axis.points.len().max(1) as u64;
            let index = usize::try_from(rest % size).unwrap_or(0);
            rest /= size;
            if let Some(point) = axis.points.get(index) {
                point(&mut cell);
            }
        }
        (cell.draft, cell.state)
    }
}

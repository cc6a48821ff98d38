//! The products' guides, typed a second time and from the guides alone: a table of rows and columns each, held against
//! what the policies decide. A slip that a policy shares with the cases beside it does not pass here.

mod lume;
mod lumi;
mod lumicon;
mod scene;

use std::{collections::BTreeSet, fmt::Write as _};

use rollcall_engine::{WriteKind, compile};

use scene::{Scene, Spot};

/// What a guide has in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// No, or no tick.
    No,
    /// Yes, or a tick: where the column has its role, or anywhere for a column that stands above all.
    Yes,
    /// Yes, but only for what is one's own.
    IfOwner,
    /// Nothing is printed.
    Empty,
}

/// A column of a guide: somebody who holds these roles, each at the resource of its type that is called `here`.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub holds: &'static [&'static str],
    /// Whether what they may do here they may do at every other resource, too.
    pub everywhere: bool,
}

/// Whose resources a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Any,
    Own,
    Others,
}

/// Whom a write is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Somebody who is no member.
    New,
    /// An active member who holds nothing.
    Idle,
    /// A locked one.
    Locked,
    /// A deactivated one.
    Gone,
    /// Whoever acts.
    Oneself,
    /// An active member who holds this role everywhere, or whoever is of this column.
    Holder(&'static str),
    /// An invited one who does.
    Invited(&'static str),
}

/// What stands for a row in the policy.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// An action of a type.
    Act(&'static str, &'static str),
    /// A write at resources of a type, and the role that it gives; a change without one is to another role.
    Write(&'static str, WriteKind, Option<&'static str>, Whom),
}

/// A row of a guide, in a few words of our own.
#[derive(Clone, Debug)]
pub struct Row<const N: usize> {
    pub says: &'static str,
    pub cells: [Cell; N],
    pub whose: Whose,
    pub asks: Vec<Ask>,
}

/// A cell that does not mean what it prints, by a reading that the policy has at its line.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub row: &'static str,
    pub column: &'static str,
    /// The one action or kind of write that is read so; all of the row when empty.
    pub only: &'static str,
    pub holds: Cell,
}

/// A guide: its table, and how its cells are read where they don't speak for themselves.
pub struct Guide<const N: usize> {
    pub file: &'static str,
    pub policy: &'static str,
    pub columns: [Column; N],
    pub rows: Vec<Row<N>>,
    pub readings: Vec<Reading>,
}

pub fn row<const N: usize>(says: &'static str, cells: [Cell; N], asks: &[Ask]) -> Row<N> {
    Row { says, cells, whose: Whose::Any, asks: asks.to_vec() }
}

impl<const N: usize> Row<N> {
    fn of(mut self, whose: Whose) -> Self {
        self.whose = whose;
        self
    }
}

impl Ask {
    fn of(self) -> &'static str {
        match self {
            Self::Act(of, _) | Self::Write(of, ..) => of,
        }
    }

    /// The action, or the kind of write.
    fn name(self) -> &'static str {
        match self {
            Self::Act(_, action) => action,
            Self::Write(_, verb, ..) => verb.name(),
        }
    }
}

impl Cell {
    fn allows(self, column: &Column, spot: &Spot) -> bool {
        let reaches = spot.here || column.everywhere;
        match self {
            Self::No | Self::Empty => false,
            Self::Yes => reaches,
            Self::IfOwner => reaches && spot.own,
        }
    }
}

impl Reading {
    fn fits(&self, row: &str, column: &Column, ask: Ask) -> bool {
        self.row == row && self.column == column.name && (self.only.is_empty() || self.only == ask.name())
    }
}

impl<const N: usize> Guide<N> {
    /// Holds every cell against the policy, and sees that nothing of the policy is in no row.
    fn hold(&self) {
        let scene = Scene::new(compile(self.file, self.policy).unwrap(), &self.columns);
        let (mut wrong, mut read, mut asked) = (String::new(), BTreeSet::new(), BTreeSet::new());
        for (row, ask) in self.rows.iter().flat_map(|row| row.asks.iter().map(move |ask| (row, *ask))) {
            asked.insert((ask.of(), ask.name()));
            for (column, printed) in self.columns.iter().zip(row.cells) {
                let reading = self.readings.iter().position(|reading| reading.fits(row.says, column, ask));
                read.extend(reading);
                let cell = reading.map_or(printed, |at| self.readings[at].holds);
                let mut spots = scene.spots(ask.of(), column.name);
                spots.retain(|spot| row.whose == Whose::Any || spot.own == (row.whose == Whose::Own));
                assert!(!spots.is_empty(), "{}: `{}` is asked nowhere", self.file, row.says);
                for spot in &spots {
                    if scene.allows(column.name, spot, ask) != cell.allows(column, spot) {
                        writeln!(wrong, "{} / {} / {ask:?} at {spot:?}: not {cell:?}", row.says, column.name).unwrap();
                    }
                    for outsider in Scene::OUTSIDERS.into_iter().filter(|outsider| scene.allows(outsider, spot, ask)) {
                        writeln!(wrong, "{} / {outsider} / {ask:?} at {spot:?}: not No", row.says).unwrap();
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} is not as its guide says:\n{wrong}", self.file);
        assert_eq!(read.len(), self.readings.len(), "{}: a reading is of no cell", self.file);
        let left: Vec<_> = scene.declared().into_iter().filter(|(of, name)| !asked.contains(&(of, name))).collect();
        assert!(left.is_empty(), "{}: no row asks for {left:?}", self.file);
    }
}

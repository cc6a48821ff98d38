//! The products' guides, typed a second time and from the guides alone: a table of rows and columns each, compared with
//! what the policies decide. A slip that a policy shares with the cases beside it does not pass here.

mod lume;
mod lumi;
mod lumicon;
mod table;
mod tenant;

use std::{collections::BTreeSet, fmt::Write as _};

use rollcall_engine::compile;

use self::{
    table::{Cell, Column, Reading, Row, Whose},
    tenant::{CellResource, GuideTenant},
};

/// A guide: its table, and how its cells are read where they don't speak for themselves.
pub struct Guide<const N: usize> {
    pub file: &'static str,
    pub policy: &'static str,
    pub columns: [Column; N],
    pub rows: Vec<Row<N>>,
    pub readings: Vec<Reading>,
}

impl Cell {
    fn allows(self, column: &Column, resource: &CellResource) -> bool {
        let applies = resource.has_roles || column.everywhere;
        match self {
            Self::No | Self::Empty => false,
            Self::Yes => applies,
            Self::IfOwner => applies && resource.is_own,
        }
    }
}

impl<const N: usize> Guide<N> {
    /// Compares every cell with the policy, and sees that nothing of the policy is in no row.
    fn verify(&self) {
        let tenant = GuideTenant::new(compile(self.file, self.policy).unwrap(), &self.columns);
        let (mut wrong, mut used_readings, mut seen) = (String::new(), BTreeSet::new(), BTreeSet::new());
        let operations = self.rows.iter().flat_map(|row| row.operations.iter().map(move |operation| (row, *operation)));
        for (row, operation) in operations {
            seen.insert((operation.resource_type(), operation.name()));
            for (column, printed) in self.columns.iter().zip(row.cells) {
                let reading = self.readings.iter().position(|reading| reading.applies(row.says, column, operation));
                used_readings.extend(reading);
                let cell = reading.map_or(printed, |at| self.readings[at].cell);
                let mut resources = tenant.resources(operation.resource_type(), column.name);
                resources.retain(|it| row.whose == Whose::Any || it.is_own == (row.whose == Whose::Own));
                assert!(!resources.is_empty(), "{}: `{}` is asked nowhere", self.file, row.says);
                for resource in &resources {
                    let at = format!("{operation:?} at {resource:?}");
                    if tenant.allows(column.name, resource, operation) != cell.allows(column, resource) {
                        writeln!(wrong, "{} / {} / {at}: not {cell:?}", row.says, column.name).unwrap();
                    }
                    let is_allowed = |outsider: &&str| tenant.allows(outsider, resource, operation);
                    for outsider in GuideTenant::OUTSIDERS.into_iter().filter(is_allowed) {
                        writeln!(wrong, "{} / {outsider} / {at}: not No", row.says).unwrap();
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} is not as its guide says:\n{wrong}", self.file);
        assert_eq!(used_readings.len(), self.readings.len(), "{}: a reading is of no cell", self.file);
        let mut left_out = tenant.declared();
        left_out.retain(|declared| !seen.contains(declared));
        assert!(left_out.is_empty(), "{}: no row asks for {left_out:?}", self.file);
    }
}

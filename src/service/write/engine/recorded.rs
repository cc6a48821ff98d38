//! What has a form of its own in which it is stored.

use serde::{Serialize, de::DeserializeOwned};

use crate::service::error::Result;

/// What has a form for keeps.
pub trait Recorded: Sized {
    /// The form in which it is stored.
    type Record: Serialize + DeserializeOwned;

    /// The record of a value.
    fn to_record(&self) -> Self::Record;

    /// The value of a record.
    ///
    /// # Errors
    /// `INTERNAL` for a record that no version of this service writes.
    fn from_record(record: Self::Record) -> Result<Self>;
}

/// Records with the fields of what they keep; a field may have another name there.
macro_rules! records {
    ($($vis:vis $record:ident of $kept:ident { $($(#[$attribute:meta])* $field:ident $(as $name:literal)?: $type:ty),* $(,)? })+) => {$(
        #[doc = concat!("[`", stringify!($kept), "`] as it is stored.")]
        #[derive(Debug, Serialize, Deserialize)]
        $vis struct $record {
            $($(#[$attribute])* $(#[serde(rename = $name)])? $field: <$type as Recorded>::Record,)*
        }

        impl Recorded for $kept {
            type Record = $record;

            fn to_record(&self) -> $record {
                $record { $($field: self.$field.to_record(),)* }
            }

            fn from_record(record: $record) -> Result<Self> {
                Ok(Self { $($field: Recorded::from_record(record.$field)?,)* })
            }
        }
    )+};
}
pub(crate) use records;

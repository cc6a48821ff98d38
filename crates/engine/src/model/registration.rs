//! Which resources of a type are registered, and what decides about those that are not.

/// Whether the resources of a type must be registered, may be, or never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// One that is not registered is absent, whatever a request states of it.
    Required,
    /// One that is not registered is what a request states of it, unless it was registered and deleted.
    Optional,
    /// None is registered: each is what a request states of it.
    Never,
}

impl Registration {
    /// Every one, in the order of a help page.
    pub const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::Never];

    /// The word for it, as policy files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Never => "never",
        }
    }

    /// The one that policy files write as `name`; none if there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|registration| registration.name() == name)
    }
}

//! Who may call: rights, credentials, encrypted connections.

mod rights;

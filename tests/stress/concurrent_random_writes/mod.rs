//! Many writes at once, and sequences of random ones, held against what the oracle says of them under `lumicon`.

mod history;
mod interleaving;
mod sequences;

use crate::{
    oracle::{Actors, PolicyFile},
    support::{Api, WireTenant, fixture, wire_tenant::OPERATOR},
};

/// Those who write, and the job sites that exist or may come to exist.
const ACTORS: Actors<'_> = Actors {
    people: &[
        "ada", "alan", "anna", "edith", "emil", "elsa", "victor", "vera", "vito", "olga", "otto", "olaf", "nina",
        "nils", "nora", "paul",
    ],
    leaders: &["ada", "alan", "anna", "edith", "emil", "elsa"],
    sites: &["harbour", "quarry", "pier", "dock", "silo"],
};

/// The policy of their tenants.
fn policy() -> PolicyFile {
    PolicyFile::read(include_str!("../../../policies/lumicon.toml"))
}

/// A tenant with some of the actors as members, and three job sites.
async fn opening(api: &Api, tenant: &str) -> WireTenant {
    let opening = fixture::tenant("lumicon").named(tenant).person("ada", "admin");
    let opening = opening.by(OPERATOR).people(&["alan", "anna"], "admin").by("ada");
    opening
        .people(&["edith", "emil", "elsa", "victor", "vera", "vito", "olga"], "user")
        .by("edith")
        .resource("job_site:harbour")
        .by("emil")
        .resource("job_site:quarry")
        .by("elsa")
        .resource("job_site:pier")
        .by("ada")
        .roles(&["victor", "vera"], "job_site:harbour", "viewer")
        .roles(&["victor", "vera"], "job_site:quarry", "viewer")
        .role("elsa", "job_site:harbour", "editor")
        .wire_on(api)
        .await
}

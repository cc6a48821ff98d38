//! Reads whom the server trusts to say who calls: `[[issuer]]` and `[[trust_domain]]`.

use std::path::Path;

use crate::{
    config::callers::{
        fields::{Field, Form},
        mistakes::Mistakes,
        shown::found_text,
        table::Table,
        unique::Unique,
    },
    edge::identity::{IssuerEntry, TrustDomain, parse_algorithm},
};

const ISSUER: Form = Form {
    name: "issuer",
    what: "the issuer as tokens have it in `iss`",
    example: "issuer = \"https://kubernetes.default.svc\"",
};
const AUDIENCES: Form =
    Form { name: "audiences", what: "a list of one or more audiences", example: "audiences = [\"rollcall\"]" };
const AUDIENCE: Form = Form { name: "", what: "an audience as tokens have it in `aud`", example: "\"rollcall\"" };
const ALGORITHMS: Form =
    Form { name: "algorithms", what: "a list of one or more algorithms", example: "algorithms = [\"RS256\"]" };
const ALGORITHM: Form = Form { name: "", what: "an algorithm", example: "\"RS256\"" };
const KEYS: Form = Form { name: "keys", what: "the path of a JSON Web Key Set", example: "keys = \"FILE.json\"" };

const NAME: Form = Form { name: "name", what: "the name of a trust domain", example: "name = \"ours.test\"" };
const AUTHORITIES: Form = Form {
    name: "authorities",
    what: "the path of certificate authorities in PEM",
    example: "authorities = \"FILE.pem\"",
};

/// The longest name of a trust domain, in bytes.
const MAX_DOMAIN: usize = 255;

/// Reads an issuer, whose name no issuer before it has. None if it is mistaken, which is reported.
pub(super) fn issuer(
    field: &Field<'_, '_>,
    directory: &Path,
    names: &mut Unique<String>,
    mistakes: &mut Mistakes,
) -> Option<IssuerEntry> {
    let table = Table::of_field(field, &[ISSUER, AUDIENCES, ALGORITHMS, KEYS], mistakes)?;
    let issuer = table.require(ISSUER, mistakes).and_then(|field| {
        let issuer = field.text(mistakes)?;
        names.add(issuer.to_owned(), field, "issuer", "make one table of the two", mistakes);
        Some(issuer)
    });
    let audiences = table.required_items(AUDIENCES, AUDIENCE, mistakes);
    let audiences = audiences.iter().filter_map(|field| field.text(mistakes)).map(str::to_owned).collect();
    let algorithms = table.required_items(ALGORITHMS, ALGORITHM, mistakes);
    let algorithms = algorithms.iter().filter_map(|field| field.parsed(parse_algorithm, mistakes)).collect();
    let keys = table.require(KEYS, mistakes).and_then(|field| field.text(mistakes));
    Some(IssuerEntry { issuer: issuer?.to_owned(), audiences, algorithms, keys: directory.join(keys?) })
}

/// Reads a trust domain, whose name no other before it has. None if it is mistaken, which is reported.
pub(super) fn trust_domain(
    field: &Field<'_, '_>,
    directory: &Path,
    names: &mut Unique<String>,
    mistakes: &mut Mistakes,
) -> Option<TrustDomain> {
    let table = Table::of_field(field, &[NAME, AUTHORITIES], mistakes)?;
    let name = table.require(NAME, mistakes).and_then(|field| domain(field, names, mistakes));
    let authorities = table.require(AUTHORITIES, mistakes).and_then(|field| field.text(mistakes));
    Some(TrustDomain { name: name?, authorities: directory.join(authorities?) })
}

fn domain(field: &Field<'_, '_>, names: &mut Unique<String>, mistakes: &mut Mistakes) -> Option<String> {
    let name = field.text(mistakes)?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    if name.len() > MAX_DOMAIN || !name.bytes().all(fits) {
        let problem = format!(
            "expected a name of a-z, 0-9, `.`, `-` and `_`, {}; write it without `spiffe://` and path, as in \
             `ours.test`",
            found_text(name)
        );
        field.refuse(problem, mistakes);
        return None;
    }
    names.add(name.to_owned(), field, "trust domain", "make one table of the two", mistakes);
    Some(name.to_owned())
}

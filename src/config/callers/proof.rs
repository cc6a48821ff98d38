//! Reads what proves that a request is a caller's: keys, names in certificates, and subjects of tokens. No two callers
//! have one of them in common.

use std::collections::BTreeSet;

use crate::{
    config::{
        callers::{
            fields::{Field, Form},
            key::{KEY, key},
            mistakes::Mistakes,
            shown::{found_text, shown},
            table::Table,
            unique::Unique,
        },
        nearest::nearest,
    },
    edge::identity::{CertificateName, KeyEntry, TokenEntry},
};

pub(super) const KEYS: Form = Form {
    name: "keys",
    what: "a list of tables, each with the hash of a key",
    example: "keys = [{ sha256 = \"64 HEX DIGITS\" }]",
};
pub(super) const CERTIFICATES: Form = Form {
    name: "certificates",
    what: "a list of names in certificates",
    example: "certificates = [\"dns:shop.internal\"]",
};
const CERTIFICATE: Form = Form { name: "", what: "a name in certificates", example: "\"dns:shop.internal\"" };
pub(super) const TOKENS: Form = Form {
    name: "tokens",
    what: "a list of tables, each with an issuer and a subject",
    example: "tokens = [{ issuer = \"ISSUER\", subject = \"SUBJECT\" }]",
};
const TOKEN: Form = Form {
    name: "",
    what: "a table with an issuer and a subject",
    example: "{ issuer = \"ISSUER\", subject = \"SUBJECT\" }",
};
const ISSUER: Form = Form {
    name: "issuer",
    what: "the issuer of an `[[issuer]]`",
    example: "issuer = \"https://kubernetes.default.svc\"",
};
const SUBJECT: Form = Form {
    name: "subject",
    what: "the subject that the tokens have",
    example: "subject = \"system:serviceaccount:NAMESPACE:NAME\"",
};

/// What the callers that were read so far have as theirs.
pub(super) struct Proofs {
    issuers: BTreeSet<String>,
    keys: Unique<[u8; 32]>,
    certificates: Unique<CertificateName>,
    tokens: Unique<(String, String)>,
}

impl Proofs {
    /// Those of no caller yet. Tokens have one of these issuers.
    pub(super) fn new(issuers: Unique<String>) -> Self {
        Self {
            issuers: issuers.into_values().collect(),
            keys: Unique::default(),
            certificates: Unique::default(),
            tokens: Unique::default(),
        }
    }

    /// Reads the `keys` of a caller.
    pub(super) fn keys(&mut self, caller: &Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<KeyEntry> {
        let fields = caller.items(KEYS, KEY, mistakes);
        fields.iter().filter_map(|field| key(field, &mut self.keys, mistakes)).collect()
    }

    /// Reads the `certificates` of a caller.
    pub(super) fn certificates(&mut self, caller: &Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<CertificateName> {
        let fields = caller.items(CERTIFICATES, CERTIFICATE, mistakes);
        let certificate = |field: &Field<'_, '_>| {
            let name = field.parsed(CertificateName::parse, mistakes)?;
            self.certificates.add(name.clone(), field, "name of a certificate", "take one of the two out", mistakes);
            Some(name)
        };
        fields.iter().filter_map(certificate).collect()
    }

    /// Reads the `tokens` of a caller.
    pub(super) fn tokens(&mut self, caller: &Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<TokenEntry> {
        let fields = caller.items(TOKENS, TOKEN, mistakes);
        fields.iter().filter_map(|field| self.token(field, mistakes)).collect()
    }

    fn token(&mut self, field: &Field<'_, '_>, mistakes: &mut Mistakes) -> Option<TokenEntry> {
        let table = Table::of_field(field, &[ISSUER, SUBJECT], mistakes)?;
        let issuer = table.require(ISSUER, mistakes).and_then(|field| self.issuer(field, mistakes));
        let subject = table.require(SUBJECT, mistakes).and_then(|field| field.text(mistakes));
        let (issuer, subject) = (issuer?.to_owned(), subject?.to_owned());
        let token = (issuer.clone(), subject.clone());
        self.tokens.add(token, field, "issuer and subject", "take one of the two out", mistakes);
        Some(TokenEntry { issuer, subject })
    }

    fn issuer<'t>(&self, field: &Field<'t, '_>, mistakes: &mut Mistakes) -> Option<&'t str> {
        let issuer = field.text(mistakes)?;
        if self.issuers.contains(issuer) {
            return Some(issuer);
        }
        let remedy = match nearest(issuer, self.issuers.iter().map(String::as_str)) {
            Some(nearest) => format!("the nearest is `{}`", shown(nearest)),
            None => "add an `[[issuer]]` with its keys".to_owned(),
        };
        field.refuse(format!("expected the issuer of an `[[issuer]]`, {}; {remedy}", found_text(issuer)), mistakes);
        None
    }
}

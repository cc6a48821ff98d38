//! Reads a caller: `[[caller]]`.

use rollcall_engine::{NameForm, kind};

use crate::{
    config::{
        callers::{
            fields::{Field, Form},
            instant::{UNTIL, instant},
            mistakes::Mistakes,
            proof::{CERTIFICATES, KEYS, Proofs, TOKENS},
            shown::found_text,
            table::Table,
            unique::Unique,
        },
        nearest::nearest,
    },
    edge::identity::CallerEntry,
    service::{Caller, Right, Rights, TenantPattern},
};

const NAME: Form = Form { name: "name", what: "a name of 1 to 64 of a-z, 0-9 and -", example: "name = \"shop\"" };
const RIGHTS: Form =
    Form { name: "rights", what: "a list of one or more rights", example: "rights = [\"read\", \"write\"]" };
const RIGHT: Form = Form { name: "", what: "a right", example: "\"read\"" };
const TENANTS: Form =
    Form { name: "tenants", what: "a list of one or more tenants", example: "tenants = [\"acme\", \"eu-*\"]" };
const TENANT: Form = Form { name: "", what: "a tenant's id, or the beginning of ids and `*`", example: "\"acme\"" };
const SUBJECTS: Form = Form {
    name: "subjects",
    what: "a list of one or more types of subjects, or no `subjects` for every type",
    example: "subjects = [\"user\"]",
};
const SUBJECT: Form = Form { name: "", what: "a type of subjects", example: "\"user\"" };

const FIELDS: [Form; 8] = [NAME, KEYS, CERTIFICATES, TOKENS, RIGHTS, TENANTS, SUBJECTS, UNTIL];

/// The longest name of a caller, in bytes.
const MAX_NAME: usize = 64;

/// Reads a caller, whose name and proofs no caller before it has. None if it is mistaken, which is reported.
pub(super) fn caller(
    field: &Field<'_, '_>,
    names: &mut Unique<String>,
    proofs: &mut Proofs,
    mistakes: &mut Mistakes,
) -> Option<CallerEntry> {
    let table = Table::of_field(field, &FIELDS, mistakes)?;
    let name = table.require(NAME, mistakes).and_then(|field| name(field, names, mistakes));
    let keys = proofs.keys(&table, mistakes);
    let certificates = proofs.certificates(&table, mistakes);
    let tokens = proofs.tokens(&table, mistakes);
    check_proven(&table, mistakes);

    let rights = table.required_items(RIGHTS, RIGHT, mistakes);
    let rights: Rights = rights.iter().filter_map(|field| right(field, mistakes)).collect();
    let tenants = table.required_items(TENANTS, TENANT, mistakes);
    let tenants = tenants.iter().filter_map(|field| field.parsed(TenantPattern::parse, mistakes)).collect();
    let subjects = table.field(SUBJECTS).map(|_| {
        let subjects = table.some_items(SUBJECTS, SUBJECT, mistakes);
        subjects.iter().filter_map(|field| subject_type(field, mistakes)).collect()
    });
    let until = table.field(UNTIL).and_then(|field| instant(field, mistakes));

    let caller = Caller { name: name?, rights, tenants, subjects, until };
    Some(CallerEntry { caller, keys, certificates, tokens })
}

fn name(field: &Field<'_, '_>, names: &mut Unique<String>, mistakes: &mut Mistakes) -> Option<String> {
    let name = field.text(mistakes)?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > MAX_NAME || !name.bytes().all(fits) {
        let problem = format!("expected {}, {}; write one such as `shop`", NAME.what, found_text(name));
        field.refuse(problem, mistakes);
        return None;
    }
    if Caller::RESERVED.contains(&name) {
        let problem = format!("expected another name, `{name}` is kept for the server's own use; rename the caller");
        field.refuse(problem, mistakes);
        return None;
    }
    names.add(name.to_owned(), field, "name", "give each caller a name of its own", mistakes);
    Some(name.to_owned())
}

/// Reports a caller that no request can be known to come from.
fn check_proven(table: &Table<'_, '_>, mistakes: &mut Mistakes) {
    let is_empty = |field: &Field<'_, '_>| field.value().as_array().is_some_and(|items| items.is_empty());
    if [KEYS, CERTIFICATES, TOKENS].iter().all(|form| table.field(*form).is_none_or(is_empty)) {
        let problem = "expected `keys`, `certificates` or `tokens`, found none: no request can be known as this \
                       caller's; add one of them, or take the caller out";
        table.refuse(problem, mistakes);
    }
}

fn right(field: &Field<'_, '_>, mistakes: &mut Mistakes) -> Option<Right> {
    let name = field.text(mistakes)?;
    let right = Right::named(name);
    if right.is_none() {
        let names = Right::ALL.map(Right::name);
        let nearest = nearest(name, names.into_iter());
        let remedy = nearest.map(|nearest| format!("; the nearest is `{nearest}`")).unwrap_or_default();
        let problem = format!("expected one of `{}`, {}{remedy}", names.join("`, `"), found_text(name));
        field.refuse(problem, mistakes);
    }
    right
}

fn subject_type(field: &Field<'_, '_>, mistakes: &mut Mistakes) -> Option<String> {
    let name = field.text(mistakes)?;
    if name == kind::OPERATOR {
        let problem = "expected another type, `operator` goes by the right `operate`; take it out, and add `operate` \
                       to `rights` if the caller speaks for operators";
        field.refuse(problem, mistakes);
        return None;
    }
    if !NameForm::TypeOrRole.fits(name) {
        let found = found_text(name);
        let problem = format!(
            "expected a type of subjects, a letter and then letters, digits, `_` or `-`, {found}; write one such as \
             `user`"
        );
        field.refuse(problem, mistakes);
        return None;
    }
    Some(name.to_owned())
}

//! Every kind of mistake in a caller, with its whole text.

use super::parse;

/// A good file, of which each row below changes a line.
const BASE: &str = r#"[[caller]]
name = "shop"
keys = [{ sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF" }]
rights = ["read"]
tenants = ["acme"]
[[issuer]]
issuer = "https://issuer.test"
audiences = ["rollcall"]
algorithms = ["RS256"]
keys = "jwks.json"
[[trust_domain]]
name = "ours.test"
authorities = "ca.pem""#;

/// What is said of the file with another text in place of a line, which is counted from 1. A text that begins with `+`
/// is added below the line.
fn changed(number: usize, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = BASE.lines().map(str::to_owned).collect();
    let line = &mut lines[number - 1];
    *line =
        text.strip_prefix("+ ").map_or_else(|| text.to_owned(), |text| format!("{line}\n{text}")).replace("\\n", "\n");
    let mistakes = parse(&lines.join("\n")).map_or_else(|mistakes| mistakes, |_| "no mistake".to_owned());
    mistakes.lines().map(|line| line.replace("callers.toml:", "> ")).collect()
}

/// Checks rows of a change, `LINE < TEXT`, and of what is said of it, `> MISTAKE`.
pub(super) fn check(rows: &str) {
    let mut lines = rows.trim().lines().peekable();
    while let Some(row) = lines.next() {
        let (number, text) = row.split_once(" <").unwrap();
        let mut expected = Vec::new();
        while let Some(mistake) = lines.next_if(|line| line.starts_with("> ")) {
            expected.push(mistake);
        }
        assert_eq!(changed(number.parse().unwrap(), text.trim_start()), expected, "{row}");
    }
}

#[test]
fn a_name_that_is_missing_or_mistaken_is_refused() {
    check(
        r#"
2 <
> 1: caller[0].name: expected a name of 1 to 64 of a-z, 0-9 and -, found nothing; add `name = "shop"`
2 < name = 1
> 2: caller[0].name: expected a name of 1 to 64 of a-z, 0-9 and -, found an integer; write `name = "shop"`
2 < name = ""
> 2: caller[0].name: expected a name of 1 to 64 of a-z, 0-9 and -, found an empty string; write `name = "shop"`
2 < name = "Shop"
> 2: caller[0].name: expected a name of 1 to 64 of a-z, 0-9 and -, found the string `Shop`; write one such as `shop`
2 < name = "rollcall"
> 2: caller[0].name: expected another name, `rollcall` is kept for the server's own use; rename the caller
2 < nam = "shop"
> 2: caller[0].nam: unknown field, the nearest is `name`
"#,
    );
}

#[test]
fn a_caller_without_proof_and_a_mistaken_key_are_refused() {
    check(
        r#"
3 <
> 1: caller[0]: expected `keys`, `certificates` or `tokens`, found none: no request can be known as this caller's; add one of them, or take the caller out
3 < keys = []
> 1: caller[0]: expected `keys`, `certificates` or `tokens`, found none: no request can be known as this caller's; add one of them, or take the caller out
3 < keys = "hunter2"
> 3: caller[0].keys: expected a list of tables, each with the hash of a key, found a string; write `keys = [{ sha256 = "64 HEX DIGITS" }]`
3 < keys = ["hunter2"]
> 3: caller[0].keys[0]: expected a table with the hash of a key, found a string; write `{ sha256 = "64 HEX DIGITS" }`
3 < keys = [{}]
> 3: caller[0].keys[0].sha256: expected the SHA-256 of a key as 64 hex digits, found nothing; add `sha256 = "64 HEX DIGITS"`
3 < keys = [{ sha256 = "hunter2" }]
> 3: caller[0].keys[0].sha256: expected the SHA-256 of a key as 64 hex digits, found something else, which may be secret; make it by `printf %s "$KEY" | sha256sum`
3 < keys = [{ sha256 = 7 }]
> 3: caller[0].keys[0].sha256: expected the SHA-256 of a key as 64 hex digits, found something else, which may be secret; make it by `printf %s "$KEY" | sha256sum`
3 < keys = [{ sha = "hunter2" }]
> 3: caller[0].keys[0].sha: unknown field, the fields are `sha256`, `until`
> 3: caller[0].keys[0].sha256: expected the SHA-256 of a key as 64 hex digits, found nothing; add `sha256 = "64 HEX DIGITS"`
"#,
    );
}

#[test]
fn mistaken_certificates_and_tokens_are_refused() {
    check(
        r#"
3 < certificates = ["", "shop.internal", 1]
> 3: caller[0].certificates[0]: expected a name in certificates, found an empty string; write `"dns:shop.internal"`
> 3: caller[0].certificates[1]: expected a name that begins with `spiffe://`, `uri:` or `dns:`, found the string `shop.internal`
> 3: caller[0].certificates[2]: expected a name in certificates, found an integer; write `"dns:shop.internal"`
3 < certificates = "dns:a"
> 3: caller[0].certificates: expected a list of names in certificates, found a string; write `certificates = ["dns:shop.internal"]`
3 < tokens = [{}]
> 3: caller[0].tokens[0].issuer: expected the issuer of an `[[issuer]]`, found nothing; add `issuer = "https://kubernetes.default.svc"`
> 3: caller[0].tokens[0].subject: expected the subject that the tokens have, found nothing; add `subject = "system:serviceaccount:NAMESPACE:NAME"`
3 < tokens = [1]
> 3: caller[0].tokens[0]: expected a table with an issuer and a subject, found an integer; write `{ issuer = "ISSUER", subject = "SUBJECT" }`
3 < tokens = [{ issuer = "https://issuer.tset", subject = "" }]
> 3: caller[0].tokens[0].issuer: expected the issuer of an `[[issuer]]`, found the string `https://issuer.tset`; the nearest is `https://issuer.test`
> 3: caller[0].tokens[0].subject: expected the subject that the tokens have, found an empty string; write `subject = "system:serviceaccount:NAMESPACE:NAME"`
3 < tokens = [{ issuer = "other", subject = "a" }]
> 3: caller[0].tokens[0].issuer: expected the issuer of an `[[issuer]]`, found the string `other`; add an `[[issuer]]` with its keys
"#,
    );
}

#[test]
fn mistaken_rights_and_tenants_are_refused() {
    check(
        r#"
4 <
> 1: caller[0].rights: expected a list of one or more rights, found nothing; add `rights = ["read", "write"]`
4 < rights = []
> 4: caller[0].rights: expected a list of one or more rights, found an empty list; write `rights = ["read", "write"]`
4 < rights = ["raed", "everything", 1]
> 4: caller[0].rights[0]: expected one of `read`, `write`, `watch`, `audit`, `operate`, `import`, found the string `raed`; the nearest is `read`
> 4: caller[0].rights[1]: expected one of `read`, `write`, `watch`, `audit`, `operate`, `import`, found the string `everything`
> 4: caller[0].rights[2]: expected a right, found an integer; write `"read"`
4 < rights = "read"
> 4: caller[0].rights: expected a list of one or more rights, found a string; write `rights = ["read", "write"]`
4 < right = ["raed"]
> 4: caller[0].right: unknown field, the nearest is `rights`
> 4: caller[0].right[0]: expected one of `read`, `write`, `watch`, `audit`, `operate`, `import`, found the string `raed`; the nearest is `read`
5 <
> 1: caller[0].tenants: expected a list of one or more tenants, found nothing; add `tenants = ["acme", "eu-*"]`
5 < tenants = []
> 5: caller[0].tenants: expected a list of one or more tenants, found an empty list; write `tenants = ["acme", "eu-*"]`
5 < tenants = ["Acme"]
> 5: caller[0].tenants[0]: expected a tenant's id, or the beginning of ids and `*`: `acme`, `eu-*`, `*`, found the string `Acme`
5 < tenants = "acme"
> 5: caller[0].tenants: expected a list of one or more tenants, found a string; write `tenants = ["acme", "eu-*"]`
"#,
    );
}

#[test]
fn mistaken_subjects_are_refused() {
    check(
        r#"
2 < + subjects = []
> 3: caller[0].subjects: expected a list of one or more types of subjects, or no `subjects` for every type, found an empty list; write `subjects = ["user"]`
2 < + subjects = ["operator"]
> 3: caller[0].subjects[0]: expected another type, `operator` goes by the right `operate`; take it out, and add `operate` to `rights` if the caller speaks for operators
2 < + subjects = ["a b", 1]
> 3: caller[0].subjects[0]: expected a type of subjects, a letter and then letters, digits, `_` or `-`, found the string `a b`; write one such as `user`
> 3: caller[0].subjects[1]: expected a type of subjects, found an integer; write `"user"`
2 < + subjects = "user"
> 3: caller[0].subjects: expected a list of one or more types of subjects, or no `subjects` for every type, found a string; write `subjects = ["user"]`
"#,
    );
}

#[test]
fn an_end_without_an_offset_is_refused_with_what_to_write() {
    check(
        r#"
2 < + until = 2027-12-31T00:00:00
> 3: caller[0].until: expected a date, a time and an offset, found `2027-12-31T00:00:00`; write `2027-12-31T00:00:00Z` for UTC, or an offset such as `+01:00` in place of `Z`
2 < + until = 2027-12-31
> 3: caller[0].until: expected a date, a time and an offset, found `2027-12-31`; write `2027-12-31T00:00:00Z` for the beginning of that day in UTC
2 < + until = 00:00:00
> 3: caller[0].until: expected a date, a time and an offset, found `00:00:00`; write it to the second, in the years 1970 to 9999: `until = 2027-12-31T00:00:00Z`
2 < + until = 1969-12-31T00:00:00Z
> 3: caller[0].until: expected a date, a time and an offset, found `1969-12-31T00:00:00Z`; write it to the second, in the years 1970 to 9999: `until = 2027-12-31T00:00:00Z`
2 < + until = 2027-12-31T00:00Z
> 3: caller[0].until: expected a date, a time and an offset, found `2027-12-31T00:00Z`; write it to the second, in the years 1970 to 9999: `until = 2027-12-31T00:00:00Z`
2 < + until = "2027-12-31T00:00:00Z"
> 3: caller[0].until: expected a date, a time and an offset, found a string; write it without quotation marks, as in `until = 2027-12-31T00:00:00Z`
2 < + until = 3
> 3: caller[0].until: expected a date, a time and an offset, found an integer; write `until = 2027-12-31T00:00:00Z`
"#,
    );
}

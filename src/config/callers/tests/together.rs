//! Mistakes that only several callers make together, all mistakes at once, and what is never shown.

use sha2::{Digest as _, Sha256};

use super::{KEY, parse};

fn refused(text: &str) -> String {
    parse(text).unwrap_err()
}

#[test]
fn what_proves_one_caller_proves_no_other() {
    let caller = |name: &str, proofs: &str| {
        format!("[[caller]]\nname = \"{name}\"\n{proofs}\nrights = [\"read\"]\ntenants = [\"acme\"]\n")
    };
    let issuer = "[[issuer]]\nissuer = \"i\"\naudiences = [\"a\"]\nalgorithms = [\"RS256\"]\nkeys = \"k\"\n";
    let key = |hash: &str| format!("keys = [{{ sha256 = \"{hash}\" }}]");
    let rows = [
        (
            key(KEY),
            key(&KEY.to_lowercase()),
            "keys[0].sha256: expected another key, `caller[0].keys[0].sha256` has the same; give each caller keys of its \
             own, each once",
        ),
        (
            "certificates = [\"dns:a\"]".to_owned(),
            "certificates = [\"dns:a\"]".to_owned(),
            "certificates[0]: expected another name of a certificate, `caller[0].certificates[0]` has the same; take one \
             of the two out",
        ),
        (
            "tokens = [{ issuer = \"i\", subject = \"s\" }]".to_owned(),
            "tokens = [{ subject = \"s\", issuer = \"i\" }]".to_owned(),
            "tokens[0]: expected another issuer and subject, `caller[0].tokens[0]` has the same; take one of the two out",
        ),
    ];
    for (first, second, expected) in rows {
        let text = caller("shop", &first) + &caller("mail", &second) + issuer;
        assert_eq!(refused(&text), format!("callers.toml:8: caller[1].{expected}"));
    }
    let expected = "callers.toml:7: caller[1].name: expected another name, `caller[0].name` has the same; give each caller \
                    a name of its own";
    assert_eq!(refused(&(caller("shop", &key(KEY)) + &caller("shop", &key(&KEY.replace('0', "1"))))), expected);
    let domain = "[[trust_domain]]\nname = \"ours.test\"\nauthorities = \"ca.pem\"\n";
    let expected = "callers.toml:5: trust_domain[1].name: expected another trust domain, `trust_domain[0].name` has the \
                    same; make one table of the two";
    assert_eq!(refused(&domain.repeat(2)), expected);
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_lines() {
    let text = "\
[[caller]]
keys = [
    { sha256 = \"short\" },
    { until = 2027-01-01 },
]
rights = []
subjects = [\"operator\"]
[[caller]]
name = \"Mail\"
tokens = [{ issuer = \"https://ours.tset\", subject = \"mail\" }]
rights = [\"wirte\"]
tenants = [\"acme\"]
[[isuer]]
issuer = \"https://ours.test\"
algorithms = [\"none\"]
[[trust_domain]]
name = \"Ours\"
";
    let refused = refused(text);
    let fields = refused.lines().map(|line| line.split(": ").nth(1).unwrap());
    let lines = refused.lines().map(|line| line.split(": ").next().unwrap().trim_start_matches("callers.toml:"));
    let expected = [
        ("1", "caller[0].name"),
        ("1", "caller[0].tenants"),
        ("3", "caller[0].keys[0].sha256"),
        ("4", "caller[0].keys[1].sha256"),
        ("4", "caller[0].keys[1].until"),
        ("6", "caller[0].rights"),
        ("7", "caller[0].subjects[0]"),
        ("9", "caller[1].name"),
        ("10", "caller[1].tokens[0].issuer"),
        ("11", "caller[1].rights[0]"),
        ("13", "isuer"),
        ("13", "isuer[0].audiences"),
        ("13", "isuer[0].keys"),
        ("15", "isuer[0].algorithms[0]"),
        ("16", "trust_domain[0].authorities"),
        ("17", "trust_domain[0].name"),
    ];
    assert_eq!(lines.zip(fields).collect::<Vec<_>>(), expected, "{refused}");
}

#[test]
fn the_hash_of_nothing_is_refused() {
    for no_key in ["", "\n", "\r\n"] {
        let hash = Sha256::digest(no_key).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let keys = format!("keys = [{{ sha256 = \"{hash}\" }}]");
        let refused = refused(&format!("[[caller]]\nname = \"a\"\n{keys}\nrights = [\"read\"]\ntenants = [\"*\"]"));
        let expected = "callers.toml:3: caller[0].keys[0].sha256: expected the hash of a key, found that of nothing: the \
                        variable with the key was not set when it was hashed; set it, and hash it again";
        assert_eq!(refused, expected);
    }
}

#[test]
fn a_key_is_not_shown_wherever_it_was_written() {
    let field = |name: &str| format!("[[caller]]\n{name}\n[[issuer]]\nissuer = \"i\"\n");
    for text in [
        field(&format!("name = \"{KEY}\"")),
        field(&format!("keys = \"{KEY}\"")),
        field(&format!("keys = [\"{KEY}\"]")),
        field(&format!("keys = [{{ sha256 = \"{KEY}0\" }}]")),
        field(&format!("keys = [{{ {KEY} = true }}]")),
        field(&format!("keys = [{{ sha256 = {{ {KEY} = true }} }}]")),
        field(&format!("keys = [{{ sha256 = {KEY} }}]")),
        field(&format!("keys = [{{ sha256 = \"{KEY}\" }}, {{ sha256 = \"{KEY}\" }}]")),
        field(&format!("certificates = [\"{KEY}\"]")),
        field(&format!("tokens = [{{ issuer = \"{KEY}\", subject = \"\" }}]")),
        field(&format!("rights = [\"{KEY}\"]\ntenants = [\"{KEY}\"]\nsubjects = [\"{KEY} \"]\nuntil = \"{KEY}\"")),
        format!("[[trust_domain]]\nname = \"{KEY}\"\n[{KEY}]\n"),
    ] {
        let refused = refused(&text);
        assert!(!refused.contains(&KEY[..16]), "{refused}");
    }
}

//! SPIFFE ids, the names that workloads have in a trust domain: `spiffe://TRUST-DOMAIN/PATH`.

use std::fmt;

/// The longest id, in bytes.
const MAX_ID: usize = 2048;
/// The longest name of a trust domain, in bytes.
const MAX_DOMAIN: usize = 255;
const SCHEME: &str = "spiffe://";

/// A SPIFFE id. Two are equal if their trust domains are, in whatever case they were written, and their paths exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpiffeId {
    /// In lower case.
    trust_domain: String,
    /// With the `/` before each segment; empty for the id of the trust domain itself.
    path: String,
}

impl SpiffeId {
    /// Reads an id as the SPIFFE-ID standard has it: the scheme and the trust domain in any case; a trust domain of
    /// `a-z`, `0-9`, `.`, `-` and `_` in at most 255 bytes; a path whose segments are of those and `A-Z`; at most 2048
    /// bytes in all. There is no user, port, query, fragment and percent-encoding, no segment that is empty, `.` or
    /// `..`, and so no `/` at the end.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence about it: `has an empty segment in its path`. It does not repeat
    /// the id.
    pub fn parse(uri: &str) -> Result<Self, String> {
        if uri.len() > MAX_ID {
            return Err(format!("is longer than {MAX_ID} bytes"));
        }
        let Some((_, rest)) = uri.split_at_checked(SCHEME.len()).filter(|(scheme, _)| has_scheme(scheme)) else {
            return Err(format!("does not begin with `{SCHEME}`"));
        };
        let (trust_domain, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let trust_domain = trust_domain.to_ascii_lowercase();
        check_domain(&trust_domain)?;
        let mut segments = path.split('/');
        // What is before the first `/` is the trust domain.
        segments.next();
        segments.try_for_each(check_segment)?;
        Ok(Self { trust_domain, path: path.to_owned() })
    }

    /// The name of its trust domain, in lower case.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// Whether it has no path: it then names the trust domain itself, and no workload in it.
    pub fn is_root(&self) -> bool {
        self.path.is_empty()
    }
}

/// As [`SpiffeId::parse`] reads it, with the scheme and the trust domain in lower case.
impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}{}", self.trust_domain, self.path)
    }
}

fn has_scheme(start: &str) -> bool {
    start.eq_ignore_ascii_case(SCHEME)
}

fn check_domain(trust_domain: &str) -> Result<(), String> {
    if trust_domain.is_empty() {
        return Err("has no trust domain".to_owned());
    }
    if trust_domain.len() > MAX_DOMAIN {
        return Err(format!("has a trust domain longer than {MAX_DOMAIN} bytes"));
    }
    if !trust_domain.bytes().all(is_plain) {
        return Err("has a trust domain with something else than letters, digits, `.`, `-` and `_`".to_owned());
    }
    Ok(())
}

fn check_segment(segment: &str) -> Result<(), String> {
    match segment {
        "" => Err("has an empty segment in its path, or a `/` at its end".to_owned()),
        "." | ".." => Err("has a segment `.` or `..` in its path".to_owned()),
        _ if !segment.bytes().all(is_plain) => {
            Err("has a path with something else than letters, digits, `.`, `-` and `_`".to_owned())
        }
        _ => Ok(()),
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(uri: &str) -> Option<String> {
        SpiffeId::parse(uri).ok().map(|id| id.to_string())
    }

    #[test]
    fn ids_of_the_standard_are_read() {
        for id in [
            "spiffe://ours.test",
            "spiffe://ours.test/ns/shop/sa/web",
            "spiffe://a_b-c.9/A/b.c/..d/.../_-",
            "spiffe://1/2",
        ] {
            assert_eq!(written(id).as_deref(), Some(id));
        }
    }

    #[test]
    fn the_case_of_scheme_and_domain_does_not_count_and_that_of_the_path_does() {
        assert_eq!(written("SPIFFE://Ours.TEST/Ns/a").as_deref(), Some("spiffe://ours.test/Ns/a"));
        assert_eq!(SpiffeId::parse("Spiffe://OURS.test/a"), SpiffeId::parse("spiffe://ours.test/a"));
        assert_ne!(SpiffeId::parse("spiffe://ours.test/A"), SpiffeId::parse("spiffe://ours.test/a"));
    }

    #[test]
    fn an_id_without_a_path_names_its_domain() {
        let root = SpiffeId::parse("spiffe://Ours.test").unwrap();
        assert!(root.is_root());
        assert_eq!(root.trust_domain(), "ours.test");
        let workload = SpiffeId::parse("spiffe://ours.test/web").unwrap();
        assert!(!workload.is_root());
        assert_eq!(workload.trust_domain(), "ours.test");
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_that_rule() {
        for (id, why) in [
            ("", "begin"),
            ("spiffe:/", "begin"),
            ("spiffe:ours.test/web", "begin"),
            ("https://ours.test/web", "begin"),
            (" spiffe://ours.test/web", "begin"),
            ("spiffeé//ours", "begin"),
            ("spiffe://", "no trust domain"),
            ("spiffe:///web", "no trust domain"),
            ("spiffe://ours.test:443/web", "trust domain with"),
            ("spiffe://web@ours.test/web", "trust domain with"),
            ("spiffe://ours%2etest/web", "trust domain with"),
            ("spiffe://öurs.test/web", "trust domain with"),
            ("spiffe://ours.test?a=b", "trust domain with"),
            ("spiffe://ours.test#a", "trust domain with"),
            ("spiffe://[::1]/web", "trust domain with"),
            ("spiffe://ours.test/", "empty segment"),
            ("spiffe://ours.test/web/", "empty segment"),
            ("spiffe://ours.test//web", "empty segment"),
            ("spiffe://ours.test/./web", "segment `.`"),
            ("spiffe://ours.test/ns/..", "segment `.`"),
            ("spiffe://ours.test/web?a=b", "path with"),
            ("spiffe://ours.test/web#a", "path with"),
            ("spiffe://ours.test/w%65b", "path with"),
            ("spiffe://ours.test/web:1", "path with"),
            ("spiffe://ours.test/wéb", "path with"),
            ("spiffe://ours.test/web ", "path with"),
            ("spiffe://ours.test/web\0", "path with"),
        ] {
            let problem = SpiffeId::parse(id).unwrap_err();
            assert!(problem.contains(why), "{id}: {problem}");
        }
    }

    #[test]
    fn lengths_end_where_the_standard_ends_them() {
        let long = |bytes: usize| format!("spiffe://ours.test/{}", "a".repeat(bytes - 19));
        assert!(SpiffeId::parse(&long(2048)).is_ok());
        assert!(SpiffeId::parse(&long(2049)).is_err());
        let domain = |bytes: usize| format!("spiffe://{}/web", "a".repeat(bytes));
        assert!(SpiffeId::parse(&domain(255)).is_ok());
        assert!(SpiffeId::parse(&domain(256)).is_err());
    }
}

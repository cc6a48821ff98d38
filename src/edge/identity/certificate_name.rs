//! The names of callers in certificates, as settings have them.

use std::{fmt, net::Ipv4Addr};

use crate::edge::identity::spiffe::SpiffeId;

/// The longest URI, in bytes.
const MAX_URI: usize = 2048;
/// The longest name of a host, and the longest of its labels, in bytes.
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// A name in a certificate. Names are compared exactly, in the form in which [`CertificateName::parse`] leaves them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateName {
    /// The SPIFFE id of a workload.
    Spiffe(SpiffeId),
    /// Another URI, with its scheme in lower case.
    Uri(String),
    /// The name of a host, in lower case.
    Dns(String),
}

impl CertificateName {
    /// The SPIFFE trust domain that it is of; none for other names.
    pub fn trust_domain(&self) -> Option<&str> {
        match self {
            Self::Spiffe(id) => Some(id.trust_domain()),
            Self::Uri(_) | Self::Dns(_) => None,
        }
    }

    /// Reads a name as settings have it: `spiffe://TRUST-DOMAIN/PATH`; `uri:URI`, another absolute URI of at most 2048
    /// bytes; `dns:HOST`, the name of a host in lower case and without a wildcard. A name with other characters than
    /// ASCII is written as certificates have it, in its ASCII form.
    ///
    /// # Errors
    /// What was expected, as a sentence that begins with `expected `.
    pub fn parse(text: &str) -> Result<Self, String> {
        if is_spiffe(text) {
            let id = SpiffeId::parse(text).map_err(|problem| {
                format!("expected a SPIFFE id as in `spiffe://example.org/ns/shop/sa/web`, this one {problem}")
            })?;
            if id.is_root() {
                return Err(
                    "expected a SPIFFE id with a path, as in `spiffe://example.org/ns/shop/sa/web`; without one \
                            it names a trust domain and no caller"
                        .to_owned(),
                );
            }
            return Ok(Self::Spiffe(id));
        }
        if let Some(uri) = text.strip_prefix("uri:") {
            if is_spiffe(uri) {
                return Err("expected a SPIFFE id without `uri:` before it".to_owned());
            }
            let uri = absolute_uri(uri).ok_or_else(|| {
                "expected an absolute URI after `uri:`, as in `uri:https://example.org/shop`".to_owned()
            })?;
            return Ok(Self::Uri(uri));
        }
        if let Some(host) = text.strip_prefix("dns:") {
            let host = host_name(host).filter(|host| host.parse::<Ipv4Addr>().is_err()).ok_or_else(|| {
                "expected the name of a host in lower case after `dns:`, without a wildcard, as in \
                 `dns:shop.example.org`"
                    .to_owned()
            })?;
            return Ok(Self::Dns(host));
        }
        Err("expected a name that begins with `spiffe://`, `uri:` or `dns:`".to_owned())
    }
}

/// As [`CertificateName::parse`] reads it.
impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spiffe(id) => id.fmt(f),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Dns(host) => write!(f, "dns:{host}"),
        }
    }
}

/// Whether a URI has the scheme `spiffe`, in any case.
pub(super) fn is_spiffe(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("spiffe"))
}

/// A URI that has a scheme, with that in lower case; none for anything else. The rest is as it was written.
pub(super) fn absolute_uri(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let is_rest =
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte));
    (uri.len() <= MAX_URI && is_scheme && is_rest).then(|| format!("{}:{rest}", scheme.to_ascii_lowercase()))
}

/// The name of a host in lower case, of labels of `a-z`, `0-9`, `-` and `_`; none for anything else.
pub(super) fn host_name(host: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (host.len() <= MAX_HOST && host.split('.').all(is_label)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_it_was_read() {
        for text in [
            "spiffe://ours.test/ns/shop/sa/Web",
            "uri:https://ours.test/Shop?a=b#c",
            "uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "dns:shop",
            "dns:shop.ours.test",
            "dns:xn--bcher-kva.test",
            "dns:a_b.9.ours-2.test",
        ] {
            assert_eq!(CertificateName::parse(text).unwrap().to_string(), text);
        }
        let read = |text| CertificateName::parse(text).unwrap().to_string();
        assert_eq!(read("SPIFFE://Ours.test/Web"), "spiffe://ours.test/Web");
        assert_eq!(read("uri:HTTPS://Ours.test/Web"), "uri:https://Ours.test/Web");
    }

    #[test]
    fn anything_else_is_refused_with_what_was_expected() {
        let long = format!("dns:{}.test", "a".repeat(64));
        let longer = format!("dns:{}test", "a.".repeat(125));
        let longest = format!("uri:urn:{}", "a".repeat(2045));
        for (text, expected) in [
            ("", "a name that begins"),
            ("shop.ours.test", "a name that begins"),
            ("DNS:shop.ours.test", "a name that begins"),
            ("https://ours.test", "a name that begins"),
            ("spiffe://ours.test", "a SPIFFE id with a path"),
            ("spiffe://ours.test/", "a SPIFFE id as in"),
            ("spiffe:ours", "a SPIFFE id as in"),
            ("uri:spiffe://ours.test/web", "a SPIFFE id without `uri:`"),
            ("uri:SPIFFE:web", "a SPIFFE id without `uri:`"),
            ("uri:", "an absolute URI"),
            ("uri:shop", "an absolute URI"),
            ("uri://ours.test/web", "an absolute URI"),
            ("uri:https:", "an absolute URI"),
            ("uri:1https://ours.test", "an absolute URI"),
            ("uri:https://ours.test/a b", "an absolute URI"),
            ("uri:https://ours.test/<a>", "an absolute URI"),
            ("uri:https://öurs.test", "an absolute URI"),
            (&*longest, "an absolute URI"),
            ("dns:", "the name of a host"),
            ("dns:Shop.ours.test", "the name of a host"),
            ("dns:*.ours.test", "the name of a host"),
            ("dns:shop..test", "the name of a host"),
            ("dns:shop.test.", "the name of a host"),
            ("dns:-shop.test", "the name of a host"),
            ("dns:shop-.test", "the name of a host"),
            ("dns:shöp.test", "the name of a host"),
            ("dns:shop.test:443", "the name of a host"),
            ("dns:10.0.0.1", "the name of a host"),
            (&*long, "the name of a host"),
            (&*longer, "the name of a host"),
        ] {
            let problem = CertificateName::parse(text).unwrap_err();
            assert!(problem.starts_with(&format!("expected {expected}")), "{text}: {problem}");
        }
    }
}

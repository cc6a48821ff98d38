//! Which headers and certificates are whose.

use http::HeaderValue;

use super::*;
use crate::{
    edge::identity::{
        certificate_name::CertificateName,
        entry::{CallerEntry, KeyEntry},
    },
    service::ports::Reading,
};

/// A clock that stands at an instant.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn reading(&self) -> Reading {
        Reading { now: self.0, believed: self.0 }
    }
}

const NOW: Timestamp = Timestamp(1_000);

fn entry(name: &str, keys: &[(&str, Option<i64>)], certificates: &[&str]) -> CallerEntry {
    let keys =
        keys.iter().map(|(key, until)| KeyEntry { sha256: Sha256::digest(key).into(), until: until.map(Timestamp) });
    let certificates = certificates.iter().map(|name| CertificateName::parse(name).unwrap()).collect();
    CallerEntry { caller: Caller::unlimited(name, false), keys: keys.collect(), certificates, tokens: Vec::new() }
}

fn callers() -> Callers {
    let ended = entry("ended", &[("late", None)], &[]);
    let ended = CallerEntry { caller: Caller { until: Some(NOW), ..ended.caller }, ..ended };
    let shop = entry(
        "shop",
        &[("open sesame", None), ("old", Some(1_001)), ("older", Some(1_000))],
        &["dns:shop.test", "dns:both.test"],
    );
    let book = CallerBook::new(vec![shop, entry("web", &[("web key", None)], &["dns:web.test"]), ended], Vec::new());
    Callers::new(book, Arc::new(Still(NOW)))
}

fn found(values: &[&[u8]], names: &[&str]) -> Result<String, Refused> {
    let headers = values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()));
    let headers: HeaderMap = headers.collect();
    let names = names.iter().map(|name| CertificateName::parse(name).unwrap()).collect::<Vec<_>>();
    let certificate = (!names.is_empty()).then_some(PeerCertificate { names, ends_at: Timestamp(1_001) });
    callers().find(&headers, certificate.as_ref()).map(|identity| identity.caller.name.clone())
}

#[test]
fn a_scheme_is_written_in_any_case_and_spacing() {
    for header in [
        "Bearer open sesame",
        "bearer open sesame",
        "BEARER open sesame",
        "bEaReR   open sesame ",
        "Bearer\topen sesame",
    ] {
        assert_eq!(found(&[header.as_bytes()], &[]).as_deref(), Ok("shop"), "{header}");
    }
}

#[test]
fn nothing_else_is_a_key() {
    for header in
        ["", "Bearer", "Bearer ", "Basic open sesame", "open sesame", "Bearer: open sesame", "BearerX open sesame"]
    {
        assert_eq!(found(&[header.as_bytes()], &[]), Err(Refused::NoBearer), "{header}");
    }
    for header in ["Bearer Open Sesame", "Bearer \"open sesame\"", "Bearer Bearer open sesame"] {
        assert_eq!(found(&[header.as_bytes()], &[]), Err(Refused::UnknownKey), "{header}");
    }
    assert_eq!(found(&[], &[]), Err(Refused::Missing));
    assert_eq!(found(&[b"Bearer open sesame\xff"], &[]), Err(Refused::NoBearer));
    let twice: &[&[u8]] = &[b"Bearer open sesame", b"Bearer open sesame"];
    assert_eq!(found(twice, &[]), Err(Refused::SeveralHeaders), "one of them may be a proxy's");
}

#[test]
fn a_key_counts_until_its_end_and_a_caller_until_theirs() {
    assert_eq!(found(&[b"Bearer old"], &[]).as_deref(), Ok("shop"));
    assert_eq!(found(&[b"Bearer older"], &[]), Err(Refused::EndedKey), "an end is the first instant without it");
    assert_eq!(found(&[b"Bearer late"], &[]), Err(Refused::EndedCaller));
}

#[test]
fn a_certificate_and_a_key_are_of_one_caller() {
    assert_eq!(found(&[], &["dns:shop.test"]).as_deref(), Ok("shop"));
    assert_eq!(found(&[b"Bearer open sesame"], &["dns:shop.test"]).as_deref(), Ok("shop"));
    assert_eq!(found(&[b"Bearer open sesame"], &["dns:sidecar.test"]).as_deref(), Ok("shop"), "it is of no caller");
    assert_eq!(found(&[b"Bearer web key"], &["dns:shop.test"]), Err(Refused::Disagreement));
    assert_eq!(found(&[b"Bearer wrong"], &["dns:shop.test"]), Err(Refused::UnknownKey), "what is sent must count");
    assert_eq!(found(&[], &["dns:shop.test", "dns:both.test", "dns:other.test"]).as_deref(), Ok("shop"));
    assert_eq!(found(&[], &["dns:shop.test", "dns:web.test"]), Err(Refused::Disagreement));
    assert_eq!(found(&[], &["dns:sidecar.test"]), Err(Refused::UnknownCertificate));
}

#[test]
fn a_book_counts_from_its_replacement_on() {
    let callers = callers();
    let headers: HeaderMap = [(AUTHORIZATION, HeaderValue::from_static("Bearer new"))].into_iter().collect();
    assert_eq!(callers.find(&headers, None).unwrap_err(), Refused::UnknownKey);
    callers.replace(CallerBook::new(vec![entry("shop", &[("new", None)], &[])], Vec::new()));
    assert_eq!(callers.find(&headers, None).unwrap().caller.name, "shop");
}

//! The claims of a token whose signature was verified: for whom it is, and when it counts.

use std::time::Duration;

use rollcall_engine::Timestamp;
use serde::Deserialize;
use serde_json::Number;

use super::{
    fault::TokenFault,
    json::{object, present},
};

/// By how much the clocks of an issuer and of this server may differ.
const LEEWAY: Duration = Duration::from_secs(10);

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The claims that the server goes by.
pub(super) struct Claims {
    /// `sub`, as the token has it.
    pub(super) subject: String,
    /// The first instant at which the token counts no more.
    pub(super) ends_at: Timestamp,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default, deserialize_with = "present")]
    sub: Option<String>,
    #[serde(default, deserialize_with = "present")]
    aud: Option<Audience>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<Number>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Reads claims in JSON, and holds them against the audiences of the settings and the time.
    pub(super) fn check(payload: &[u8], audiences: &[String], now: Timestamp) -> Result<Self, TokenFault> {
        let payload: Payload = object(payload).map_err(|_| TokenFault::Malformed)?;
        let subject = payload.sub.ok_or(TokenFault::MissingClaim("sub"))?;
        let audience = payload.aud.ok_or(TokenFault::MissingClaim("aud"))?;
        let expires_at = instant(&payload.exp.ok_or(TokenFault::MissingClaim("exp"))?)?;
        let begins_at = payload.nbf.as_ref().map(instant).transpose()?;

        if !audience.is_among(audiences) {
            return Err(TokenFault::WrongAudience);
        }
        let ends_at = expires_at.plus(LEEWAY);
        if now >= ends_at {
            return Err(TokenFault::Expired);
        }
        if begins_at.is_some_and(|begins_at| now < begins_at.minus(LEEWAY)) {
            return Err(TokenFault::NotYetValid);
        }
        Ok(Self { subject, ends_at })
    }
}

impl Audience {
    fn is_among(&self, audiences: &[String]) -> bool {
        match self {
            Self::One(audience) => audiences.contains(audience),
            Self::Several(several) => several.iter().any(|audience| audiences.contains(audience)),
        }
    }
}

/// The instant of a `NumericDate`: seconds since 1970, perhaps with a fraction, to the microsecond below. One that a
/// [`Timestamp`] can't tell is no date.
fn instant(seconds: &Number) -> Result<Timestamp, TokenFault> {
    let micros = match seconds.as_i64() {
        Some(seconds) => seconds.checked_mul(MICROS_PER_SECOND),
        None => seconds.as_f64().and_then(whole_micros),
    };
    micros.map(Timestamp).ok_or(TokenFault::Malformed)
}

#[expect(clippy::cast_possible_truncation, reason = "what is outside the range is refused before, and i64::MAX is not")]
fn whole_micros(seconds: f64) -> Option<i64> {
    // 2^63 is the first number above, and exact.
    const END: f64 = 9_223_372_036_854_775_808.0;
    let micros = (seconds * 1e6).floor();
    (-END..END).contains(&micros).then_some(micros as i64)
}

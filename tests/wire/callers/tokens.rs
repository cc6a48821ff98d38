//! JSON Web Tokens as credentials: which count, and that all others are answered like a key that nobody has.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::{ask, logged, question};
use crate::support::{
    TestServer, WireTenant,
    callers_file::{CallersFile, caller, issuer, key, shop, tenant, tokens},
    error::reason_of,
    issuer::{TestIssuer, base64url, key_set, message, seconds_from_now, sign_by_secret},
};

/// An issuer that signs by ES256.
const OURS: &str = "https://ours.test";
/// An issuer that signs by RS256, as clusters do.
const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
const ACCOUNT: &str = "system:serviceaccount:shop:web";

/// A server that knows both issuers, and a tenant on it.
struct Stage {
    server: TestServer,
    world: WireTenant,
    ours: TestIssuer,
    cluster: TestIssuer,
    _file: CallersFile,
}

async fn stage() -> Stage {
    let (ours, cluster) = (TestIssuer::new(OURS, "first"), TestIssuer::new(CLUSTER, "other"));
    let issuers = [issuer(OURS, "ES256", "ours.json"), issuer(CLUSTER, "RS256", "cluster.json")].concat();
    let web = caller("web", &tokens(CLUSTER, ACCOUNT), r#"rights = ["read"]"#);
    let keyed = caller("keyed", &key("open sesame"), r#"rights = ["read"]"#);
    let file = CallersFile::new(&[shop(&tokens(OURS, "shop")), web, keyed, issuers].concat());
    // An issuer may publish keys of kinds that its settings do not pin.
    file.replace("ours.json", &key_set(&[ours.ec_key(), ours.rsa_key()]));
    file.replace("cluster.json", &key_set(&[cluster.rsa_key(), cluster.ec_key()]));
    let server = file.serve().await;
    let world = tenant(&server.api, "acme").await;
    Stage { server, world, ours, cluster, _file: file }
}

impl Stage {
    async fn ask(&self, credential: &str) -> Result<bool, Status> {
        let answer = ask(&self.server.api, question(&self.world), &[&format!("Bearer {credential}")]).await;
        answer.map(|answer| answer.allowed)
    }

    /// Claims of `shop` with one changed; `null`: left out.
    fn claims_with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.ours.claims("shop");
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
            value => claims[claim] = value,
        }
        claims
    }

    /// A token with such claims, which is signed well.
    fn with(&self, claim: &str, value: impl Into<Value>) -> String {
        self.ours.token(&self.claims_with(claim, value.into()))
    }
}

#[tokio::test]
async fn a_token_that_fits_is_its_callers() {
    let stage = stage().await;
    let pod = json!({
        "iss": CLUSTER,
        "sub": ACCOUNT,
        "aud": ["rollcall"],
        "exp": seconds_from_now(3607),
        "iat": seconds_from_now(0),
        "nbf": seconds_from_now(0),
        "jti": "1d7a8c1e-6b3a-4a55-9a59-2f0f3f1f0f9e",
        "kubernetes.io": {
            "namespace": "shop",
            "node": {"name": "node-1", "uid": "0f3f"},
            "pod": {"name": "web-5d4f", "uid": "9a59"},
            "serviceaccount": {"name": "web", "uid": "6b3a"},
        },
    });
    for (name, token) in [
        ("aud is a string", stage.with("aud", "rollcall")),
        ("aud is an array", stage.with("aud", json!(["rollcall"]))),
        ("aud is one of several", stage.with("aud", json!(["vault", "spare", "other"]))),
        (
            "a type in the header",
            stage.ours.sign(&json!({"alg": "ES256", "kid": "first", "typ": "JWT"}), &stage.ours.claims("shop")),
        ),
        ("it is in force", stage.with("nbf", seconds_from_now(-60))),
        ("a pod's", stage.cluster.rsa_token(&pod)),
    ] {
        assert!(stage.ask(&token).await.unwrap_or_else(|status| panic!("{name}: {status:?}")));
    }
    assert!(stage.ask("open sesame").await.expect("keys count beside tokens"));
    assert!(logged(&stage.server, "credentials were refused").is_empty());
}

/// What its claims make a token that does not count.
fn wrong_claims(stage: &Stage) -> Vec<(&'static str, String)> {
    vec![
        ("expired", stage.with("exp", seconds_from_now(-60))),
        ("exp as a text", stage.with("exp", seconds_from_now(3600).to_string())),
        ("not yet valid", stage.with("nbf", seconds_from_now(600))),
        ("wrong issuer", stage.with("iss", "https://ours.test/")),
        ("issuer as array", stage.with("iss", json!([OURS]))),
        ("missing issuer", stage.with("iss", Value::Null)),
        ("issuer of another key", stage.with("iss", CLUSTER)),
        ("wrong audience", stage.with("aud", "Rollcall")),
        ("wrong audiences", stage.with("aud", json!(["vault", "roll"]))),
        ("no audiences", stage.with("aud", json!([]))),
        ("missing audience", stage.with("aud", Value::Null)),
        ("missing subject", stage.with("sub", Value::Null)),
        ("subject as array", stage.with("sub", json!(["shop"]))),
        ("missing end", stage.with("exp", Value::Null)),
        ("a subject that is no caller", stage.with("sub", "Shop")),
        ("a subject of the other issuer", stage.with("sub", ACCOUNT)),
        ("our subject at the other issuer", stage.cluster.rsa_token(&stage.cluster.claims("shop"))),
    ]
}

/// Tokens with good claims, and something else that is wrong.
fn forgeries(stage: &Stage) -> Vec<(&'static str, String)> {
    let (claims, pod) = (stage.ours.claims("shop"), stage.cluster.claims(ACCOUNT));
    let by = |header: Value| stage.ours.sign(&header, &claims);
    let confused = |secret: &[u8]| sign_by_secret(secret, &json!({"alg": "HS256", "kid": "rsa"}), &pod);
    let unsigned = |alg: &str| format!("{}.", message(&json!({"alg": alg, "kid": "first"}), &claims));
    let good = stage.ours.token(&claims);
    let parts: Vec<&str> = good.split('.').collect();
    let admin = base64url(stage.claims_with("sub", json!("ops")).to_string().as_bytes());
    let stranger = TestIssuer::new(OURS, "first");
    let last = if parts[2].starts_with('A') { "B" } else { "A" };
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("no signature", unsigned("ES256")),
        ("a public key in DER as a secret", confused(stage.cluster.rsa_der())),
        ("a public key in JSON as a secret", confused(stage.cluster.rsa_key().to_string().as_bytes())),
        ("a modulus as a secret", confused(stage.cluster.rsa_key()["n"].as_str().unwrap().as_bytes())),
        ("no secret", confused(b"")),
        ("an algorithm that is not pinned", stage.ours.rsa_token(&claims)),
        ("an algorithm that the cluster does not use", stage.cluster.token(&pod)),
        ("unknown kid", by(json!({"alg": "ES256", "kid": "second"}))),
        ("kid as a path", by(json!({"alg": "ES256", "kid": "../ours.json"}))),
        ("the kid of a key of another kind", by(json!({"alg": "ES256", "kid": "rsa"}))),
        ("crit", by(json!({"alg": "ES256", "kid": "first", "crit": ["exp"]}))),
        ("another's key of the same kid", stranger.token(&claims)),
        (
            "its own key in the header",
            stranger.sign(&json!({"alg": "ES256", "kid": "first", "jwk": stranger.ec_key()}), &claims),
        ),
        ("tampered payload", format!("{}.{admin}.{}", parts[0], parts[2])),
        ("tampered signature", format!("{}.{}.{last}{}", parts[0], parts[1], &parts[2][1..])),
        ("half a signature", format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() / 2])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.{}", parts[2])),
        ("five parts", format!("{good}.{}.{}", parts[1], parts[2])),
        ("padding", format!("{good}=")),
        ("huge", stage.with("more", "x".repeat(9000))),
    ]
}

#[tokio::test]
async fn what_does_not_count_is_answered_like_an_unknown_key() {
    let stage = stage().await;
    let unknown = stage.ask("nobody has this key").await.expect_err("nobody has it");
    assert_eq!((unknown.code(), reason_of(&unknown).as_str()), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let tokens = [wrong_claims(&stage), forgeries(&stage)].concat();
    // All at once, for answers to many failures are slowed.
    let mut answers = JoinSet::new();
    for (name, token) in tokens {
        let (api, question) = (stage.server.api.clone(), question(&stage.world));
        answers.spawn(async move { (name, ask(&api, question, &[&format!("Bearer {token}")]).await) });
    }
    for (name, answer) in answers.join_all().await {
        let Err(refused) = answer else { panic!("{name}: it counts") };
        assert_eq!(refused.code(), unknown.code(), "{name}: {refused:?}");
        assert_eq!(refused.message().as_bytes(), unknown.message().as_bytes(), "{name}");
        assert_eq!(refused.details(), unknown.details(), "{name}");
    }
    assert!(stage.ask(&stage.ours.token(&stage.ours.claims("shop"))).await.expect("a good one still counts"));
}

#[tokio::test]
async fn two_credentials_are_one_too_many() {
    let stage = stage().await;
    let ours = format!("Bearer {}", stage.ours.token(&stage.ours.claims("shop")));
    let pods = format!("Bearer {}", stage.cluster.rsa_token(&stage.cluster.claims(ACCOUNT)));
    let key = "Bearer open sesame";
    for headers in [[&*ours, &*pods], [&ours, &ours], [&ours, key], [key, &pods], [&ours, "Bearer wrong"]] {
        let refused = ask(&stage.server.api, question(&stage.world), &headers).await.expect_err("there are two");
        assert_eq!(reason_of(&refused), "UNAUTHENTICATED");
    }
    let joined = format!("{ours}, {pods}");
    ask(&stage.server.api, question(&stage.world), &[&joined]).await.expect_err("they are two in one header, too");
}

#[tokio::test]
async fn a_token_says_who_calls_and_what_it_may() {
    let stage = stage().await;
    let pod = stage.server.api.with_key(&stage.cluster.rsa_token(&stage.cluster.claims(ACCOUNT)));
    let write = stage.world.create_site("ada", "pier");
    let refused = pod.write(write.clone()).await.expect_err("`web` may read alone");
    assert_eq!(reason_of(&refused), "TENANT_NOT_FOUND");
    let shop = stage.server.api.with_key(&stage.ours.token(&stage.ours.claims("shop")));
    shop.write(write).await.expect("`shop` may write");
}

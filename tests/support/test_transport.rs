//! How the tests of a run reach their servers that do not say it themselves: `TEST_TRANSPORT` is `plaintext` (also where it is not
//! set), `tls`, `mtls` or `jwt`. But for the last, anybody may call.

use std::{env, fs, path::Path, sync::OnceLock};

use super::{
    authority::{Authority, ClientLeaf, Leaf},
    issuer::{AUDIENCE, TestIssuer, key_set},
    transport::TlsClient,
};

/// The variable that says it.
const TRANSPORT: &str = "TEST_TRANSPORT";
/// The name of the files by which a server encrypts because of it.
const FILES: &str = "suite";
/// The issuer of tokens, and whose they are.
const ISSUER: (&str, &str) = ("https://issuer.test", "suite");

/// How the servers of this run are reached, and by what callers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestTransport {
    Plaintext,
    Tls,
    MutualTls,
    Token,
}

struct Parts {
    authority: Authority,
    server: Leaf,
    client: Leaf,
    issuer: TestIssuer,
}

/// How the servers of this run are reached.
pub fn chosen() -> TestTransport {
    match env::var_os(TRANSPORT) {
        None => TestTransport::Plaintext,
        Some(name) if name == "plaintext" => TestTransport::Plaintext,
        Some(name) if name == "tls" => TestTransport::Tls,
        Some(name) if name == "mtls" => TestTransport::MutualTls,
        Some(name) if name == "jwt" => TestTransport::Token,
        Some(name) => panic!("{TRANSPORT}={} is no transport", name.display()),
    }
}

fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| {
        let authority = Authority::new("suite");
        let (server, client) = (authority.server(), authority.client(&ClientLeaf::new().host("suite.internal")));
        Parts { authority, server, client, issuer: TestIssuer::new(ISSUER.0, "suite") }
    })
}

/// The settings with which a server in a directory is reached so; its files are written there.
pub fn settings(dir: &Path) -> Vec<String> {
    let anybody = || ["auth.allow_anonymous=true", "auth.anonymous_operators=true"].map(str::to_owned).to_vec();
    match chosen() {
        TestTransport::Plaintext => anybody(),
        TestTransport::Tls => [anybody(), parts().server.write(dir, FILES).to_vec()].concat(),
        TestTransport::MutualTls => {
            let authority = parts().authority.write(dir);
            let clients = [
                "tls.client_certificates=required".to_owned(),
                format!("tls.client_authorities={}", authority.display()),
            ];
            [anybody(), parts().server.write(dir, FILES).to_vec(), clients.to_vec()].concat()
        }
        TestTransport::Token => {
            let (issuer, subject) = ISSUER;
            fs::write(dir.join("suite-keys.json"), key_set(&[parts().issuer.ec_key()])).expect("there is room");
            let callers = format!(
                "[[caller]]\nname = \"suite\"\ntokens = [{{ issuer = \"{issuer}\", subject = \"{subject}\" }}]\n\
                 rights = [\"read\", \"write\", \"watch\", \"audit\", \"operate\"]\ntenants = [\"*\"]\n\n\
                 [[issuer]]\nissuer = \"{issuer}\"\naudiences = [\"{AUDIENCE}\"]\nalgorithms = [\"ES256\"]\n\
                 keys = \"suite-keys.json\"\n"
            );
            let file = dir.join("suite-callers.conf");
            fs::write(&file, callers).expect("there is room");
            vec![format!("auth.file={}", file.display())]
        }
    }
}

/// The client of a server with this setting; none if it is reached in plaintext.
pub fn client(setting: &str) -> Option<TlsClient> {
    if !(setting.starts_with("tls.certificate=") && setting.ends_with(&format!("/{FILES}.crt"))) {
        return None;
    }
    let client = TlsClient::trusting(&parts().authority);
    Some(if chosen() == TestTransport::MutualTls { client.showing(&parts().client) } else { client })
}

/// The bearer token that calls send to a server with this setting, if they send one.
pub fn token(setting: &str) -> Option<String> {
    let is_sent = setting.starts_with("auth.file=") && setting.ends_with("/suite-callers.conf");
    is_sent.then(|| parts().issuer.token(&parts().issuer.claims(ISSUER.1)))
}

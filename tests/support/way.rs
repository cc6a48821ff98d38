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
const FILES: &str = "way";
/// The issuer of tokens, and whose they are.
const ISSUER: (&str, &str) = ("https://issuer.test", "suite");

/// How servers are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
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
pub fn way() -> Way {
    match env::var_os(TRANSPORT) {
        None => Way::Plaintext,
        Some(way) if way == "plaintext" => Way::Plaintext,
        Some(way) if way == "tls" => Way::Tls,
        Some(way) if way == "mtls" => Way::MutualTls,
        Some(way) if way == "jwt" => Way::Token,
        Some(way) => panic!("{TRANSPORT}={} is no way to a server", way.display()),
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
    match way() {
        Way::Plaintext => anybody(),
        Way::Tls => [anybody(), parts().server.write(dir, FILES).to_vec()].concat(),
        Way::MutualTls => {
            let authority = parts().authority.write(dir);
            let clients = [
                "tls.client_certificates=required".to_owned(),
                format!("tls.client_authorities={}", authority.display()),
            ];
            [anybody(), parts().server.write(dir, FILES).to_vec(), clients.to_vec()].concat()
        }
        Way::Token => {
            let (issuer, subject) = ISSUER;
            fs::write(dir.join("way-keys.json"), key_set(&[parts().issuer.ec_key()])).expect("there is room");
            let callers = format!(
                "[[caller]]\nname = \"suite\"\ntokens = [{{ issuer = \"{issuer}\", subject = \"{subject}\" }}]\n\
                 rights = [\"read\", \"write\", \"watch\", \"audit\", \"operate\"]\ntenants = [\"*\"]\n\n\
                 [[issuer]]\nissuer = \"{issuer}\"\naudiences = [\"{AUDIENCE}\"]\nalgorithms = [\"ES256\"]\n\
                 keys = \"way-keys.json\"\n"
            );
            let file = dir.join("way-callers.toml");
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
    Some(if way() == Way::MutualTls { client.showing(&parts().client) } else { client })
}

/// The bearer token that calls send to a server with this setting, if they send one.
pub fn token(setting: &str) -> Option<String> {
    let is_sent = setting.starts_with("auth.file=") && setting.ends_with("/way-callers.toml");
    is_sent.then(|| parts().issuer.token(&parts().issuer.claims(ISSUER.1)))
}

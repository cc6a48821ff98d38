//! A callers' file and the files that it names, in a directory of their own, replaced as tools replace them.

use std::{fs, os::unix::fs::symlink, path::Path};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{Api, TestServer, WireTenant};

/// The key of the caller that prepares tenants.
pub const OPS_KEY: &str = "the key of ops";

/// How often the server reads the files.
const POLL: &str = "auth.poll=100ms";

/// The directory of a callers' file.
pub struct CallersFile {
    dir: TempDir,
}

impl CallersFile {
    /// A directory with the caller `ops`, which has every right, and these callers and issuers.
    pub fn new(text: &str) -> Self {
        let file = Self { dir: tempfile::tempdir().expect("there is room for a directory") };
        file.replace_callers(text);
        file
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A server that knows these callers. It asks as nobody.
    pub async fn serve(&self) -> TestServer {
        self.serve_with(&[]).await
    }

    /// As [`Self::serve`], with further settings.
    pub async fn serve_with(&self, settings: &[&str]) -> TestServer {
        let file = format!("auth.file={}/callers.toml", self.dir().display());
        TestServer::with(&[&[&*file, POLL], settings].concat()).await
    }

    /// Replaces a file at once, by one that is written beside it.
    pub fn replace(&self, name: &str, text: &str) {
        let beside = self.dir().join(format!("{name}.new"));
        fs::write(&beside, text).expect("there is room");
        fs::rename(beside, self.dir().join(name)).expect("can be renamed");
    }

    /// Replaces the callers' file. The caller `ops` stays.
    pub fn replace_callers(&self, text: &str) {
        self.replace("callers.toml", &with_ops(text));
    }

    /// Replaces the directory that its files are links into, as Kubernetes does with a mounted secret: by a new directory, and
    /// a link to it that is renamed over the old one. What is no link yet becomes one.
    pub fn swap(&self, version: &str, files: &[(&str, &str)]) {
        let data = self.dir().join(format!("..{version}"));
        fs::create_dir(&data).expect("each version is new");
        for (name, text) in files {
            fs::write(data.join(name), text).expect("there is room");
        }
        self.link(&format!("..{version}"), "..data");
        for (name, _) in files.iter().filter(|(name, _)| !self.dir().join(name).is_symlink()) {
            self.link(&format!("..data/{name}"), name);
        }
    }

    /// Puts a link in the place of what has its name.
    fn link(&self, target: &str, name: &str) {
        let beside = self.dir().join(format!("{name}.new"));
        symlink(target, &beside).expect("can be linked");
        fs::rename(beside, self.dir().join(name)).expect("can be renamed");
    }
}

/// The text of a callers' file with the caller `ops`, and these.
pub fn with_ops(text: &str) -> String {
    let ops = r#"rights = ["read", "write", "watch", "audit", "operate"]"#;
    format!("{}\n{text}", caller("ops", &key(OPS_KEY), ops))
}

/// A caller of every tenant, with what proves that it is one, and further fields.
pub fn caller(name: &str, proof: &str, fields: &str) -> String {
    format!("[[caller]]\nname = \"{name}\"\ntenants = [\"*\"]\n{proof}\n{fields}\n")
}

/// A caller that may read, write and watch.
pub fn shop(proof: &str) -> String {
    caller("shop", proof, r#"rights = ["read", "write", "watch"]"#)
}

/// A caller by a key that may do nothing but read, in some tenants and this one, for people and services.
pub fn reader(key: &str, tenant: &str) -> String {
    let key = self::key(key);
    format!(
        "[[caller]]\nname = \"shop\"\n{key}\nrights = [\"read\"]\ntenants = [\"eu-*\", \"{tenant}\"]\n\
         subjects = [\"service\", \"user\"]\n"
    )
}

/// The proof by one key.
pub fn key(key: &str) -> String {
    keys(&[(key, None)])
}

/// The proof by several keys, each with its end, if it has one.
pub fn keys(keys: &[(&str, Option<String>)]) -> String {
    let entry = |(key, until): &(&str, Option<String>)| {
        let until = until.as_ref().map(|until| format!(", until = {until}")).unwrap_or_default();
        let hash = Sha256::digest(key).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
        format!("{{ sha256 = \"{hash}\"{until} }}")
    };
    format!("keys = [{}]", keys.iter().map(entry).collect::<Vec<_>>().join(", "))
}

/// The proof by tokens of an issuer and a subject.
pub fn tokens(issuer: &str, subject: &str) -> String {
    format!("tokens = [{{ issuer = \"{issuer}\", subject = \"{subject}\" }}]")
}

/// An issuer that signs by one algorithm, and whose keys are in a file of the directory.
pub fn issuer(name: &str, algorithm: &str, file: &str) -> String {
    format!(
        "[[issuer]]\nissuer = \"{name}\"\naudiences = [\"spare\", \"rollcall\"]\nalgorithms = [\"{algorithm}\"]\n\
         keys = \"{file}\"\n"
    )
}

/// A tenant with the admin `ada`, which `ops` prepares. Its questions are those of `ops` too.
pub async fn tenant(api: &Api, name: &str) -> WireTenant {
    WireTenant::bare(&api.with_key(OPS_KEY), name).await
}

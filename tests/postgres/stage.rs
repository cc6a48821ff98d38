//! A server whose way to the database leads through a proxy.

use std::path::Path;

use tempfile::TempDir;

use crate::support::{Api, Server, postgres_proxy::Proxy, store::postgres_url, wire_tenant::DEPOT};

/// The server, the way to its database, and the directory that stands for it.
pub struct Stage {
    pub api: Api,
    pub proxy: Proxy,
    pub dir: TempDir,
    pub server: Server,
}

impl Stage {
    /// A server over an empty database, with these settings beside those of the policy `depot`.
    pub async fn new(settings: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let direct = postgres_url(dir.path());
        let proxy = Proxy::start(host(&direct)).await;
        let url = format!("store.url={}", direct.replace(host(&direct), &proxy.address().to_string()));
        let server = Self::server(dir.path(), &[&[&*url], settings].concat()).await;
        let api = server.api().await;
        Self { api, proxy, dir, server }
    }

    /// Another server over the same database, that no fault reaches.
    pub async fn beside(&self) -> Server {
        Self::server(self.dir.path(), &[]).await
    }

    async fn server(dir: &Path, settings: &[&str]) -> Server {
        Server::start_with(dir, &[DEPOT, settings].concat()).await
    }
}

/// The host and the port in a url.
pub fn host(url: &str) -> &str {
    let (_, rest) = url.split_once('@').expect("it names a user");
    rest.split('/').next().unwrap_or_default()
}

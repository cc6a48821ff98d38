//! A PostgreSQL server of the tests' own, with a database for each test.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

/// Names a server that runs already.
const URL: &str = "POSTGRES_URL";

/// A database, which goes away with this.
pub struct PostgresDatabase {
    name: String,
}

/// A server that ends when its standard input does: with this, or with this process.
pub struct Server {
    pub url: String,
    child: Option<Child>,
}

/// The server that all tests of this process share.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let given = || env::var_os(URL).filter(|url| !url.is_empty())?.into_string().ok();
    SERVER.get_or_init(|| given().map_or_else(Server::start, |url| Server { url, child: None }))
}

impl Server {
    /// A server of one's own.
    pub fn start() -> Self {
        Self::spawn(Self::command())
    }

    /// The command that starts one, to be changed.
    pub fn command() -> Command {
        Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres-server"))
    }

    /// A server of one's own, by a command.
    pub fn spawn(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("`tests/postgres-server` runs");
        let mut url = String::new();
        let printed = child.stdout.take().expect("it is piped");
        BufReader::new(printed).read_line(&mut url).expect("it prints text");
        assert!(!url.trim().is_empty(), "no PostgreSQL could be started, see above");
        Self { url: url.trim().to_owned(), child: Some(child) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            child.wait().ok();
        }
    }
}

/// The url of a database of the server.
pub fn url_of(database: &str) -> String {
    let (server, _) = server().url.rsplit_once('/').expect("it names a database");
    format!("{server}/{database}")
}

/// A connection to the server's own database, in which others are made.
async fn administrate() -> DatabaseConnection {
    Database::connect(&server().url).await.expect("the server takes connections")
}

impl PostgresDatabase {
    /// A new one without tables.
    pub async fn create() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let connection = administrate().await;
        connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("there is room for it");
        connection.close().await.expect("it was open");
        Self { name }
    }

    /// Leaves it there: its name, by which it is to be removed.
    pub fn leave(mut self) -> String {
        std::mem::take(&mut self.name)
    }

    /// Removes a database that was left, with whoever uses it still.
    pub async fn remove(name: &str) {
        let connection = administrate().await;
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // What can't be removed goes away with the server.
        connection.execute_unprepared(&statement).await.ok();
        connection.close().await.ok();
    }

    /// Where it is.
    pub fn url(&self) -> String {
        url_of(&self.name)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        if name.is_empty() {
            return;
        }
        // On a thread of its own, for a runtime can't wait for another.
        let removing = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(Self::remove(&name));
            std::io::Result::Ok(())
        });
        removing.join().ok();
    }
}

//! Where the store of a test is that has a directory: in a file there, or in a database of the tests' PostgreSQL.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use rollcall::store::Options;

use super::{
    pooler::pooled,
    postgres::{PostgresDatabase, url_of},
};

/// Says on which database the tests run that have a store in a directory: `sqlite`, `postgres`, or `pgbouncer`, which is
/// PostgreSQL by way of a pooler.
const DATABASE: &str = "TEST_DATABASE";
/// The file in the directory that names the database.
const NAME: &str = "postgres";

/// Whether stores are in PostgreSQL.
pub fn is_postgres() -> bool {
    match env::var_os(DATABASE) {
        None => false,
        Some(database) if database == "sqlite" => false,
        Some(database) if database == "postgres" || database == "pgbouncer" => true,
        Some(database) => panic!("{DATABASE}={} is no database", database.display()),
    }
}

/// Whether a server goes to PostgreSQL by way of a pooler.
fn is_pooled() -> bool {
    env::var_os(DATABASE).is_some_and(|database| database == "pgbouncer")
}

/// The options of the store of a server that is started in `dir`. A database is made when there is none yet.
pub fn store_options(dir: &Path) -> Options {
    let url = store_url(dir);
    if is_pooled() { pooled_options(&url) } else { Options::new(url) }
}

/// The options of a store by way of a pooler, given the url of its database.
pub fn pooled_options(direct: &str) -> Options {
    let direct_url = Some(direct.to_owned());
    Options { direct_url, prepared_statements: 0, ..Options::new(pooled(direct)) }
}

/// The same as settings.
pub fn settings(options: &Options) -> Vec<String> {
    let Options { url, direct_url, prepared_statements, .. } = options;
    let mut settings = vec![format!("store.url={url}")];
    if let Some(direct_url) = direct_url {
        settings.push(format!("store.direct_url={direct_url}"));
        settings.push(format!("store.prepared_statements={prepared_statements}"));
    }
    settings
}

/// The store's file of a server that was started in `dir`, where stores are in files.
pub fn store_file(dir: &Path) -> PathBuf {
    dir.join("rollcall.db")
}

/// The url of the store of a server that is started in `dir`. A database is made when there is none yet.
pub fn store_url(dir: &Path) -> String {
    if is_postgres() || dir.join(NAME).exists() {
        postgres_url(dir)
    } else {
        format!("sqlite:{}", store_file(dir).display())
    }
}

/// The url of a database in PostgreSQL, in which the store of `dir` is from now on.
pub fn postgres_url(dir: &Path) -> String {
    let file = dir.join(NAME);
    let name = fs::read_to_string(&file).unwrap_or_else(|_| {
        let name = make();
        fs::write(&file, &name).expect("there is room");
        USED.lock().unwrap().push((file, name.clone()));
        name
    });
    url_of(&name)
}

/// The databases that were made, each with the file that names it.
static USED: Mutex<Vec<(PathBuf, String)>> = Mutex::new(Vec::new());

/// Makes a database, and removes those whose directories are gone.
fn make() -> String {
    let mut used = USED.lock().unwrap();
    let gone: Vec<_> = used.extract_if(.., |(file, _)| !file.exists()).map(|(_, name)| name).collect();
    drop(used);
    // On a thread of its own, for a runtime can't wait for another.
    let making = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is room for it");
        runtime.block_on(async {
            for name in gone {
                PostgresDatabase::remove(&name).await;
            }
            PostgresDatabase::create().await.leave()
        })
    });
    making.join().expect("the server makes a database")
}

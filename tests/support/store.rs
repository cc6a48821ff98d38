//! Where the store of a test is that has a directory: in a file there, or in a database of the tests' PostgreSQL.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use super::postgres::{PostgresDatabase, url_of};

/// Says on which database the tests run that have a store in a directory: `sqlite` or `postgres`.
const DATABASE: &str = "TEST_DATABASE";
/// The file in the directory that names the database.
const NAME: &str = "postgres";

/// Whether stores are in PostgreSQL.
pub fn is_postgres() -> bool {
    match env::var_os(DATABASE) {
        None => false,
        Some(database) if database == "sqlite" => false,
        Some(database) if database == "postgres" => true,
        Some(database) => panic!("{DATABASE}={} is neither `sqlite` nor `postgres`", database.display()),
    }
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

//! Which process a SQLite file belongs to: one at a time, and only while the file is where it was.

use std::{
    fs::{self, File, Metadata, TryLockError},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::UNIX_EPOCH,
};

use parking_lot::RwLock;
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ConnectionTrait, DbBackend, EntityTrait as _, QueryResult, Statement,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::{StoreError, StoreResult},
    store::{
        error::defect,
        sql::{entity::owner, identity},
    },
};

/// Finds the row that says whose the database is.
pub(super) const ROW: &str = "SELECT process, epoch FROM owner";

/// The right of this process to a SQLite file. Dropped, or when the process ends, however it ends, it is free.
pub(in crate::store) struct Ownership {
    path: PathBuf,
    /// The locked file. INVARIANT: no other descriptor of it is opened beside SQLite's own, for closing any drops the
    /// locks that SQLite has in this process.
    file: File,
    identity: FileIdentity,
    /// That of the write-ahead log, which stays the same while a connection is open.
    log: OnceLock<FileIdentity>,
    /// What the row of the table names this process.
    process: [u8; 16],
    /// Of how many processes this is the last that took the database over; 0 before it did.
    epoch: AtomicI64,
    /// Why nothing may be answered now; none while all is well.
    loss: RwLock<Option<String>>,
    has_loss: AtomicBool,
    /// Whether another process has written itself into the row, which is for good.
    is_taken_over: AtomicBool,
    /// Whether the connections are being closed.
    is_ending: AtomicBool,
}

/// What tells a file from any other, whatever its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileIdentity {
    device: u64,
    inode: u64,
    /// When it was made, in microseconds since 1970, where the file system says so: numbers of files are given again.
    made_at: Option<u128>,
}

impl FileIdentity {
    fn of(metadata: &Metadata) -> Self {
        let made_at = metadata.created().ok().and_then(|made_at| made_at.duration_since(UNIX_EPOCH).ok());
        let made_at = made_at.map(|since| since.as_micros());
        Self { device: metadata.dev(), inode: metadata.ino(), made_at }
    }

    /// What tells it from a copy for good: not the device, whose number may be another after a restart of the machine.
    fn text(self) -> String {
        format!("{}@{}", self.inode, self.made_at.unwrap_or_default())
    }

    fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }
}

impl Ownership {
    /// Locks the file, which is made when it is missing. The lock is on the file itself, whichever path leads to it.
    pub(super) fn lock(path: &Path) -> StoreResult<Self> {
        let unavailable = |error: std::io::Error| StoreError::Unavailable(Box::new(error));
        let file = File::options().create(true).append(true).open(path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("another process serves `{}`; stop it, or use another file", path.display());
                return Err(StoreError::Unavailable(message.into()));
            }
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        }
        let identity = FileIdentity::of(&file.metadata().map_err(unavailable)?);
        let mut process = [0; 16];
        getrandom::fill(&mut process).map_err(|error| defect(error.to_string()))?;
        // Another process may have put another file there before the lock was had.
        if FileIdentity::at(path) != Some(identity) {
            return Err(StoreError::Unavailable(format!("`{}` was replaced meanwhile", path.display()).into()));
        }
        let (log, loss, has_loss) = (OnceLock::new(), RwLock::default(), AtomicBool::new(false));
        let [is_taken_over, is_ending] = [(); 2].map(|()| AtomicBool::new(false));
        Ok(Self {
            path: path.to_owned(),
            file,
            identity,
            log,
            process,
            epoch: AtomicI64::new(0),
            loss,
            has_loss,
            is_taken_over,
            is_ending,
        })
    }

    /// Writes this process into the row of the database, in a transaction that is then committed. A file that is a copy of
    /// the one that the row is of is refused, or, if it is to be adopted, becomes a store of its own: with another identity,
    /// so that tokens of the other are told from its own.
    pub(in crate::store) async fn claim(&self, db: &impl ConnectionTrait, adopt: bool) -> StoreResult<()> {
        let row = owner::Entity::find().all(db).await?.pop().ok_or_else(|| defect("the table `owner` is empty"))?;
        let file = self.identity.text();
        let is_copy = row.file.as_ref().is_some_and(|known| *known != file);
        if is_copy && !adopt {
            return Err(StoreError::Copied(self.path.display().to_string()));
        }
        let epoch = row.epoch + 1;
        let mut row: owner::ActiveModel = row.into();
        if is_copy {
            let (store_id, page_key) = identity::draw().map_err(|error| defect(error.to_string()))?;
            (row.store_id, row.page_key) = (Set(store_id), Set(page_key));
        }
        (row.file, row.process, row.epoch) = (Set(Some(file)), Set(Some(self.process.to_vec())), Set(epoch));
        row.update(db).await?;
        self.epoch.store(epoch, Ordering::Relaxed);
        Ok(())
    }

    /// Looks whether the file is where it was, and whether it may be written.
    ///
    /// # Errors
    /// `StoreError::Lost` when it is not, which is remembered until it is there again; `StoreError::ReadOnly`.
    pub(in crate::store) fn check_writable(&self) -> StoreResult<()> {
        let found = self.look_at_file()?;
        if found.permissions().readonly() { Err(StoreError::ReadOnly(self.path.display().to_string())) } else { Ok(()) }
    }

    /// Looks whether the file is where it was.
    ///
    /// # Errors
    /// `StoreError::Lost` when it is not, or the database is another process's by now.
    pub(super) fn look(&self) -> StoreResult<()> {
        // The write-ahead log goes away with the last connection.
        if self.is_ending.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.look_at_file()?;
        self.check_owned()
    }

    /// Looks whether the file is where it was, and the row of the database names this process.
    pub(in crate::store) async fn check(&self, db: &impl ConnectionTrait) -> StoreResult<()> {
        self.look_at_file()?;
        self.check_row(&db.query_all_raw(Statement::from_string(DbBackend::Sqlite, ROW)).await?)
    }

    /// Looks whether the row of the database, which [`ROW`] finds, names this process. One that names an earlier process was
    /// put back, with the rest of the database, and is as good; the next barrier sets it right.
    pub(super) fn check_row(&self, rows: &[QueryResult]) -> StoreResult<()> {
        let row = rows.first().map(QueryResult::try_get_many_by_index::<(Option<Vec<u8>>, i64)>).transpose()?;
        let ours = self.epoch.load(Ordering::Relaxed);
        match row {
            Some((_, epoch)) if epoch < ours => Ok(()),
            Some((Some(process), epoch)) if epoch == ours && process == self.process => Ok(()),
            _ => {
                self.is_taken_over.store(true, Ordering::Relaxed);
                Err(self.lose("another process has taken over the database".to_owned()))
            }
        }
    }

    /// A small change, whose commit shows that the database takes commits, and that all before it are settled.
    pub(super) async fn touch(&self, db: &impl ConnectionTrait) -> StoreResult<()> {
        let touch = owner::Entity::update_many()
            .col_expr(owner::Column::Process, Expr::value(self.process.to_vec()))
            .col_expr(owner::Column::Epoch, Expr::value(self.epoch.load(Ordering::Relaxed)))
            .col_expr(owner::Column::Barriers, Expr::col(owner::Column::Barriers).add(1));
        touch.exec(db).await?;
        Ok(())
    }

    /// What the last look found.
    ///
    /// # Errors
    /// `StoreError::Lost` when this process must not answer.
    pub(in crate::store) fn check_owned(&self) -> StoreResult<()> {
        if !self.has_loss.load(Ordering::Relaxed) {
            return Ok(());
        }
        match &*self.loss.read() {
            Some(why) => Err(StoreError::Lost(why.clone())),
            None => Ok(()),
        }
    }

    /// Looks for the file no more, for the connections are being closed.
    pub(super) fn end(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Ends it, once all connections are closed.
    pub(super) fn release(&self) -> StoreResult<()> {
        self.file.unlock().map_err(|error| StoreError::Unavailable(Box::new(error)))
    }

    fn look_at_file(&self) -> StoreResult<Metadata> {
        let path = self.path.display();
        let found = match fs::metadata(&self.path) {
            Ok(found) if FileIdentity::of(&found) == self.identity => found,
            Ok(_) => return Err(self.lose(format!("another file was put in the place of `{path}`"))),
            Err(error) => return Err(self.lose(format!("`{path}` was moved or deleted ({error})"))),
        };
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        let log_path = Path::new(&log);
        match (FileIdentity::at(log_path), self.log.get()) {
            (Some(found), None) => drop(self.log.set(found)),
            (found, Some(known)) if found != Some(*known) => {
                return Err(self.lose(format!("`{}`, its write-ahead log, was moved or deleted", log_path.display())));
            }
            _ => {}
        }
        if !self.is_taken_over.load(Ordering::Relaxed) && self.has_loss.swap(false, Ordering::Relaxed) {
            *self.loss.write() = None;
            tracing::warn!(file = %path, "the store's file is back; requests are answered again");
        }
        Ok(found)
    }

    fn lose(&self, why: String) -> StoreError {
        *self.loss.write() = Some(why.clone());
        if !self.has_loss.swap(true, Ordering::Relaxed) {
            tracing::error!(reason = why, "the store is lost; nothing is answered until its file is back");
        }
        StoreError::Lost(why)
    }
}

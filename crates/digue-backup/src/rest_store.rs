//! A repository behind a REST server, by the protocol of `rest-server`, which `rclone serve restic`
//! speaks too.
//!
//! HTTP itself is the caller's: this file says what to ask and reads what comes back. Whether the
//! server is append-only is not believed: see `canary`.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use ring::digest::{SHA256, digest};
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};
use serde::Deserialize;

use crate::error::StoreFault;
use crate::folder_store::hex;
use crate::stored::{LOCK_BYTES_MAX, RepositoryFiles, StoredFile, StoredLock, usable};

/// Asks one question of the repository's server; below the repository's own URL.
pub trait RestTransport: Send + Sync + 'static {
    /// Sends the request and reads the whole answer.
    ///
    /// # Errors
    /// When no answer came. An answer that refuses is no error.
    fn send(&self, request: &RestRequest) -> Result<RestAnswer, Box<dyn Error + Send + Sync>>;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestMethod {
    Get,
    Head,
    Post,
    Delete,
}

impl RestMethod {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct RestRequest {
    pub method: RestMethod,
    /// Below the repository: `config`, `data/`, `keys/3f2a…`, or `?create=true`.
    pub path: String,
    /// First and last byte wanted, for `Range: bytes=`.
    pub range: Option<(u64, u64)>,
    /// `Accept: application/vnd.x.restic.rest.v2`, with which lists carry sizes.
    pub wants_sizes: bool,
    pub body: Bytes,
}

impl RestRequest {
    fn new(method: RestMethod, path: String) -> Self {
        Self {
            method,
            path,
            range: None,
            wants_sizes: false,
            body: Bytes::new(),
        }
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct RestAnswer {
    pub status: u16,
    /// `Content-Length`: what a `HEAD` is asked for.
    pub length: Option<u64>,
    pub body: Bytes,
}

/// A repository's files on a server.
pub struct RestStore {
    place: String,
    transport: Arc<dyn RestTransport>,
}

/// Tries before a server that does not answer, or answers that it cannot now, is given up.
const TRIES: usize = 3;

#[derive(Deserialize)]
struct ListedObject {
    name: String,
    size: u64,
}

impl RestStore {
    /// `place` is shown to people and holds no password.
    pub fn new(place: &str, transport: Arc<dyn RestTransport>) -> Self {
        Self {
            place: place.to_owned(),
            transport,
        }
    }

    fn path(kind: FileType, id: &Id) -> String {
        match kind {
            FileType::Config => "config".to_owned(),
            FileType::Key | FileType::Snapshot | FileType::Index | FileType::Pack => {
                format!("{}/{}", kind.dirname(), id.to_hex().as_str())
            }
        }
    }

    /// Repeats what may be repeated: every request here has the same effect twice.
    pub(crate) fn ask(&self, request: &RestRequest) -> Result<RestAnswer, StoreFault> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.transport.send(request) {
                Ok(answer) if answer.status < 500 || tries == TRIES => return Ok(answer),
                Err(error) if tries == TRIES => return Err(StoreFault::Unreachable(error)),
                Ok(_) | Err(_) => {}
            }
        }
    }

    pub(crate) fn delete(&self, kind: FileType, id: &Id) -> Result<u16, StoreFault> {
        let request = RestRequest::new(RestMethod::Delete, Self::path(kind, id));
        self.ask(&request).map(|answer| answer.status)
    }

    /// Writes a file, whatever is there under its name; its status.
    pub(crate) fn overwrite(
        &self,
        kind: FileType,
        id: &Id,
        content: Vec<u8>,
    ) -> Result<u16, StoreFault> {
        let mut request = RestRequest::new(RestMethod::Post, Self::path(kind, id));
        request.body = content.into();
        self.ask(&request).map(|answer| answer.status)
    }

    /// Asks for a file, whatever the answer is.
    pub(crate) fn read_again(&self, kind: FileType, id: &Id) -> Result<RestAnswer, StoreFault> {
        self.ask(&RestRequest::new(RestMethod::Get, Self::path(kind, id)))
    }

    /// The files of a folder.
    fn listed(&self, folder: &str) -> RusticResult<Vec<ListedObject>> {
        let mut request = RestRequest::new(RestMethod::Get, format!("{folder}/"));
        request.wants_sizes = true;
        let answer = self
            .ask(&request)
            .map_err(|fault| fault.wrap("listing files"))?;
        match answer.status {
            200 => {}
            // A folder that nothing was written to yet.
            404 => return Ok(Vec::new()),
            status => return Err(StoreFault::Refused(status).wrap("listing files")),
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| StoreFault::Protocol(error.to_string()).wrap("listing files"))
    }

    fn expect(&self, request: &RestRequest) -> Result<RestAnswer, StoreFault> {
        let answer = self.ask(request)?;
        if (200..300).contains(&answer.status) {
            Ok(answer)
        } else {
            Err(StoreFault::Refused(answer.status))
        }
    }

    fn upload(&self, kind: FileType, id: &Id, content: BytesList) -> Result<(), StoreFault> {
        let mut request = RestRequest::new(RestMethod::Post, Self::path(kind, id));
        request.body = content.into_vec().concat().into();
        let answer = self.ask(&request)?;
        // Not `expect`: an answer that refuses may be about a file that is already there.
        match answer.status {
            200..300 => Ok(()),
            // An append-only server has it already: an upload whose answer was lost, or that was
            // killed after it. Only the same file is the same: its name is its hash, so its size is
            // enough.
            403 | 409 if kind != FileType::Config => {
                let found = self.ask(&RestRequest::new(RestMethod::Head, Self::path(kind, id)))?;
                let is_whole =
                    found.status == 200 && found.length == Some(request.body.len() as u64);
                if is_whole {
                    Ok(())
                } else {
                    Err(StoreFault::Refused(answer.status))
                }
            }
            status => Err(StoreFault::Refused(status)),
        }
    }
}

impl RepositoryFiles for RestStore {
    fn stored(&self, kind: FileType) -> RusticResult<Vec<StoredFile>> {
        let folder = kind.dirname();
        let listed = self.listed(folder)?.into_iter();
        Ok(listed
            .map(|one| StoredFile::named(kind, folder, &one.name, one.size))
            .collect())
    }

    fn locks(&self) -> RusticResult<Vec<StoredLock>> {
        let mut found = Vec::new();
        for one in self.listed("locks")? {
            // A name with a slash would lead out of the folder.
            if one.size > LOCK_BYTES_MAX || one.name.contains('/') {
                continue;
            }
            let request = RestRequest::new(RestMethod::Get, format!("locks/{}", one.name));
            let answer = self
                .ask(&request)
                .map_err(|fault| fault.wrap("reading a lock"))?;
            match answer.status {
                200 => found.push(StoredLock {
                    name: one.name,
                    content: answer.body,
                }),
                // It ended meanwhile.
                404 => {}
                status => return Err(StoreFault::Refused(status).wrap("reading a lock")),
            }
        }
        Ok(found)
    }
}

impl ReadBackend for RestStore {
    fn location(&self) -> String {
        self.place.clone()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            let request = RestRequest::new(RestMethod::Head, "config".to_owned());
            let answer = self
                .ask(&request)
                .map_err(|fault| fault.wrap("asking for the configuration"))?;
            return match answer.status {
                200 => {
                    let size = answer
                        .length
                        .and_then(|length| u32::try_from(length).ok())
                        .unwrap_or(0);
                    Ok(vec![(Id::default(), size)])
                }
                404 => Ok(Vec::new()),
                status => Err(StoreFault::Refused(status).wrap("asking for the configuration")),
            };
        }
        Ok(usable(kind, self.stored(kind)?))
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let request = RestRequest::new(RestMethod::Get, Self::path(kind, id));
        let answer = self
            .expect(&request)
            .map_err(|fault| fault.wrap("reading a file"))?;
        if matches!(kind, FileType::Snapshot | FileType::Index)
            && digest(&SHA256, &answer.body).as_ref() != hex(id).as_slice()
        {
            return Err(StoreFault::WrongHash.wrap("a file differs from its name"));
        }
        Ok(answer.body)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let mut request = RestRequest::new(RestMethod::Get, Self::path(kind, id));
        let first = u64::from(offset);
        request.range = Some((first, first + u64::from(length) - 1));
        let answer = self
            .expect(&request)
            .map_err(|fault| fault.wrap("reading a part of a file"))?;
        let wanted = length as usize;
        match answer.body.len() {
            found if found == wanted => Ok(answer.body),
            // A server that knows no ranges sends the whole file.
            found if answer.status == 200 && found >= offset as usize + wanted => {
                Ok(answer.body.slice(offset as usize..offset as usize + wanted))
            }
            found => {
                let fault = StoreFault::Protocol(format!("{found} bytes of {wanted}"));
                Err(fault.wrap("reading a part of a file"))
            }
        }
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        Self::path(kind, id)
    }
}

impl WriteBackend for RestStore {
    fn create(&self) -> RusticResult<()> {
        let request = RestRequest::new(RestMethod::Post, "?create=true".to_owned());
        self.expect(&request)
            .map(drop)
            .map_err(|fault| fault.wrap("making a repository"))
    }

    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.upload(kind, id, content)
            .map_err(|fault| fault.wrap("writing a file"))
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        match self.delete(kind, id) {
            Ok(200..300) => Ok(()),
            Ok(status) => Err(StoreFault::Refused(status).wrap("removing a file")),
            Err(fault) => Err(fault.wrap("removing a file")),
        }
    }
}

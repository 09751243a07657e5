//! A bucket with object lock in memory: strict where stores should be, and wrong in the ways in which
//! stores were found to be.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_backup::s3_store::{S3Answer, S3Method, S3Request, S3Store, S3Transport};
use digue_types::Timestamp;

/// How the store keeps its locks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Locking {
    /// As the documentation of S3 says.
    Strict,
    /// Takes the header and locks nothing.
    Ignored,
    /// Shows the lock, and deletes all the same.
    ShownOnly,
    /// Lets a lock be shortened.
    Shortened,
    /// Lets compliance mode be turned into governance mode.
    Weakened,
    /// Overwrites in place: no versions.
    Unversioned,
}

#[derive(Clone)]
pub(crate) struct StoredVersion {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    at: Timestamp,
    pub(crate) is_marker: bool,
    pub(crate) lock: Option<(String, Timestamp)>,
}

struct Bucket {
    /// Oldest first.
    objects: BTreeMap<String, Vec<StoredVersion>>,
    drawn: u64,
    now: Timestamp,
    /// Requests that are answered before every later one is cut off; counted down.
    answers_left: Option<usize>,
}

pub(crate) struct S3Double {
    locking: Locking,
    bucket: Mutex<Bucket>,
}

/// Entries of a page of the list: few, so that repositories have several pages.
const PAGE: usize = 5;
const LOCK: Duration = Duration::from_hours(30 * 24);

impl S3Double {
    pub(crate) fn start(locking: Locking) -> Arc<Self> {
        let bucket = Bucket {
            objects: BTreeMap::new(),
            drawn: 0,
            now: Timestamp::from_secs(1_764_000_000),
            answers_left: None,
        };
        Arc::new(Self {
            locking,
            bucket: Mutex::new(bucket),
        })
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wait(&self, time: Duration) {
        let mut bucket = self.bucket();
        bucket.now = bucket.now.plus(time);
    }

    /// Answers so many more requests; then the network is gone.
    pub(crate) fn cut_after(&self, answers: Option<usize>) {
        self.bucket().answers_left = answers;
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<StoredVersion>> {
        self.bucket().objects.clone()
    }

    pub(crate) fn store(self: &Arc<Self>) -> S3Store {
        S3Store::new("magasin", "digue", self.clone(), Some(LOCK))
    }
}

fn answer(status: u16, headers: &[(&str, String)], body: Vec<u8>) -> S3Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    S3Answer {
        status,
        headers: headers.collect(),
        body: body.into(),
    }
}

fn query<'r>(request: &'r S3Request, name: &str) -> Option<&'r str> {
    let found = request.query.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

fn header<'r>(request: &'r S3Request, name: &str) -> Option<&'r str> {
    let found = request.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

impl S3Transport for S3Double {
    fn now(&self) -> Timestamp {
        self.bucket().now
    }

    fn send(&self, request: &S3Request) -> Result<S3Answer, Box<dyn Error + Send + Sync>> {
        let mut bucket = self.bucket();
        match &mut bucket.answers_left {
            Some(0) => return Err("the network is gone".into()),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(match request.method {
            S3Method::Get if request.key.is_empty() => list(&bucket, request),
            S3Method::Get | S3Method::Head => read(&bucket, request),
            S3Method::Put if query(request, "retention").is_some() => {
                retain(&mut bucket, request, self.locking)
            }
            S3Method::Put => write(&mut bucket, request, self.locking),
            S3Method::Delete => delete(&mut bucket, request, self.locking),
        })
    }
}

fn list(bucket: &Bucket, request: &S3Request) -> S3Answer {
    assert!(query(request, "versions").is_some(), "{request:?}");
    let start = query(request, "prefix").unwrap_or("");
    let mut all = Vec::new();
    for (key, versions) in &bucket.objects {
        if key.starts_with(start) {
            all.extend(versions.iter().rev().map(|version| (key, version)));
        }
    }
    let from = query(request, "key-marker").map_or(0, |key| {
        let id = query(request, "version-id-marker").unwrap();
        let last = all
            .iter()
            .position(|(known, version)| *known == key && version.id == id);
        last.unwrap() + 1
    });
    let page = &all[from..all.len().min(from + PAGE)];
    let is_cut = from + page.len() < all.len();
    let mut xml = format!("<ListVersionsResult><IsTruncated>{is_cut}</IsTruncated>");
    if let (true, Some((key, version))) = (is_cut, page.last()) {
        let id = &version.id;
        write!(
            xml,
            "<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{id}</NextVersionIdMarker>"
        )
        .unwrap();
    }
    for (key, version) in page {
        let (tag, size) = if version.is_marker {
            ("DeleteMarker", String::new())
        } else {
            ("Version", format!("<Size>{}</Size>", version.body.len()))
        };
        write!(
            xml,
            "<{tag}><Key>{key}</Key><VersionId>{}</VersionId><LastModified>{}</LastModified>\
             {size}</{tag}>",
            version.id, version.at
        )
        .unwrap();
    }
    xml.push_str("</ListVersionsResult>");
    answer(200, &[], xml.into_bytes())
}

fn read(bucket: &Bucket, request: &S3Request) -> S3Answer {
    let versions = bucket
        .objects
        .get(&request.key)
        .map_or(&[][..], Vec::as_slice);
    let found = match query(request, "versionId") {
        Some(id) => versions.iter().find(|version| version.id == id),
        None => versions.last(),
    };
    let Some(version) = found.filter(|version| !version.is_marker) else {
        return answer(404, &[], Vec::new());
    };
    let mut headers = Vec::new();
    if let Some((mode, until)) = &version.lock {
        headers.push(("x-amz-object-lock-mode", mode.clone()));
        headers.push(("x-amz-object-lock-retain-until-date", until.to_string()));
    }
    if request.method == S3Method::Head {
        return answer(200, &headers, Vec::new());
    }
    let range = header(request, "range").map(|range| {
        let (first, last) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        first.parse::<usize>().unwrap()..last.parse::<usize>().unwrap() + 1
    });
    match range {
        None => answer(200, &headers, version.body.clone()),
        Some(range) => match version.body.get(range) {
            Some(part) => answer(206, &headers, part.to_vec()),
            None => answer(416, &[], Vec::new()),
        },
    }
}

fn write(bucket: &mut Bucket, request: &S3Request, locking: Locking) -> S3Answer {
    bucket.drawn += 1;
    let id = match locking {
        Locking::Unversioned => "null".to_owned(),
        _ => format!("v{}", bucket.drawn),
    };
    let asked = header(request, "x-amz-object-lock-mode")
        .zip(header(request, "x-amz-object-lock-retain-until-date"));
    let lock = asked
        .filter(|_| locking != Locking::Ignored)
        .map(|(mode, until)| (mode.to_owned(), Timestamp::parse_rfc3339(until).unwrap()));
    if lock.as_ref().is_some_and(|(_, until)| *until <= bucket.now) {
        return answer(400, &[], Vec::new());
    }
    let version = StoredVersion {
        id: id.clone(),
        body: request.body.to_vec(),
        at: bucket.now,
        is_marker: false,
        lock,
    };
    let versions = bucket.objects.entry(request.key.clone()).or_default();
    if locking == Locking::Unversioned {
        versions.clear();
    }
    versions.push(version);
    answer(200, &[("x-amz-version-id", id)], Vec::new())
}

fn retain(bucket: &mut Bucket, request: &S3Request, locking: Locking) -> S3Answer {
    let now = bucket.now;
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let field = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let (mode, until) = (
        field("Mode"),
        Timestamp::parse_rfc3339(&field("RetainUntilDate")).unwrap(),
    );
    let id = query(request, "versionId").unwrap();
    let versions = bucket.objects.get_mut(&request.key);
    let Some(version) = versions.and_then(|all| all.iter_mut().find(|version| version.id == id))
    else {
        return answer(404, &[], Vec::new());
    };
    let is_refused = version.lock.as_ref().is_some_and(|(known, kept)| {
        let is_shorter = until < *kept && locking != Locking::Shortened;
        let is_weaker = *known != mode && locking != Locking::Weakened;
        known == "COMPLIANCE" && *kept > now && (is_shorter || is_weaker)
    });
    if is_refused {
        return answer(403, &[], Vec::new());
    }
    if locking != Locking::Ignored {
        version.lock = Some((mode, until));
    }
    answer(200, &[], Vec::new())
}

fn delete(bucket: &mut Bucket, request: &S3Request, locking: Locking) -> S3Answer {
    let now = bucket.now;
    let versions = bucket.objects.entry(request.key.clone()).or_default();
    let Some(id) = query(request, "versionId") else {
        bucket.drawn += 1;
        if locking == Locking::Unversioned {
            versions.clear();
        } else {
            versions.push(StoredVersion {
                id: format!("v{}", bucket.drawn),
                body: Vec::new(),
                at: now,
                is_marker: true,
                lock: None,
            });
        }
        return answer(204, &[], Vec::new());
    };
    let bypasses = header(request, "x-amz-bypass-governance-retention").is_some();
    let is_locked = |version: &StoredVersion| {
        version
            .lock
            .as_ref()
            .is_some_and(|(mode, until)| *until > now && (mode == "COMPLIANCE" || !bypasses))
    };
    if locking != Locking::ShownOnly
        && versions
            .iter()
            .any(|version| version.id == id && is_locked(version))
    {
        return answer(403, &[], Vec::new());
    }
    versions.retain(|version| version.id != id);
    if versions.is_empty() {
        bucket.objects.remove(&request.key);
    }
    answer(204, &[], Vec::new())
}

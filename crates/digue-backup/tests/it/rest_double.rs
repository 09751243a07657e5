//! A server of restic's REST protocol on loopback, and a client for it: strict where servers should
//! be, and wrong in the ways in which servers were found to be.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use digue_backup::rest_store::{RestAnswer, RestMethod, RestRequest, RestTransport};
use ring::digest::{SHA256, digest};

/// How the server behaves when asked to delete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deleting {
    /// Refuses before it looks for the file, whatever it is, locks excepted.
    Refused,
    /// Append-only in name: deletes everything but packs.
    SparesPacks,
    /// Deletes, and answers that it did not.
    Lies,
    Allowed,
    /// Refuses to delete, and writes over what is there, whatever its hash is.
    Overwrites,
    /// The same, for the configuration alone: rest-server until 0.10.
    OverwritesConfig,
}

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A server that ends with the test.
pub(crate) struct RestDouble {
    pub(crate) address: SocketAddr,
    files: Files,
    /// Requests that are answered before every later one is cut off; counted down.
    answers_left: Arc<Mutex<Option<usize>>>,
}

impl RestDouble {
    pub(crate) fn start(deleting: Deleting) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (files, answers_left) = (Files::default(), Arc::new(Mutex::new(None)));
        let (shared, left) = (files.clone(), answers_left.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (files, left) = (shared.clone(), left.clone());
                std::thread::spawn(move || {
                    if may_answer(&left) {
                        // A client that went away is the client's business.
                        let _ = serve(stream, &files, deleting);
                    }
                });
            }
        });
        Self {
            address,
            files,
            answers_left,
        }
    }

    /// Answers so many more requests; then the network is gone.
    pub(crate) fn cut_after(&self, answers: Option<usize>) {
        *self
            .answers_left
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = answers;
    }

    /// Lays a file there, as its owner could.
    pub(crate) fn lay(&self, name: &str, content: Vec<u8>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(name.to_owned(), content);
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }

    pub(crate) fn client(&self, repository: &str) -> Arc<dyn RestTransport> {
        Arc::new(LoopbackClient {
            address: self.address,
            repository: repository.to_owned(),
        })
    }
}

fn may_answer(left: &Mutex<Option<usize>>) -> bool {
    match left.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        None => true,
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    }
}

fn serve(stream: TcpStream, files: &Files, deleting: Deleting) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or("").to_owned(),
        words.next().unwrap_or("").to_owned(),
    );
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, answer) = match method.as_str() {
        "HEAD" | "GET" => read(&files, &target, &headers),
        "POST" => (write(&mut files, &target, body, deleting), Vec::new()),
        "DELETE" => (delete(&mut files, &target, deleting), Vec::new()),
        _ => (405, Vec::new()),
    };
    drop(files);
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all(head.as_bytes())?;
    if method != "HEAD" {
        stream.write_all(&answer)?;
    }
    stream.flush()
}

fn read(
    files: &BTreeMap<String, Vec<u8>>,
    target: &str,
    headers: &BTreeMap<String, String>,
) -> (u16, Vec<u8>) {
    if target.ends_with('/') {
        let below = files
            .iter()
            .filter_map(|(name, bytes)| Some((name.strip_prefix(target)?, bytes.len())));
        let listed: Vec<_> = below
            .map(|(name, size)| serde_json::json!({"name": name, "size": size}))
            .collect();
        return (200, serde_json::to_vec(&listed).unwrap());
    }
    let Some(bytes) = files.get(target) else {
        return (404, Vec::new());
    };
    match headers
        .get("range")
        .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
    {
        None => (200, bytes.clone()),
        Some((first, last)) => {
            let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
            bytes
                .get(first..=last)
                .map_or((416, Vec::new()), |part| (206, part.to_vec()))
        }
    }
}

fn write(
    files: &mut BTreeMap<String, Vec<u8>>,
    target: &str,
    body: Vec<u8>,
    deleting: Deleting,
) -> u16 {
    if target.ends_with("?create=true") {
        return 200;
    }
    let name = target.rsplit('/').next().unwrap_or("");
    let overwrites = match deleting {
        Deleting::Overwrites => true,
        Deleting::OverwritesConfig => name == "config",
        Deleting::Refused | Deleting::SparesPacks | Deleting::Lies | Deleting::Allowed => false,
    };
    if overwrites {
        files.insert(target.to_owned(), body);
        return 200;
    }
    if files.contains_key(target) {
        return 403;
    }
    let hash: String = digest(&SHA256, &body)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if name != "config" && name != hash {
        return 400;
    }
    files.insert(target.to_owned(), body);
    200
}

fn delete(files: &mut BTreeMap<String, Vec<u8>>, target: &str, deleting: Deleting) -> u16 {
    let is_spared = match deleting {
        Deleting::Refused | Deleting::Overwrites | Deleting::OverwritesConfig => true,
        Deleting::SparesPacks => target.contains("/data/"),
        Deleting::Lies | Deleting::Allowed => false,
    };
    if is_spared {
        return 403;
    }
    let was_there = files.remove(target).is_some();
    match deleting {
        Deleting::Lies => 403,
        Deleting::Refused
        | Deleting::SparesPacks
        | Deleting::Allowed
        | Deleting::Overwrites
        | Deleting::OverwritesConfig => {
            if was_there {
                200
            } else {
                404
            }
        }
    }
}

struct LoopbackClient {
    address: SocketAddr,
    repository: String,
}

impl RestTransport for LoopbackClient {
    fn send(&self, request: &RestRequest) -> Result<RestAnswer, Box<dyn Error + Send + Sync>> {
        let mut stream = TcpStream::connect(self.address)?;
        let range = request.range.map_or(String::new(), |(first, last)| {
            format!("Range: bytes={first}-{last}\r\n")
        });
        let head = format!(
            "{} /{}/{} HTTP/1.1\r\nHost: loopback\r\nContent-Length: {}\r\n{range}\r\n",
            request.method.name(),
            self.repository,
            request.path,
            request.body.len(),
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(&request.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("the answer is cut off")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
        let body = answer[end + 4..].to_vec();
        if request.method != RestMethod::Head && length != Some(body.len() as u64) {
            return Err("the answer is cut off".into());
        }
        Ok(RestAnswer {
            status,
            length,
            body: body.into(),
        })
    }
}

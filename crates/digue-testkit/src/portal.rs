//! A portal made of one function, which records the requests it receives.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A request as the portal received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The portal's response.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Sent in chunks, without a declared length.
    pub is_chunked: bool,
}

impl Reply {
    pub fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self {
            status: 200,
            headers,
            body: body.into(),
            is_chunked: false,
        }
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn chunked(mut self) -> Self {
        self.is_chunked = true;
        self
    }
}

type Answering = Arc<dyn Fn(&Heard) -> Reply + Send + Sync>;

/// A running portal; its threads end with the process.
pub struct Portal {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Portal {
    pub fn start(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let answer: Answering = Arc::new(answer);
        let log = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (answer.clone(), log.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &answer, &log);
                });
            }
        });
        Self { address, heard }
    }

    /// Every request so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(stream: TcpStream, answer: &Answering, log: &Mutex<Vec<Heard>>) -> io::Result<()> {
    // Head and body are two writes: with Nagle's algorithm the second would wait for an
    // acknowledgement.
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(heard) = read_request(&mut reader)? {
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(heard.clone());
        let reply = answer(&heard);
        write_reply(&mut writer, &reply, heard.method == "HEAD")?;
    }
    Ok(())
}

fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Heard>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut heard = Heard {
        method,
        target,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut bytes = Vec::new();
        reader.read_until(b'\n', &mut bytes)?;
        // Bytes that are not UTF-8, as in some cookies, become replacement characters.
        let line = String::from_utf8_lossy(&bytes);
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        heard
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if heard.header("transfer-encoding").is_some() {
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
            reader.by_ref().take(size).read_to_end(&mut heard.body)?;
            line.clear();
            reader.read_line(&mut line)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = heard.header("content-length").and_then(|l| l.parse().ok()) {
        reader.by_ref().take(length).read_to_end(&mut heard.body)?;
    }
    Ok(Some(heard))
}

fn write_reply(writer: &mut TcpStream, reply: &Reply, is_head: bool) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.is_chunked {
        head.push_str("transfer-encoding: chunked\r\n\r\n");
    } else {
        head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len()));
    }
    writer.write_all(head.as_bytes())?;
    if is_head {
        return Ok(());
    }
    if !reply.is_chunked {
        return writer.write_all(&reply.body);
    }
    for piece in reply.body.chunks(16 * 1024) {
        writer.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
        writer.write_all(piece)?;
        writer.write_all(b"\r\n")?;
    }
    writer.write_all(b"0\r\n\r\n")
}

//! An HTTP/1.1 client that sends exactly the given bytes and reads the response.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The server's address, and the host and cookie to send.
#[derive(Clone, Debug)]
pub struct Client {
    pub address: SocketAddr,
    pub host: String,
    pub cookie: String,
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// False when the connection ended before the body did.
    pub is_whole: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The journal entry named by the response.
    pub fn entry(&self) -> Option<u64> {
        self.header("digue-receipt")?.parse().ok()
    }
}

/// Longer than any response takes on two busy cores: a test that waits this long has found a bug.
pub const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    pub fn new(address: SocketAddr, host: &str) -> Self {
        Self {
            address,
            host: host.to_owned(),
            cookie: String::new(),
        }
    }

    pub fn with_cookie(mut self, secret: &str) -> Self {
        self.cookie = format!("__Host-digue={secret}");
        self
    }

    /// A cookie of any name: `name=value`.
    pub fn with_named_cookie(mut self, cookie: &str) -> Self {
        self.cookie = cookie.to_owned();
        self
    }

    pub fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], b"")
    }

    pub fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.try_send(method, target, headers, body)
            .expect("the server answers")
    }

    /// `send`, for servers that may have stopped.
    pub fn try_send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", self.host);
        if !self.cookie.is_empty() {
            request.push_str(&format!("cookie: {}\r\n", self.cookie));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT") {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("connection: close\r\n\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        let mut stream = self.connect()?;
        stream.write_all(&bytes)?;
        read_answer(&mut BufReader::new(stream), method == "HEAD")
    }

    pub fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Sends bytes as they are; returns everything received until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = self.connect()?;
        stream.write_all(bytes)?;
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => Ok(answer),
            // A server that refuses a message may reset the connection after its answer.
            Err(_) if !answer.is_empty() => Ok(answer),
            Err(error) => Err(error),
        }
    }
}

/// True when the other side closed the connection; a timeout is not the end.
pub fn is_end_of_connection(read: &io::Result<usize>) -> bool {
    match read {
        Ok(_) => true,
        Err(error) => !matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        ),
    }
}

/// Reads one response.
pub fn read_answer(reader: &mut BufReader<TcpStream>, is_head: bool) -> io::Result<Answer> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    let mut answer = Answer {
        status,
        is_whole: true,
        ..Answer::default()
    };
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        answer
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if is_head || matches!(status, 204 | 304) {
        return Ok(answer);
    }
    if answer.header("transfer-encoding").is_some() {
        answer.is_whole = read_chunks(reader, &mut answer.body);
    } else if let Some(length) = answer
        .header("content-length")
        .and_then(|l| l.parse::<u64>().ok())
    {
        let read = reader.take(length).read_to_end(&mut answer.body);
        answer.is_whole = read.is_ok() && answer.body.len() as u64 == length;
    } else {
        answer.is_whole = reader.read_to_end(&mut answer.body).is_ok();
    }
    Ok(answer)
}

fn read_chunks(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> bool {
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() {
            return false;
        }
        let Ok(size) = u64::from_str_radix(line.trim(), 16) else {
            return false;
        };
        let before = body.len() as u64;
        let read = reader.by_ref().take(size).read_to_end(body);
        if read.is_err() || body.len() as u64 != before + size {
            return false;
        }
        line.clear();
        if reader.read_line(&mut line).is_err() {
            return false;
        }
        if size == 0 {
            return true;
        }
    }
}

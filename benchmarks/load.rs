//! An open model of load: requests leave when they are due, however slow the answers are.
//!
//!     rustc -O benchmarks/load.rs
//!     load ADDRESS PATH REQUESTS_PER_SECOND SECONDS CONNECTIONS COOKIES [HEADER...]
//!
//! Arrivals are those of a Poisson process, the same on every run. A request that finds all connections busy is sent late, and
//! its time counts from when it was **due**: what a server makes wait is measured, not left out (coordinated omission). COOKIES
//! is a file with one cookie a line, dealt out to the connections in turn; `-` for none. The first second is not counted. One
//! line of a table is printed. Nothing but the standard library, so that the compiler alone builds it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long after the last arrival the answers are waited for; what has not left by then is counted as not sent.
const PATIENCE: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(1);

struct Plan {
    address: String,
    request: String,
    due: Vec<Duration>,
    next: AtomicUsize,
    begun: Instant,
    last: Duration,
}

/// What became of one request; `status` is 0 when the connection failed.
struct Answer {
    due: Duration,
    status: u16,
    took: Duration,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [
        address,
        path,
        rate,
        seconds,
        connections,
        cookies,
        headers @ ..,
    ] = arguments.as_slice()
    else {
        eprintln!(
            "usage: load ADDRESS PATH REQUESTS_PER_SECOND SECONDS CONNECTIONS COOKIES [HEADER...]"
        );
        std::process::exit(2);
    };
    let rate: f64 = rate.parse().expect("a rate");
    let seconds: f64 = seconds.parse().expect("seconds");
    let connections: usize = connections.parse().expect("a number of connections");
    let cookies: Vec<String> = match cookies.as_str() {
        "-" => Vec::new(),
        file => std::fs::read_to_string(file)
            .expect("the file of cookies")
            .lines()
            .map(str::to_owned)
            .collect(),
    };
    let mut request = format!("GET {path} HTTP/1.1\r\n");
    if !headers
        .iter()
        .any(|header| header.to_lowercase().starts_with("host:"))
    {
        request += &format!("Host: {address}\r\n");
    }
    for header in headers {
        request += &format!("{header}\r\n");
    }
    let due = arrivals(rate, seconds + WARM_UP.as_secs_f64());
    let plan = Arc::new(Plan {
        address: address.clone(),
        request,
        last: due.last().copied().unwrap_or_default(),
        due,
        next: AtomicUsize::new(0),
        begun: Instant::now() + Duration::from_millis(200),
    });
    let threads: Vec<_> = (0..connections)
        .map(|number| {
            let plan = plan.clone();
            let cookie = (!cookies.is_empty()).then(|| cookies[number % cookies.len()].clone());
            let builder = thread::Builder::new().stack_size(128 * 1024);
            builder
                .spawn(move || client(&plan, cookie))
                .expect("a thread for each connection")
        })
        .collect();
    let answers: Vec<Answer> = threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("no thread fails"))
        .collect();
    report(rate, &plan, &answers);
}

/// When requests are due, from the beginning on.
fn arrivals(rate: f64, seconds: f64) -> Vec<Duration> {
    let (mut state, mut at, mut due) = (0x9e37_79b9_7f4a_7c15_u64, 0.0, Vec::new());
    loop {
        // xorshift64*: any even spread will do.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let drawn = (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64;
        at += -(1.0 - drawn).ln() / rate;
        if at >= seconds {
            return due;
        }
        due.push(Duration::from_secs_f64(at));
    }
}

fn client(plan: &Plan, cookie: Option<String>) -> Vec<Answer> {
    let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: {cookie}\r\n"));
    let request = format!("{}{cookie}\r\n", plan.request);
    let mut answers = Vec::new();
    let mut connection = None;
    loop {
        let number = plan.next.fetch_add(1, Ordering::Relaxed);
        let Some(due) = plan.due.get(number).copied() else {
            return answers;
        };
        let now = plan.begun.elapsed();
        // `elapsed` is zero before the beginning: all wait for it.
        if let Some(until) = (plan.begun + due).checked_duration_since(Instant::now()) {
            thread::sleep(until);
        } else if now > plan.last + PATIENCE {
            return answers;
        }
        let status = exchange(plan, &mut connection, request.as_bytes());
        if status.is_err() {
            connection = None;
        }
        let took = plan.begun.elapsed().saturating_sub(due);
        answers.push(Answer {
            due,
            status: status.unwrap_or(0),
            took,
        });
    }
}

/// One request and its whole answer, on the connection that is there or a new one.
fn exchange(
    plan: &Plan,
    connection: &mut Option<BufReader<TcpStream>>,
    request: &[u8],
) -> io::Result<u16> {
    let mut reader = match connection.take() {
        Some(reader) => reader,
        None => {
            let stream = TcpStream::connect(&plan.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            BufReader::with_capacity(64 * 1024, stream)
        }
    };
    reader.get_mut().write_all(request)?;
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    let (mut length, mut is_chunked, mut is_last) = (0_u64, false, false);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let field = line.trim_end().to_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value
                .trim()
                .parse()
                .map_err(|_| io::ErrorKind::InvalidData)?;
        }
        is_chunked |= field == "transfer-encoding: chunked";
        is_last |= field == "connection: close";
    }
    if is_chunked {
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let size =
                u64::from_str_radix(line.trim_end(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
            skip(&mut reader, size + 2)?;
            if size == 0 {
                break;
            }
        }
    } else if status != 204 {
        skip(&mut reader, length)?;
    }
    if !is_last {
        *connection = Some(reader);
    }
    Ok(status)
}

fn skip(reader: &mut BufReader<TcpStream>, bytes: u64) -> io::Result<()> {
    let read = io::copy(&mut reader.take(bytes), &mut io::sink())?;
    if read == bytes {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// `| offered/s | 2xx/s | 503/s | other/s | failed | not sent | p50 | p99 | p99.9 of 2xx | p99 of 503 |`, times in ms from when due.
fn report(rate: f64, plan: &Plan, answers: &[Answer]) {
    let counted: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.due >= WARM_UP)
        .collect();
    let planned = plan.due.iter().filter(|due| **due >= WARM_UP).count();
    let end = counted
        .iter()
        .map(|answer| answer.due + answer.took)
        .max()
        .unwrap_or(plan.last);
    let span = end.max(plan.last).saturating_sub(WARM_UP).as_secs_f64();
    let times = |is_meant: &dyn Fn(u16) -> bool| {
        let mut times: Vec<Duration> = counted
            .iter()
            .filter(|answer| is_meant(answer.status))
            .map(|answer| answer.took)
            .collect();
        times.sort_unstable();
        times
    };
    let good = times(&|status| (200..300).contains(&status));
    let shed = times(&|status| status == 503);
    let failed = times(&|status| status == 0);
    let other = counted.len() - good.len() - shed.len() - failed.len();
    let each = |count: usize| format!("{:.0}", count as f64 / span);
    let cells = [
        format!("{rate:.0}"),
        each(good.len()),
        each(shed.len()),
        each(other),
        failed.len().to_string(),
        (planned - counted.len()).to_string(),
        quantile(&good, 0.5),
        quantile(&good, 0.99),
        quantile(&good, 0.999),
        quantile(&shed, 0.99),
    ];
    println!("| {} |", cells.join(" | "));
}

fn quantile(sorted: &[Duration], share: f64) -> String {
    if sorted.is_empty() {
        return "-".to_owned();
    }
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1;
    format!("{:.1}", sorted[place].as_secs_f64() * 1000.0)
}

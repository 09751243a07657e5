//! TLS on both sides: the listener's certificate, and the portal's.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::instance::{Instance, PORTAL_HOST, Plan, obliging, shown_to};
use crate::python::{conformance, python};

/// An authority and a certificate of it, as PEM files in `folder`: `{name}.pem`, `{name}-key.pem`,
/// `{name}-authority.pem`.
pub(crate) fn issue(folder: &Path, name: &str, host: &str) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, format!("authority of {name}"));
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
    std::fs::write(folder.join(format!("{name}-key.pem")), key.serialize_pem()).unwrap();
    std::fs::write(
        folder.join(format!("{name}-authority.pem")),
        authority_certificate.pem(),
    )
    .unwrap();
}

#[test]
fn the_listener_speaks_both_versions_over_tls() {
    let files = tempfile::tempdir().unwrap();
    issue(files.path(), "door", PORTAL_HOST);
    let address: SocketAddr = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let at = files.path().display();
    let plan = Plan::usual().caseload("a1", &["P1"]).settings(&format!(
        "[[listeners]]\naddress = \"{address}\"\ncertificate = \"{at}/door.pem\"\nkey = \"{at}/door-key.pem\"\n"
    ));
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let authority = files.path().join("door-authority.pem");

    let one = "
import http.client, socket, ssl, sys
host, port, authority, cookie = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
stream = context.wrap_socket(socket.create_connection(('127.0.0.1', int(port))), server_hostname=host)
client = http.client.HTTPConnection(host)
client.sock = stream
client.request('GET', '/liste?ids=P1', headers={'Cookie': cookie})
answer = client.getresponse()
print(stream.version(), answer.status, answer.read().decode())
";
    let done = Command::new(python("python"))
        .args(["-c", one, PORTAL_HOST, &address.port().to_string()])
        .arg(&authority)
        .arg(&a1.cookie)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        said.contains("TLSv1.3 200") && said.contains("P1"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );

    let done = Command::new(python("python"))
        .arg(conformance())
        .arg(address.port().to_string())
        .args(["--host", PORTAL_HOST, "--only", "answers", "--tls"])
        .arg(&authority)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        said.ends_with("2 passed, 0 failed\n"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(shown_to(&instance.history(), "a1"), ["P1"]);
}

/// A portal behind TLS, in another language.
struct TlsPortal {
    child: Child,
    port: u16,
}

impl TlsPortal {
    fn start(files: &Path) -> Self {
        let portal = "
import http.server, ssl, sys
class Portal(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        body = b'{\"items\":[{\"id\":\"P1\"}]}'
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Portal)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
";
        let mut child = Command::new(python("python"))
            .args(["-c", portal])
            .arg(files.join("portal.pem"))
            .arg(files.join("portal-key.pem"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            port: line.trim().parse().unwrap(),
            child,
        }
    }
}

impl Drop for TlsPortal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_portal_over_tls_is_believed_only_with_its_certificate() {
    let files = tempfile::tempdir().unwrap();
    issue(files.path(), "portal", "localhost");
    issue(files.path(), "other", "localhost");
    let portal = TlsPortal::start(files.path());
    for (authority, status) in [("portal", 200), ("other", 502)] {
        let upstream = format!("https://localhost:{}", portal.port);
        let at = files.path().display();
        let plan = Plan::usual()
            .caseload("a1", &["P1"])
            .replace("{upstream}", &upstream)
            .settings(&format!(
                "[upstream]\nauthorities = \"{at}/{authority}-authority.pem\"\n"
            ));
        let mut instance = Instance::open(&plan, obliging);
        let answer = instance.sign_in("a1").get("/liste");
        assert_eq!(answer.status, status, "{}", answer.text());
        let shown = shown_to(&instance.history(), "a1");
        assert_eq!(shown.is_empty(), status == 502);
    }
}

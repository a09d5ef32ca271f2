//! A small HTTPS server on this machine, which answers what a test says and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Status, and body; of a redirect, the address.
type Answer = (u16, String);

pub(crate) struct Server {
    pub(crate) port: u16,
    /// The authority that its certificate is from, as PEM.
    pub(crate) authority: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts it. It ends with the test program.
    pub(crate) fn start(answers: &[(&str, u16, &str)]) -> Self {
        let (config, authority) = config();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, authority, answers: Arc::default(), asked: Arc::default() };
        for (path, status, body) in answers {
            server.answer(path, *status, body);
        }
        let (answers, asked) = (Arc::clone(&server.answers), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                let mut stream = BufReader::new(StreamOwned::new(connection, stream));
                // Clients that do not trust it go away.
                let Some(request) = request(&mut stream) else { continue };
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                asked.lock().expect("the list").push(request);
                let answer = answers.lock().expect("the answers").get(&path).cloned();
                let (status, body) = answer.unwrap_or_else(|| (404, not_found(&path)));
                let (place, kind) = match status {
                    302 => (format!("Location: {body}\r\n"), "text/plain"),
                    _ if body.starts_with('{') => (String::new(), "application/json"),
                    _ => (String::new(), "application/x-pem-file"),
                };
                let head = format!(
                    "HTTP/1.1 {status} Answer\r\n{place}Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let stream = stream.get_mut();
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        server
    }

    /// Answers a path so from now on.
    pub(crate) fn answer(&self, path: &str, status: u16, body: &str) {
        self.answers.lock().expect("the answers").insert(path.to_owned(), (status, body.to_owned()));
    }

    /// What was asked since the last time: `GET /path HTTP/1.1`, and what stands behind `Authorization:`.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("the list"))
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }
}

/// What an API server says of something that it does not have.
fn not_found(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": format!("services \"{name}\" not found"),
    })
    .to_string()
}

/// The first line of a request, and its authorization.
fn request(stream: &mut impl std::io::BufRead) -> Option<String> {
    let mut lines = stream.lines();
    let mut request = lines.next()?.ok()?;
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            return Some(request);
        }
        if let Some((key, value)) = line.split_once(": ")
            && key.eq_ignore_ascii_case("authorization")
        {
            request = format!("{request} {value}");
        }
    }
    None
}

fn config() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, "authority of a test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate");
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    // Systems other than Linux refuse certificates that live long.
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    let own = params.signed_by(&key, &authority).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a configuration");
    (Arc::new(config), authority.pem())
}

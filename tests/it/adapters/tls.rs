//! A server whose certificate nobody vouches for gets nothing: no key, no password, not one byte of a request.

use std::sync::Arc;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{Config, Environment, LinkTemplates};
use integration_1099policy::secret::Secret;
use integration_jobdiva::JobDiva;
use integration_jobdiva::error::Error;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use workflow_core::outcome::Trace;
use workflow_core::time::SystemClock;

use super::policy::world::{Insurer, again, work};

/// Serves TLS with a certificate of its own making. What came of each connection: how many bytes were read in the end,
/// or why there was no handshake.
async fn impostor() -> (String, mpsc::UnboundedReceiver<Result<usize, String>>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let came = match acceptor.accept(stream).await {
                Ok(mut stream) => {
                    let mut read = Vec::new();
                    // However it ends: what counts is what came.
                    drop(stream.read_to_end(&mut read).await);
                    Ok(read.len())
                }
                Err(error) => Err(error.to_string()),
            };
            if tell.send(came).is_err() {
                return;
            }
        }
    });
    (url, told)
}

/// Either there was no handshake, or the client left after it without a word.
#[track_caller]
fn nothing_came(came: Option<Result<usize, String>>) {
    assert!(matches!(came, Some(Err(_) | Ok(0))), "{came:?}");
}

#[tokio::test]
async fn the_insurers_key_goes_to_no_server_that_nobody_vouches_for() {
    let (url, mut came) = impostor().await;
    let links = LinkTemplates { success_url: String::new(), cancel_url: String::new() };
    let mut config = Config::new(Secret::new("t9k_test_1"), Environment::Sandbox, links);
    config.base_url = url;
    let policy = Ten99Policy::new(config).unwrap();
    let attempt = Insurer::standard().await.attempt("1", "job");
    let refused = again(policy.perform(&work("1", "11").job(), &attempt).await);
    assert_eq!(refused.trace, Trace::None, "{}", refused.reason);
    assert!(refused.reason.starts_with("not sent: "), "{}", refused.reason);
    nothing_came(came.recv().await);
}

#[tokio::test]
async fn jobdivas_password_goes_to_no_server_that_nobody_vouches_for() {
    let (url, mut came) = impostor().await;
    let password = integration_jobdiva::secret::Secret::new("s3cret");
    let mut config = integration_jobdiva::config::Config::new("1", "api@example.com", password);
    config.base_url = url;
    let jobdiva = JobDiva::new(config, Arc::new(SystemClock)).unwrap();
    let refused = jobdiva.log_in().await.unwrap_err();
    assert!(matches!(refused, Error::NotSent { .. }), "{refused}");
    assert!(!refused.to_string().contains("s3cret"), "{refused}");
    nothing_came(came.recv().await);
}

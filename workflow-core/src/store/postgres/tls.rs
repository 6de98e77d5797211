//! TLS to a database: rustls with the authorities that the system trusts, or those of a file.
//!
//! A server's certificate is always checked, name and all, also where libpq's `sslmode=require` would not. Absent:
//! channel binding, and certificates for the client.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use crate::store::StoreError;

/// Makes connections safe.
#[derive(Clone)]
pub(super) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts the authorities in a PEM file; without one, those of the system.
    pub(super) fn trusting(file: Option<&Path>) -> Result<Self, StoreError> {
        const ACTION: &str = "reading the authorities that are trusted";
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Io {
            action: ACTION,
            source,
        };
        let mut roots = RootCertStore::empty();
        match file {
            Some(file) => {
                let all = CertificateDer::pem_file_iter(file).map_err(|e| failed(e.into()))?;
                for certificate in all {
                    let certificate = certificate.map_err(|e| failed(e.into()))?;
                    roots.add(certificate).map_err(|e| failed(e.into()))?;
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(found.certs);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| failed(e.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Safe<S>;
    type TlsConnect = Connect;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Connect, InvalidDnsNameError> {
        let name = ServerName::try_from(domain.to_owned())?;
        Ok(Connect { config: Arc::clone(&self.0), name })
    }
}

/// One connection to a server of this name.
pub(super) struct Connect {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Safe<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Safe<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { config, name } = self;
        Box::pin(async move { TlsConnector::from(config).connect(name, stream).await.map(Safe) })
    }
}

/// A connection under TLS.
pub(super) struct Safe<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Safe<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Safe<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Safe<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

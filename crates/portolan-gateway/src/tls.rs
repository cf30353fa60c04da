//! TLS on a listener: its certificate and key, read anew with every reload.
//!
//! HTTP/2 is offered by ALPN, beside HTTP/1.1. Callers show keys, not certificates.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Tls;
use crate::gateway::NotServed;
use crate::secrets::secret;

/// What takes connections of a listener in.
///
/// # Errors
/// What is not there, or is no certificate with its key.
pub(crate) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, NotServed> {
    let (certificate, name) = (secret(&tls.certificate)?, tls.certificate.to_string());
    let wrong = |why: &dyn std::fmt::Display| NotServed::NoTls(format!("`{name}`: {why}"));
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|e| wrong(&e))?;
    let key = secret(&tls.key)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|why| NotServed::NoTls(format!("`{}`: {why}", tls.key)))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|why| wrong(&why))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

//! One certificate uploaded and looked at, to try the endpoint: no workflow follows it.

use serde_json::Value;
use workflow_core::domain::call::ContractorId;

use crate::Ten99Policy;
use crate::config::percent_encoded;
use crate::failure::Error;
use crate::wire::certificate::Form;
use crate::wire::lenient;

const CERTIFICATES: &str = "/files/certificates";

/// Separates the parts of the form; it must not occur in the file.
const BOUNDARY: &str = "certificate-trial-7d1f0c5e9b";

/// A certificate as the provider holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateEcho {
    /// Its id.
    pub id: String,
    /// `pending`, `processing`, `approved`, `flagged`, `denied` or `error`.
    pub status: String,
}

impl Ten99Policy {
    /// Uploads a PDF as a contractor's certificate.
    pub async fn try_certificate(
        &self,
        contractor: &ContractorId,
        file_name: &str,
        pdf: &[u8],
    ) -> Result<CertificateEcho, Error> {
        let mut bytes = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"contractor\"\r\n\r\n{contractor}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"certificate\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(pdf);
        bytes.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let form = Form { content_type, bytes };
        read(&self.client().post_form_without_key(CERTIFICATES, form).await?)
    }

    /// Reads a certificate back.
    pub async fn certificate_echo(&self, id: &str) -> Result<CertificateEcho, Error> {
        let path = format!("{CERTIFICATES}/{}", percent_encoded(id));
        read(&self.client().get(&path, &[]).await?)
    }
}

fn read(it: &Value) -> Result<CertificateEcho, Error> {
    let id = lenient::text_of(&it["id"]);
    let id = id.ok_or_else(|| Error::Unreadable("a certificate without id".to_owned()))?;
    Ok(CertificateEcho { id, status: lenient::text_of(&it["status"]).unwrap_or_default() })
}

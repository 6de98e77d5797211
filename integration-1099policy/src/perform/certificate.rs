//! Certificates: handed in once, and found again by the name that they went under.
//!
//! A certificate is found by whose it is and by its file's name: the name is made of the content, so that no two
//! uploads share it. Nothing else can be compared: the provider shows no hash, and `custom_metadata` is not documented
//! to come back.

use workflow_core::domain::call::{Answer, Upload};

use super::{Run, Step, told};
use crate::wire;
use crate::wire::certificate::{Certificate, Form};

/// Where certificates are.
pub(crate) const CERTIFICATES: &str = "/files/certificates";

/// Hands a document in.
pub(super) async fn upload(run: &Run<'_>, upload: &Upload, pdf: &[u8]) -> Step<Answer> {
    if run.must_look_first() {
        let ours = |certificate: &Certificate| certificate.is_of(upload);
        if let Some(found) = run.look_for(CERTIFICATES, ours).await?.last() {
            let certificate = told(found.certificate_id(), "certificate");
            let certificate = certificate.map_err(|f| run.lookup_ended(f))?;
            return Ok(Answer::CertificateUploaded { certificate });
        }
    }
    let form = Form::of(run.policy.config(), upload, pdf);
    let created = run.post_form(CERTIFICATES, form).await.map_err(|f| run.post_ended(f))?;
    let certificate = wire::object("certificate", created)
        .and_then(|created: Certificate| told(created.certificate_id(), "certificate"))
        .map_err(|f| run.post_ended(f))?;
    Ok(Answer::CertificateUploaded { certificate })
}

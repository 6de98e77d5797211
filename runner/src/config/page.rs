//! The keys of `[page]`: who may come in to the pages.

use std::net::SocketAddr;

use axum::http::HeaderName;

use super::reader::Section;
use super::tenant::{Reading, secret};
use crate::web::access::{Proxy, Role};

/// Where the pages are unless the file says otherwise.
pub(super) const ADDRESS: &str = "127.0.0.1:8097";
/// A token that somebody could guess opens the door to everybody.
const TOKEN_CHARS_MIN: usize = 16;

/// The pages: where they are, and who may come in.
#[derive(Clone)]
pub struct Page {
    /// Where they are served.
    pub address: SocketAddr,
    /// The address that people use; without it, that of `address`.
    pub public_url: Option<String>,
    /// What each token gives.
    pub tokens: Vec<(Role, String)>,
    /// A proxy in front that asks people who they are.
    pub proxy: Option<Proxy>,
}

impl Page {
    /// Pages at this address, for whoever can read the data directory.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, public_url: None, tokens: Vec::new(), proxy: None }
    }
}

/// Reads the table; `None` when something in it is wrong, which is noted.
pub(super) fn page(section: Section<'_>, address: SocketAddr, read: &Reading<'_>) -> Option<Page> {
    let mut good = true;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let key = format!("{}_token", role.name());
        if !is_named(&section, &key) {
            continue;
        }
        match secret(&section, &key, read) {
            Some(token) if token.trim().len() < TOKEN_CHARS_MIN => {
                section.note(
                    &key,
                    format!(
                        "at least {TOKEN_CHARS_MIN} characters: `openssl rand -hex 32` makes some"
                    ),
                );
                good = false;
            }
            Some(token) => tokens.push((role, token.trim().to_owned())),
            None => good = false,
        }
    }
    let public_url = section.text("public_url");
    if !address.ip().is_loopback()
        && !public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    {
        section.note(
            "public_url",
            "pages that others than this machine can reach need a proxy with TLS in front: say its https:// address",
        );
        good = false;
    }
    let proxy = proxy(&section, read);
    section.finish();
    let proxy = proxy.ok()?;
    good.then_some(Page { address, public_url, tokens, proxy })
}

fn is_named(section: &Section<'_>, key: &str) -> bool {
    ["", "_file", "_env"].iter().any(|form| section.text(&format!("{key}{form}")).is_some())
}

/// The proxy; an error where it is half described, which is noted.
fn proxy(section: &Section<'_>, read: &Reading<'_>) -> Result<Option<Proxy>, ()> {
    let header = |key: &str| {
        let text = section.text(key)?;
        let name = HeaderName::try_from(text.to_ascii_lowercase());
        Some(name.map_err(|_| section.note(key, "no name of a header")))
    };
    let (user, role) = (header("proxy_user_header"), header("proxy_role_header"));
    let proves = is_named(section, "proxy_secret");
    match (user, role, proves) {
        (None, None, false) => Ok(None),
        (Some(user), Some(role), true) => {
            let secret = secret(section, "proxy_secret", read).ok_or(())?;
            if secret.trim().len() < TOKEN_CHARS_MIN {
                section.note("proxy_secret", format!("at least {TOKEN_CHARS_MIN} characters"));
                return Err(());
            }
            Ok(Some(Proxy { user: user?, role: role?, secret: secret.trim().to_owned() }))
        }
        _ => {
            let what =
                "a proxy needs all three: proxy_user_header, proxy_role_header, proxy_secret_file";
            section.note("proxy_secret", what);
            Err(())
        }
    }
}

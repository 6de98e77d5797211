//! What opens the pages: a key of the data directory's own, from which whoever can read it gets an admin's token.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::access::{Access, Role, token_of};
use crate::config::Page;

/// The file in the data directory with the key; readable by its owner alone.
const KEY_FILE: &str = "page-key";
/// The file in the data directory that says where the pages are.
const ADDRESS_FILE: &str = "page.json";

/// The pages once their door is open.
pub struct Open {
    /// Where people find them.
    pub url: String,
    /// Who may come in.
    pub access: Access,
}

/// Where the pages of a data directory are, or were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Where people find them.
    pub url: String,
}

/// Gives a data directory the key that its fellows have: a cookie from one opens the pages of all.
#[cfg(feature = "postgres")]
pub(crate) fn share_key(data_dir: &Path, key: &[u8; 32]) -> io::Result<()> {
    let path = data_dir.join(KEY_FILE);
    let text = hex::encode(key) + "\n";
    if std::fs::read_to_string(&path).is_ok_and(|own| own == text) {
        return Ok(());
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())
}

/// Reads the key of a data directory, or makes it, and says there where the pages are.
pub fn open(data_dir: &Path, page: &Page, listener: &TcpListener) -> io::Result<Open> {
    let key = key(data_dir)?;
    let own = (Role::Admin, token_of(&key));
    let tokens = page.tokens.iter().cloned().chain([own]).collect();
    let url = page.public_url.clone().unwrap_or_else(|| {
        let address: SocketAddr = listener.local_addr().unwrap_or(page.address);
        format!("http://{address}")
    });
    let address = Address { url: url.clone() };
    std::fs::write(data_dir.join(ADDRESS_FILE), serde_json::to_vec(&address)?)?;
    let access = Access::new(key, tokens, page.proxy.clone()).at(page.public_url.as_deref());
    Ok(Open { url, access })
}

/// A link that lets whoever can read the data directory in; `None` where no process has opened pages yet.
pub fn link(data_dir: &Path) -> io::Result<Option<String>> {
    let text = match std::fs::read(data_dir.join(ADDRESS_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Address { url } = serde_json::from_slice(&text)?;
    let token = token_of(&key(data_dir)?);
    Ok(Some(format!("{url}/enter?token={token}")))
}

fn key(data_dir: &Path) -> io::Result<[u8; 32]> {
    let path = data_dir.join(KEY_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut key = [0; 32];
            let bad = || {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    "page-key holds no key: delete it, and everybody comes in anew",
                )
            };
            hex::decode_to_slice(text.trim(), &mut key).map_err(|_| bad())?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key)?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            writeln!(file, "{}", hex::encode(key))?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

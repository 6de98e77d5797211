//! Where requests come from: the client behind the proxies that are trusted, and how often each may be refused.
//!
//! Whoever is refused again and again is not listened to for a while. What is signed right costs nothing of that
//! allowance, however much comes, so that a provider that makes up for an hour of silence is never turned away for it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use workflow_core::time::Timestamp;

/// So many sources are told apart; more share one allowance.
const SOURCES_MAX: usize = 4096;
/// The time in which an allowance is made anew.
const MINUTE_MS: i64 = 60_000;

/// The other end of a connection, as the listener saw it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// A range of addresses, `192.0.2.0/24`; a single one without a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| ())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse::<IpAddr>().map_err(|_| ())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(()) } else { Ok(Self { address, bits }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// What is allowed to one source, and whom to believe about where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The proxies whose `X-Forwarded-For` is believed; nobody else's is.
    pub trusted_proxies: Vec<Network>,
    /// So often a source may be refused within a minute; after that it is told to come later, unheard.
    pub refused_per_minute: u32,
    /// So many requests a source may make within a minute, good ones among them; `None` for as many as it likes.
    pub requests_per_minute: Option<u32>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { trusted_proxies: Vec::new(), refused_per_minute: 60, requests_per_minute: None }
    }
}

/// What is left to each source.
pub struct Sources {
    rules: Rules,
    refused: Allowance,
    asked: Option<Allowance>,
    said_untrusted: AtomicBool,
}

impl Sources {
    /// Nobody has come yet.
    pub fn new(rules: Rules) -> Self {
        let refused = Allowance::new(rules.refused_per_minute);
        let asked = rules.requests_per_minute.map(Allowance::new);
        Self { rules, refused, asked, said_untrusted: AtomicBool::new(false) }
    }

    /// Who sent a request: the connection's other end, or whom the last trusted proxy names.
    ///
    /// Each proxy appends whom it heard, so the list is read from its end for as long as those named are trusted. What
    /// anybody else wrote into the header stands before that and is never reached.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_trusted = |address: IpAddr| {
            self.rules.trusted_proxies.iter().any(|network| network.contains(address))
        };
        let mut client = peer.to_canonical();
        if !is_trusted(client) {
            if headers.contains_key("x-forwarded-for") && is_near(client) {
                self.say_untrusted(client);
            }
            return client;
        }
        let values = headers.get_all("x-forwarded-for").iter();
        let named: Vec<&str> =
            values.flat_map(|value| value.to_str().unwrap_or("?").split(',')).collect();
        for name in named.into_iter().rev() {
            let Some(address) = address(name.trim()) else { break };
            client = address;
            if !is_trusted(client) {
                break;
            }
        }
        client
    }

    fn say_untrusted(&self, proxy: IpAddr) {
        if !self.said_untrusted.swap(true, Ordering::Relaxed) {
            tracing::warn!(%proxy, "requests come through a proxy that trusted_proxies does not name: all its clients are one source");
        }
    }

    /// Takes a request of a source into account; otherwise how long it must wait.
    pub fn admit(&self, client: IpAddr, now: Timestamp) -> Result<(), Duration> {
        self.refused.left(client, now)?;
        match &self.asked {
            Some(asked) => asked.left(client, now).map(|()| asked.spend(client, now)),
            None => Ok(()),
        }
    }

    /// Takes into account that a source was refused.
    pub fn refuse(&self, client: IpAddr, now: Timestamp) {
        self.refused.spend(client, now);
    }
}

/// Whether an address is of this machine or network, as a proxy's is.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// An address as proxies write it, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// So much within a minute for each source, made anew evenly. For each it is kept when the last minute's use is forgotten.
struct Allowance {
    per_minute: i64,
    used_until: Mutex<BTreeMap<IpAddr, i64>>,
}

impl Allowance {
    fn new(per_minute: u32) -> Self {
        Self { per_minute: i64::from(per_minute.max(1)), used_until: Mutex::default() }
    }

    fn each_ms(&self) -> i64 {
        MINUTE_MS / self.per_minute
    }

    fn left(&self, client: IpAddr, now: Timestamp) -> Result<(), Duration> {
        let used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used_until.get(&group(client)).or_else(|| used_until.get(&REST)).copied();
        // A clock that was put back must not lock anybody out for longer than a minute.
        let until = until.unwrap_or(now.0).min(now.0.saturating_add(MINUTE_MS));
        let wait_ms = until.saturating_add(self.each_ms()) - now.0 - MINUTE_MS;
        match u64::try_from(wait_ms) {
            Ok(wait_ms) if wait_ms > 0 => Err(Duration::from_millis(wait_ms)),
            _ => Ok(()),
        }
    }

    fn spend(&self, client: IpAddr, now: Timestamp) {
        let mut used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        let mut source = group(client);
        if used_until.len() >= SOURCES_MAX && !used_until.contains_key(&source) {
            used_until.retain(|_, until| *until > now.0);
            if used_until.len() >= SOURCES_MAX {
                source = REST;
            }
        }
        let until = used_until.entry(source).or_insert(now.0);
        let from = (*until).clamp(now.0, now.0.saturating_add(MINUTE_MS));
        *until = from.saturating_add(self.each_ms());
    }
}

/// Whom those share that there is no room to tell apart.
const REST: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// One network of IPv6 is one source: whoever has one address there has them all.
fn group(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_774_267_200);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn later(secs: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(secs))
    }

    #[test]
    fn networks_hold_their_addresses() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(ip(address))
        };
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.9"), "IPv4 within IPv6");
        for bad in ["", "a", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2/24", "2001:db8::/129"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    fn behind(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted_proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
        let sources = Sources::new(Rules { trusted_proxies, ..Rules::default() });
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        sources.client(ip(peer), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_about_the_client() {
        let nobody: [&str; 0] = [];
        let proxies = ["10.0.0.0/8", "127.0.0.1"];
        assert_eq!(behind(&nobody, "127.0.0.1", &["203.0.113.9"]), "127.0.0.1");
        assert_eq!(behind(&proxies, "198.51.100.1", &["203.0.113.9"]), "198.51.100.1");
        assert_eq!(behind(&proxies, "127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(behind(&proxies, "127.0.0.1", &[]), "127.0.0.1");
        // What the client wrote itself stands before what the proxies wrote.
        assert_eq!(
            behind(&proxies, "127.0.0.1", &["192.0.2.1, 203.0.113.9, 10.1.2.3"]),
            "203.0.113.9"
        );
        assert_eq!(behind(&proxies, "127.0.0.1", &["192.0.2.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(behind(&proxies, "127.0.0.1", &["192.0.2.1, nonsense"]), "127.0.0.1");
        assert_eq!(behind(&proxies, "127.0.0.1", &["192.0.2.1, nonsense, 10.9.9.9"]), "10.9.9.9");
        assert_eq!(behind(&proxies, "127.0.0.1", &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(behind(&proxies, "::ffff:127.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
    }

    #[test]
    fn a_source_is_refused_so_often_within_a_minute_and_no_other_suffers_for_it() {
        let sources = Sources::new(Rules { refused_per_minute: 3, ..Rules::default() });
        let (bad, good) = (ip("203.0.113.9"), ip("203.0.113.10"));
        for _ in 0..3 {
            assert_eq!(sources.admit(bad, NOW), Ok(()));
            sources.refuse(bad, NOW);
        }
        assert_eq!(sources.admit(bad, NOW), Err(Duration::from_secs(20)));
        assert_eq!(sources.admit(good, NOW), Ok(()));
        assert_eq!(sources.admit(bad, later(19)), Err(Duration::from_secs(1)));
        assert_eq!(sources.admit(bad, later(20)), Ok(()));
        sources.refuse(bad, later(20));
        assert_eq!(sources.admit(bad, later(20)), Err(Duration::from_secs(20)), "one at a time");
        assert_eq!(sources.admit(bad, later(80)), Ok(()));
        // A clock put back by a day locks nobody out for a day.
        let earlier = Timestamp::from_secs(NOW.as_secs() - 86_400);
        assert!(sources.admit(bad, earlier).unwrap_err() <= Duration::from_secs(60));
    }

    #[test]
    fn a_limit_on_all_requests_counts_the_good_ones_too() {
        let rules = Rules { requests_per_minute: Some(2), ..Rules::default() };
        let sources = Sources::new(rules);
        let client = ip("203.0.113.9");
        assert_eq!(sources.admit(client, NOW), Ok(()));
        assert_eq!(sources.admit(client, NOW), Ok(()));
        assert_eq!(sources.admit(client, NOW), Err(Duration::from_secs(30)));
        assert_eq!(sources.admit(ip("2001:db8::1"), NOW), Ok(()));
        assert_eq!(sources.admit(ip("2001:db8::2"), NOW), Ok(()));
        assert!(
            sources.admit(ip("2001:db8::3"), NOW).is_err(),
            "one network of IPv6 is one source"
        );
    }

    #[test]
    fn more_sources_than_there_is_room_for_share_one_allowance() {
        let sources = Sources::new(Rules { refused_per_minute: 2, ..Rules::default() });
        for number in 1..=SOURCES_MAX {
            sources.refuse(Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into(), NOW);
        }
        let (one, other) = (ip("203.0.113.9"), ip("203.0.113.10"));
        for client in [one, other] {
            assert_eq!(sources.admit(client, NOW), Ok(()));
            sources.refuse(client, NOW);
        }
        assert!(sources.admit(one, NOW).is_err() && sources.admit(other, NOW).is_err());
        let kept = sources.refused.used_until.lock().unwrap().len();
        assert!(kept <= SOURCES_MAX + 1, "{kept}");
        assert_eq!(sources.admit(one, later(120)), Ok(()), "and it passes");
    }
}

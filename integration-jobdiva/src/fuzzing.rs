//! What reads bytes from outside, for whoever throws bytes at it: each function says which road the bytes took, and
//! panics when something that is promised of all bytes does not hold.
//!
//! Only with the feature `fuzzing`; nothing of the product uses it. The roads are words without meaning to anybody but a
//! fuzzer, which keeps an input that took a new one. `docs/fuzz.md` tells how it is run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use sha2::Sha256;

use crate::operations::{Field, Pattern};
use crate::receive::{self, Refused};
use crate::secret::Secret;
use crate::wire::columns::{Allowed, Kind};
use crate::wire::envelope;
use crate::wire::reader::Reader;
use crate::wire::row::Row;
use crate::wire::{date, html, scalar};
use crate::{interpret, token};

/// The kinds of rows that an envelope is read as.
const KINDS: [Kind; 4] = [Kind::Record, Kind::Activity, Kind::Candidate, Kind::Touch];
/// What signs the deliveries.
const SECRET: &str = "canary-webhook-secret";
const DAY_MS: u64 = 86_400_000;

/// An answer's body: whatever it is, it is rows or an error, the same twice, and nothing is decoded that nobody asked for.
pub fn envelope(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut road = format!("message {};", envelope::message_of(&text).is_some());
    for kind in KINDS {
        let allowed = Allowed::new(kind, &["Worker Type"]);
        let read = envelope::read(&text, &allowed);
        let again = envelope::read(&text, &allowed);
        let told = match (read, again) {
            (Ok(read), Ok(again)) => {
                assert_eq!(read, again, "one body is read in two ways");
                let rows = read.rows.iter().map(row).collect::<Vec<_>>();
                let first = rows.first().cloned().unwrap_or_default();
                format!("{:?} {} {first}", read.data, size(rows.len()))
            }
            (Err(error), Err(_)) => format!("{:?}", error.classify()),
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => panic!("once good, once not: {error}"),
        };
        let _ = write!(road, "{kind:?} {told};");
    }
    road
}

/// Which columns a row has, and what reading them by type came to.
fn row(row: &Row) -> String {
    let seen = format!("{row:?}");
    for never in ["\"ssn\"", "\"taxid\"", "\"visastatus\"", "\"billrate\""] {
        assert!(!seen.contains(never), "{never} was decoded");
    }
    assert_eq!(row.digest(), row.clone().digest());
    let zone = TimeZone::UTC;
    let mut reader = Reader::new(&zone);
    let id = reader.id("record", row, Field::Placement);
    assert!(id.is_none_or(|id| id.bytes().all(|b| b.is_ascii_digit())), "an id is digits");
    let read = [
        reader.date("record", row, Field::BillingStart).is_some(),
        reader.flag("record", row, Field::Approved).is_some(),
        row.cell(Field::PayAmount).is_some_and(|cell| reader.money("record", cell).is_some()),
        reader.text("record", row, Field::Email).is_some(),
    ];
    let notes = reader.into_unreadable();
    for note in &notes {
        assert!(!note.why.contains('@') && note.why.chars().count() < 120, "a note tells too much");
    }
    format!("{} {read:?} {}", size(seen.len()), notes.len())
}

/// A text as a date and a stamp, in the forms that tell themselves and in a tenant's own: a day that was read is written back
/// as the same day, and is the day of the moment.
pub fn date(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let form = |text: &str| text.parse::<Pattern>().expect("it names a day");
    let window = form("MM/dd/yyyy HH:mm:ss");
    let mut road = String::new();
    for zone in ["America/New_York", "Pacific/Kiritimati"] {
        let zone = TimeZone::get(zone).expect("the zones are compiled in");
        for own in [None, Some(form("dd.MM.yyyy")), Some(form("dd/MM/yyyy HH:mm:ss"))] {
            let own = own.as_ref();
            let (day, stamp) = (date::date(&text, &zone, own), date::stamp(&text, &zone, own));
            assert!(day.is_ok() || stamp.is_err(), "a moment without a day");
            if let (Ok(Some(day)), Ok(Some(stamp))) = (&day, &stamp) {
                let written = day.to_string();
                assert_eq!(date::date(&written, &zone, None), Ok(Some(*day)), "a day reads back");
                let noon = day.at(12, 0, 0, 0).to_zoned(zone.clone()).map(|at| at.timestamp());
                let apart = noon.map(|noon| noon.as_millisecond().abs_diff(stamp.0));
                let near = apart.is_ok_and(|apart| apart <= 2 * DAY_MS);
                assert!(near, "{day} is not the day of {stamp}");
                let ends = (window.write(*stamp, &zone), date::window_end(*stamp, &zone, &window));
                assert!(ends.0.len() >= 19 && ends.1.len() >= 19, "{ends:?}");
            }
            let (day, stamp) = (day.map(|day| day.is_some()), stamp.map(|stamp| stamp.is_some()));
            let _ = write!(road, "{day:?} {stamp:?};");
        }
    }
    road
}

/// A text as an amount, a flag and an id: an amount is written back as the same amount, exactly.
pub fn amount(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let money = scalar::money(&text).map(|money| {
        let again = scalar::money(&format!("{}/H", money.amount)).map(|again| again.amount);
        assert_eq!(again, Ok(money.amount), "an amount reads back");
        let blank = |text: &Option<String>| text.as_ref().is_some_and(|t| t.trim().is_empty());
        assert!(!blank(&money.currency) && !blank(&money.unit), "a blank is no word");
        (
            money.amount.is_sign_negative(),
            money.amount.scale(),
            money.currency.is_some(),
            money.unit.is_some(),
        )
    });
    let id = scalar::id(&text).map(|id| id.map(str::len));
    format!("{money:?} {:?} {id:?}", scalar::flag(&text))
}

/// HTML as text, a login's answer as a token.
pub fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = html::text(&text);
    assert!(plain.lines().all(|line| !line.is_empty() && line == line.trim()), "lines are tidy");
    let token = token::in_answer(&text);
    if let Some(pair) = &token {
        let token = &pair.token;
        assert!(token.reveal().bytes().all(|b| b.is_ascii_graphic()), "a token goes into a header");
        assert!(!format!("{pair:?}").contains(token.reveal()), "a token is not shown");
    }
    format!("{} {} {}", size(plain.len()), plain.lines().count().min(5), token.is_some())
}

/// A webhook. The first byte says how it is signed: `0` and `1` well, `2` by its own first line, `3` well but altered
/// afterwards.
pub fn webhook(bytes: &[u8]) -> String {
    let Some((how, rest)) = bytes.split_first() else { return String::new() };
    let secrets = [Secret::new(SECRET), Secret::new("another-secret")];
    let taken = |header: &str, value: &str, body: &[u8]| {
        let headers = BTreeMap::from([(header.to_owned(), value.to_owned())]);
        receive::receive(&headers, body, &secrets)
    };
    let (result, body) = match how {
        b'1' => (taken("x-hub-signature-256", &sha256(rest), rest), rest),
        b'2' => {
            let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let (value, body) = (&rest[..line], rest.get(line + 1..).unwrap_or_default());
            (taken("x-hub-signature", &String::from_utf8_lossy(value), body), body)
        }
        b'3' => {
            let signature = sha1(rest);
            let mut altered = rest.to_vec();
            match altered.last_mut() {
                Some(last) => *last ^= 1,
                None => altered.push(b' '),
            }
            let result = taken("x-hub-signature", &signature, &altered);
            assert_eq!(result, Err(Refused::BadSignature), "an altered body was taken");
            (result, rest)
        }
        _ => (taken("x-hub-signature", &sha1(rest), rest), rest),
    };
    let deliveries = match result {
        Ok(deliveries) => deliveries,
        Err(refused) => return format!("{} {refused}", char::from(*how)),
    };
    assert!(!deliveries.is_empty(), "a body that is taken is at least one delivery");
    let mut road = format!("{}", size(deliveries.len()));
    for delivery in deliveries.iter().take(2) {
        let digits = |id: &String| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        assert!(delivery.subjects.values().all(digits), "an id is digits");
        assert!(delivery.kind.len() <= 90 && !delivery.kind.contains('@'), "a kind is short words");
        assert_eq!(delivery.size, body.len());
        let subjects: Vec<&String> = delivery.subjects.keys().collect();
        let interest = format!("{:?}", interpret::interpret(delivery));
        let interest = interest.split(['(', ' ']).next().unwrap_or_default().to_owned();
        let _ = write!(road, " {subjects:?} {interest}");
    }
    road
}

fn sha1(body: &[u8]) -> String {
    receive::signature(&Secret::new(SECRET), body).unwrap_or_default()
}

fn sha256(body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes());
    let mac = mac.expect("any bytes are a key").chain_update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// How many binary digits a count has: roads differ by size, not by count.
fn size(count: usize) -> u32 {
    usize::BITS - count.leading_zeros()
}

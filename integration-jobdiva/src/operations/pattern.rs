//! Forms of dates that a tenant names: `MM/dd/yyyy HH:mm:ss`, `dd.MM.yyyy`, `epoch_ms`.
//!
//! The letters are those of JobDiva's own documentation (Java's): `yyyy MM M dd d HH H mm m ss s SSS`; text between
//! apostrophes and every other character stand for themselves. Names of months, two-digit years and zones are
//! deliberately absent. The forms that tell themselves are read without any of this, in `wire/date.rs`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use workflow_core::time::Timestamp;

/// A form of dates.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    form: Form,
}

#[derive(Clone, PartialEq, Eq)]
enum Form {
    EpochMillis,
    EpochSecs,
    Wall(Vec<Piece>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// A number with so many digits at least.
    Number(Unit, usize),
    Literal(char),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

/// What a pattern makes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read<'a> {
    /// A day with its time, where the pattern has one, and the text behind.
    Wall(Date, Option<Time>, &'a str),
    /// A point in time.
    Instant(jiff::Timestamp),
}

/// Why a text is no form of dates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no form of dates: it needs yyyy, MM and dd, may have HH, mm, ss and SSS, or is epoch_ms or epoch_s"
)]
pub struct BadPattern(String);

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let form = match text {
            "epoch_ms" => Form::EpochMillis,
            "epoch_s" => Form::EpochSecs,
            _ => Form::Wall(pieces(text).ok_or_else(|| BadPattern(text.to_owned()))?),
        };
        Ok(Self { text: text.to_owned(), form })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Pattern {
    /// A moment in this form, as wall time of a zone.
    pub(crate) fn write(&self, moment: Timestamp, zone: &TimeZone) -> String {
        match &self.form {
            Form::EpochMillis => moment.0.to_string(),
            Form::EpochSecs => moment.as_secs().to_string(),
            Form::Wall(pieces) => {
                let wall = moment.to_jiff().to_zoned(zone.clone()).datetime();
                pieces.iter().map(|piece| piece.written(wall)).collect()
            }
        }
    }

    /// What a text says in this form.
    pub(crate) fn read<'a>(&self, text: &'a str) -> Option<Read<'a>> {
        let text = text.trim();
        let epoch = || text.parse::<i64>().ok();
        match &self.form {
            Form::EpochMillis => {
                Some(Read::Instant(jiff::Timestamp::from_millisecond(epoch()?).ok()?))
            }
            Form::EpochSecs => Some(Read::Instant(jiff::Timestamp::from_second(epoch()?).ok()?)),
            Form::Wall(pieces) => read_wall(pieces, text),
        }
    }
}

impl Piece {
    fn written(self, wall: DateTime) -> String {
        let (unit, digits) = match self {
            Piece::Literal(literal) => return literal.to_string(),
            Piece::Number(unit, digits) => (unit, digits),
        };
        let number = match unit {
            Unit::Year => i64::from(wall.year()),
            Unit::Month => i64::from(wall.month()),
            Unit::Day => i64::from(wall.day()),
            Unit::Hour => i64::from(wall.hour()),
            Unit::Minute => i64::from(wall.minute()),
            Unit::Second => i64::from(wall.second()),
            Unit::Millisecond => i64::from(wall.millisecond()),
        };
        format!("{number:0digits$}")
    }
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (quoted, after) = rest[1..].split_once('\'')?;
            pieces.extend(quoted.chars().map(Piece::Literal));
            rest = after;
            continue;
        }
        let run = rest.chars().take_while(|c| *c == first).count();
        if first.is_ascii_alphabetic() {
            pieces.push(Piece::Number(unit(first, run)?, run));
            rest = &rest[run..];
        } else {
            pieces.push(Piece::Literal(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    let count = |wanted: Unit| {
        let is = |piece: &&Piece| matches!(piece, Piece::Number(unit, _) if *unit == wanted);
        pieces.iter().filter(is).count()
    };
    let once = [Unit::Year, Unit::Month, Unit::Day].into_iter().all(|unit| count(unit) == 1);
    let smaller = [Unit::Hour, Unit::Minute, Unit::Second, Unit::Millisecond];
    let counts = smaller.map(count);
    // Minutes without hours say nothing.
    let nested = counts.windows(2).all(|pair| pair[0] >= pair[1]) && counts[0] <= 1;
    (once && nested).then_some(pieces)
}

fn unit(letter: char, run: usize) -> Option<Unit> {
    match (letter, run) {
        ('y', 4) => Some(Unit::Year),
        ('M', 1 | 2) => Some(Unit::Month),
        ('d', 1 | 2) => Some(Unit::Day),
        ('H', 1 | 2) => Some(Unit::Hour),
        ('m', 1 | 2) => Some(Unit::Minute),
        ('s', 1 | 2) => Some(Unit::Second),
        ('S', 3) => Some(Unit::Millisecond),
        _ => None,
    }
}

fn read_wall<'a>(pieces: &[Piece], text: &'a str) -> Option<Read<'a>> {
    let mut rest = text;
    let mut numbers = [0_i16; 7];
    let mut timed = false;
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => rest = rest.strip_prefix(*literal)?,
            Piece::Number(unit, digits) => {
                let most = if *digits == 1 { 2 } else { *digits };
                let found = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
                if found < *digits {
                    return None;
                }
                numbers[*unit as usize] = rest[..found].parse().ok()?;
                timed |= *unit as usize >= Unit::Hour as usize;
                rest = &rest[found..];
            }
        }
    }
    let [year, month, day, hour, minute, second, milli] = numbers;
    let small = |number: i16| i8::try_from(number).ok();
    let date = Date::new(year, small(month)?, small(day)?).ok()?;
    let nanos = i32::from(milli) * 1_000_000;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, nanos).ok()?;
    Some(Read::Wall(date, timed.then_some(time), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_writes_the_same_moment() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let moment = Timestamp(1_772_460_900_007);
        for (form, written) in [
            ("MM/dd/yyyy HH:mm:ss", "03/02/2026 09:15:00"),
            ("M/d/yyyy", "3/2/2026"),
            ("yyyy-MM-dd'T'HH:mm:ss", "2026-03-02T09:15:00"),
            ("dd.MM.yyyy", "02.03.2026"),
            ("yyyyMMdd HHmmssSSS", "20260302 091500007"),
            ("epoch_ms", "1772460900007"),
            ("epoch_s", "1772460900"),
        ] {
            assert_eq!(pattern(form).write(moment, &zone), written, "{form}");
        }
    }

    #[test]
    fn what_names_no_day_is_no_form() {
        for text in [
            "",
            "yyyy-MM",
            "yy-MM-dd",
            "MMM dd yyyy",
            "yyyy-MM-dd ss",
            "'yyyy",
            "dd dd MM yyyy",
            "Z",
        ] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_is_read_in_its_form_only() {
        let day = Date::constant(2026, 4, 6);
        assert_eq!(pattern("dd/MM/yyyy").read("06/04/2026"), Some(Read::Wall(day, None, "")));
        let with_rest = pattern("d.M.yyyy").read("6.4.2026 09:15");
        assert_eq!(with_rest, Some(Read::Wall(day, None, " 09:15")));
        let time = Time::constant(9, 15, 0, 0);
        let timed = pattern("yyyyMMddHHmm").read("202604060915");
        assert_eq!(timed, Some(Read::Wall(day, Some(time), "")));
        for (form, text) in [
            ("dd/MM/yyyy", "2026-04-06"),
            ("dd/MM/yyyy", "31/13/2026"),
            ("dd/MM/yyyy", "6/4/2026"),
            ("yyyyMMdd", "2026040"),
        ] {
            assert_eq!(pattern(form).read(text), None, "{form}: {text}");
        }
    }

    proptest! {
        #[test]
        fn no_form_and_no_text_make_it_panic(form in "[yMdHmsS'/. T:-]{0,24}", text in ".{0,24}") {
            if let Ok(pattern) = form.parse::<Pattern>() {
                let _ = pattern.read(&text);
                let _ = pattern.write(Timestamp(0), &TimeZone::UTC);
            }
        }

        #[test]
        fn what_is_written_reads_back(secs in 0i64..4_000_000_000) {
            let form = pattern("dd.MM.yyyy HH:mm:ss");
            let written = form.write(Timestamp::from_secs(secs), &TimeZone::UTC);
            let Some(Read::Wall(day, Some(time), "")) = form.read(&written) else { panic!("{written}") };
            let wall = DateTime::from_parts(day, time).to_zoned(TimeZone::UTC).unwrap();
            prop_assert_eq!(wall.timestamp().as_second(), secs);
        }
    }
}

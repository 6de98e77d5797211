//! The changes: bits, bytes, digits, pieces within an input and from another, words of the target's language.
//!
//! A piece is chosen by the text's own marks where it has some (a quoted text, a bracket with all in it, a line), so that
//! JSON, TOML and headers mostly stay what they are and something in them changes.

/// A small generator (SplitMix64): the same seed, the same inputs.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    fn of<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.below(among.len()))
    }
}

/// Bytes at which readers turn.
const TELLING: &[u8] =
    b"\0\x01\x18\x1b\x3b\x5f\x7f\x80\x9f\xbf\xc0\xff\"'\\{}[]<>&;,:=-+./ \t\r\n0159aZ";
/// Numbers at which readers turn.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "00",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775808",
    "1e308",
    "0.1",
    "99999999999999999999999999999",
    "1e-400",
    "253402300800000",
    "-62135596801",
];

/// One input made of the pool's: one of them with one to eight changes, the newest ones chosen more often.
pub fn mutated(pool: &[Vec<u8>], words: &[&str], random: &mut Random) -> Vec<u8> {
    let newest = random.below(3) == 0;
    let at = match newest {
        true => pool.len().saturating_sub(1 + random.below(16.min(pool.len()))),
        false => random.below(pool.len()),
    };
    let mut input = pool.get(at).cloned().unwrap_or_default();
    let most = 1 << random.below(4);
    for _ in 0..1 + random.below(most) {
        change(&mut input, pool, words, random);
    }
    input
}

fn change(input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    match random.below(12) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            let new = random.of(TELLING).copied().unwrap_or_default();
            if let Some(byte) = input.get_mut(at) {
                *byte = new;
            }
        }
        2 => input.insert(at, random.of(TELLING).copied().unwrap_or_default()),
        3 => input.truncate(at),
        4 => {
            let (start, end) = piece(input, random);
            input.drain(start..end);
        }
        5 => {
            let (start, end) = piece(input, random);
            let copy = input[start..end].to_vec();
            let times = 1 + random.below(3);
            (0..times).for_each(|_| insert(input, at.min(input.len()), &copy));
        }
        6 => number(input, random),
        7 | 8 => {
            let word = random.of(words).copied().unwrap_or_default();
            insert(input, at, word.as_bytes());
        }
        9 => {
            let word = random.of(words).copied().unwrap_or_default();
            let (start, end) = piece(input, random);
            input.splice(start..end, word.bytes());
        }
        10 => {
            let Some(other) = random.of(pool) else { return };
            let (from, to) = piece(other, random);
            let (start, end) = piece(input, random);
            input.splice(start..end, other[from..to].iter().copied());
        }
        _ => {
            let Some(other) = random.of(pool) else { return };
            input.truncate(at);
            input.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

/// Puts another number in place of one.
fn number(input: &mut Vec<u8>, random: &mut Random) {
    let from = random.below(input.len() + 1);
    let Some(start) = (from..input.len()).find(|at| input[*at].is_ascii_digit()) else { return };
    let digits = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new = random.of(NUMBERS).copied().unwrap_or_default();
    input.splice(start..start + digits, new.bytes());
}

/// A piece of an input: a bracket with what is in it, a quoted text, a line, or any part.
fn piece(input: &[u8], random: &mut Random) -> (usize, usize) {
    let from = random.below(input.len() + 1);
    let marks = |byte: &u8| matches!(byte, b'{' | b'[' | b'"' | b'\n');
    let kind = random.below(4);
    if kind > 0
        && let Some(start) = (from..input.len()).find(|at| marks(&input[*at]))
    {
        let end = match input[start] {
            b'{' => closing(&input[start..], b'{', b'}'),
            b'[' => closing(&input[start..], b'[', b']'),
            mark => input[start + 1..].iter().position(|byte| *byte == mark).map(|at| at + 2),
        };
        return (start, end.map_or(input.len(), |end| start + end));
    }
    let most = 1 << random.below(8);
    let length = random.below(most);
    (from, (from + length).min(input.len()))
}

/// How far it is to the bracket that closes the first one.
fn closing(input: &[u8], opens: u8, closes: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in input.iter().enumerate() {
        if *byte == opens {
            depth += 1;
        } else if *byte == closes {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

//! A schedule as one line of text, to be pasted into a shell, a test or an issue.
//!
//! A token is `gs1.` and a body in base64url without padding, so that neither shells nor Markdown touch
//! it. The body, version 1 (numbers of fixed width are little-endian, `varint` is LEB128):
//!
//! ```text
//! version  u8 = 1
//! kind     u8        0: the strategy makes the choices again    1: they are written out
//! program  u32       hash of the program's name
//! flags    u8        bit 0: TimeModel::Racing    bit 1: Preempt::Cooperative
//! strategy varint length, then that many bytes of UTF-8
//! seed     u64
//! index    varint
//! only in kind 1:
//!   names  varint n, then for all but the first (which is main): who of the parent, ordinal varint
//!   runs   varint n, then: zigzag varint of (who − who before), count varint (never 0)
//!   data   varint n, then: zigzag varint of (who − who before), ordinal varint, value varint
//! checksum u32       CRC-32 of all before it
//! ```
//!
//! *Who* is 0 for the clock, else 1 + the position in the list of names; before the first there is 0.
//! Strategies stand there by name: one that is added takes no number from another. A change of this
//! format, of any stream or of the order of draws is a new version; readers refuse others by number.

use std::error::Error;
use std::fmt;

use super::{Datum, Name, Picks, Preempt, Recipe, TimeModel, Turn};

const PREFIX: &str = "gs1.";
const VERSION: u8 = 1;
const BY_STRATEGY: u8 = 0;
const WRITTEN_OUT: u8 = 1;
const RACING: u8 = 1;
const COOPERATIVE: u8 = 2;

/// Why a text is no token of a schedule; its `Display` says what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenError(Problem);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Problem {
    Empty,
    Foreign(String),
    Version(String),
    Kind(u8),
    Flags(u8),
    Character(char, usize),
    Truncated,
    Checksum,
    Content(&'static str),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Problem::Empty => f.write_str("the token is empty"),
            Problem::Foreign(text) => {
                write!(f, "`{text}` is not a goseed token: those start with `{PREFIX}`")
            }
            Problem::Version(number) => {
                write!(f, "the token was made for version {number}; this goseed reads {VERSION}")
            }
            Problem::Kind(kind) => write!(f, "the token was made for a newer goseed: kind {kind}"),
            Problem::Flags(flags) => {
                write!(f, "the token was made for a newer goseed: flags {flags:#04x}")
            }
            Problem::Character(c, place) => {
                write!(f, "the token is damaged at character {place}: {c:?} does not belong there")
            }
            Problem::Truncated => f.write_str("the token is damaged: it is cut off"),
            Problem::Checksum => f.write_str("the token is damaged: its checksum does not fit"),
            Problem::Content(what) => write!(f, "the token is damaged: {what}"),
        }
    }
}

impl Error for TokenError {}

type Result<T, E = Problem> = std::result::Result<T, E>;

/// The token of a schedule.
pub(crate) fn encode(recipe: &Recipe) -> String {
    let mut body = Writer(Vec::new());
    body.recipe(recipe);
    let checksum = crc32(&body.0);
    body.0.extend(checksum.to_le_bytes());
    format!("{PREFIX}{}", to_text(&body.0))
}

/// The schedule of a token; white space and quotes around it are not part of it.
pub(crate) fn decode(token: &str) -> Result<Recipe, TokenError> {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    read(token.trim_matches(around)).map_err(TokenError)
}

/// What a token keeps of its program's name: the hash of that name and of the format's version.
pub(crate) fn program_hash(name: &str) -> u32 {
    crc32(format!("goseed/{VERSION}/{name}").as_bytes())
}

fn read(token: &str) -> Result<Recipe> {
    let body = from_text(text_of_body(token)?)?;
    let (content, checksum) = body.split_last_chunk().ok_or(Problem::Truncated)?;
    if crc32(content) != u32::from_le_bytes(*checksum) {
        return Err(if is_cut(&body) { Problem::Truncated } else { Problem::Checksum });
    }
    let mut reader = Reader(content);
    let recipe = reader.recipe()?;
    match reader.0 {
        [] => Ok(recipe),
        _ => Err(Problem::Content("something follows its schedule")),
    }
}

/// Whether what is there could be the beginning of a body.
fn is_cut(body: &[u8]) -> bool {
    let mut reader = Reader(body);
    match reader.recipe() {
        Ok(_) => reader.0.len() < size_of::<u32>(),
        Err(problem) => problem == Problem::Truncated,
    }
}

/// What comes after the prefix, if that is ours.
fn text_of_body(token: &str) -> Result<&str> {
    if token.is_empty() {
        return Err(Problem::Empty);
    }
    if let Some(body) = token.strip_prefix(PREFIX) {
        return Ok(body);
    }
    match token.strip_prefix("gs").and_then(|rest| rest.split_once('.')) {
        Some((number, _)) if number.len() < 10 && number.parse::<u32>().is_ok() => {
            Err(Problem::Version(number.to_owned()))
        }
        _ if PREFIX.starts_with(token) => Err(Problem::Truncated),
        _ => Err(Problem::Foreign(token.chars().take(20).flat_map(char::escape_debug).collect())),
    }
}

// ---- writing

struct Writer(Vec<u8>);

impl Writer {
    fn recipe(&mut self, recipe: &Recipe) {
        let kind = if recipe.picks.is_some() { WRITTEN_OUT } else { BY_STRATEGY };
        self.0.extend([VERSION, kind]);
        self.0.extend(recipe.program.to_le_bytes());
        self.0.push(flags(recipe));
        self.varint(recipe.strategy.len() as u64);
        self.0.extend(recipe.strategy.as_bytes());
        self.0.extend(recipe.seed.to_le_bytes());
        self.varint(recipe.index);
        if let Some(picks) = &recipe.picks {
            self.picks(picks);
        }
    }

    fn picks(&mut self, picks: &Picks) {
        self.names(&picks.names);
        self.runs(&picks.runs);
        self.data(&picks.data);
    }

    fn names(&mut self, names: &[Name]) {
        self.varint(names.len() as u64);
        for name in names.iter().skip(1) {
            self.varint(who(name.parent) as u64);
            self.varint(name.ordinal.into());
        }
    }

    fn runs(&mut self, runs: &[Turn]) {
        self.varint(runs.len() as u64);
        let mut before = 0;
        for turn in runs {
            self.difference(&mut before, who(turn.name));
            self.varint(turn.count.into());
        }
    }

    fn data(&mut self, data: &[Datum]) {
        self.varint(data.len() as u64);
        let mut before = 0;
        for datum in data {
            self.difference(&mut before, who(datum.name));
            self.varint(datum.ordinal.into());
            self.varint(datum.value.into());
        }
    }

    /// Seven bits a byte, the low ones first; the top bit says that more follow.
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Small differences of either sign become small numbers: 0, −1, 1, −2, ….
    fn difference(&mut self, before: &mut i64, now: i64) {
        let difference = now - std::mem::replace(before, now);
        self.varint((difference << 1 ^ difference >> 63) as u64);
    }
}

fn flags(recipe: &Recipe) -> u8 {
    let time = if recipe.time == TimeModel::Racing { RACING } else { 0 };
    let preempt = if recipe.preempt == Preempt::Cooperative { COOPERATIVE } else { 0 };
    time | preempt
}

/// 0 for the clock, else 1 + the position in the list of names.
fn who(name: u32) -> i64 {
    if name == Turn::CLOCK { 0 } else { i64::from(name) + 1 }
}

// ---- reading

/// What is left to be read. Nothing is reserved for more items than that can hold.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn recipe(&mut self) -> Result<Recipe> {
        let kind = self.kind()?;
        let program = u32::from_le_bytes(self.array()?);
        let (time, preempt) = self.flags()?;
        let strategy = self.text()?;
        let seed = u64::from_le_bytes(self.array()?);
        let index = self.varint()?;
        let picks = if kind == WRITTEN_OUT { Some(self.picks()?) } else { None };
        Ok(Recipe { program, time, preempt, strategy, seed, index, picks })
    }

    fn kind(&mut self) -> Result<u8> {
        match self.array()? {
            [VERSION, kind @ (BY_STRATEGY | WRITTEN_OUT)] => Ok(kind),
            [VERSION, kind] => Err(Problem::Kind(kind)),
            [version, _] => Err(Problem::Version(version.to_string())),
        }
    }

    fn flags(&mut self) -> Result<(TimeModel, Preempt)> {
        let [flags] = self.array()?;
        if flags & !(RACING | COOPERATIVE) != 0 {
            return Err(Problem::Flags(flags));
        }
        let time = if flags & RACING == 0 { TimeModel::Idle } else { TimeModel::Racing };
        let cooperative = flags & COOPERATIVE != 0;
        Ok((time, if cooperative { Preempt::Cooperative } else { Preempt::EveryPoint }))
    }

    fn text(&mut self) -> Result<String> {
        let length = self.count(1)?;
        let bytes = self.bytes(length)?;
        let text = str::from_utf8(bytes);
        text.map(str::to_owned).map_err(|_| Problem::Content("its strategy has no name"))
    }

    fn picks(&mut self) -> Result<Picks> {
        let names = self.names()?;
        let runs = self.runs(&names)?;
        let data = self.data(&names)?;
        Ok(Picks { names, runs, data })
    }

    fn names(&mut self) -> Result<Vec<Name>> {
        let count = self.varint()?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let others = self.fits(count - 1, 2)?;
        let mut names = Vec::with_capacity(others + 1);
        names.push(Name { parent: 0, ordinal: 0 });
        for _ in 0..others {
            let parent = name(self.varint()?.try_into().unwrap_or(i64::MAX), &names)?;
            names.push(Name { parent, ordinal: self.number()? });
        }
        Ok(names)
    }

    fn runs(&mut self, names: &[Name]) -> Result<Vec<Turn>> {
        let length = self.count(2)?;
        let mut runs = Vec::with_capacity(length);
        let mut before = 0;
        for _ in 0..length {
            let name = self.difference(&mut before, names)?;
            let count = self.number()?;
            if count == 0 {
                return Err(Problem::Content("it has an empty turn"));
            }
            runs.push(Turn { name, count });
        }
        Ok(runs)
    }

    fn data(&mut self, names: &[Name]) -> Result<Vec<Datum>> {
        let length = self.count(3)?;
        let mut data = Vec::with_capacity(length);
        let mut before = 0;
        for _ in 0..length {
            let name = self.difference(&mut before, names)?;
            data.push(Datum { name, ordinal: self.number()?, value: self.number()? });
        }
        Ok(data)
    }

    /// The number of items of at least `size` bytes that follow.
    fn count(&mut self, size: usize) -> Result<usize> {
        let count = self.varint()?;
        self.fits(count, size)
    }

    fn fits(&self, count: u64, size: usize) -> Result<usize> {
        let count = usize::try_from(count).map_err(|_| Problem::Truncated)?;
        if count > self.0.len() / size { Err(Problem::Truncated) } else { Ok(count) }
    }

    fn difference(&mut self, before: &mut i64, names: &[Name]) -> Result<u32> {
        let zigzag = self.varint()?;
        let difference = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        *before = before.wrapping_add(difference);
        name(*before, names)
    }

    fn number(&mut self) -> Result<u32> {
        self.varint()?.try_into().map_err(|_| TOO_LARGE)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let low = u64::from(byte & 0x7f);
            if low << shift >> shift != low {
                return Err(TOO_LARGE);
            }
            number |= low << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(TOO_LARGE)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk().ok_or(Problem::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(length).ok_or(Problem::Truncated)?;
        self.0 = rest;
        Ok(first)
    }
}

const TOO_LARGE: Problem = Problem::Content("it has a number that is too large");

/// The name that [`who`] gave this number, if it is one of these.
fn name(who: i64, names: &[Name]) -> Result<u32> {
    match who {
        0 => Ok(Turn::CLOCK),
        1.. if who <= names.len() as i64 => Ok((who - 1) as u32),
        _ => Err(Problem::Content("it names a goroutine that it does not introduce")),
    }
}

// ---- bytes and text

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Three bytes are four digits, the high bits first; one or two bytes at the end are two or three.
fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        let digit = |place: usize| DIGITS[(word >> (18 - 6 * place)) as usize & 63];
        text.extend((0..=chunk.len()).map(|place| char::from(digit(place))));
    }
    text
}

fn from_text(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0);
    for (place, c) in text.chars().enumerate() {
        let value = digit(c).ok_or(Problem::Character(c, PREFIX.len() + place + 1))?;
        bits = bits << 6 | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    match held {
        6 => Err(Problem::Truncated),
        // A digit of which only a part is used has no other bits.
        _ if bits & ((1 << held) - 1) != 0 => Err(Problem::Truncated),
        _ => Ok(bytes),
    }
}

fn digit(c: char) -> Option<u32> {
    let (first, base) = match c {
        'A'..='Z' => ('A', 0),
        'a'..='z' => ('a', 26),
        '0'..='9' => ('0', 52),
        '-' => return Some(62),
        '_' => return Some(63),
        _ => return None,
    };
    Some(u32::from(c) - u32::from(first) + base)
}

/// CRC-32 with the polynomial of Ethernet, bits reflected.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 }
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    fn config() -> Config {
        Config { rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Config::with_cases(500) }
    }

    fn names() -> impl Strategy<Value = Vec<Name>> {
        let others = prop::collection::vec(any::<(u32, bool, u32)>(), 0..20);
        (any::<bool>(), others).prop_map(|(some, others)| {
            let first = Name { parent: 0, ordinal: 0 };
            let other = |(position, (parent, clock, ordinal)): (usize, (u32, bool, u32))| Name {
                parent: if clock { Turn::CLOCK } else { parent % (position as u32 + 1) },
                ordinal,
            };
            let others = others.into_iter().enumerate().map(other);
            if some { std::iter::once(first).chain(others).collect() } else { Vec::new() }
        })
    }

    fn picks() -> impl Strategy<Value = Picks> {
        let runs = prop::collection::vec((any::<u32>(), 1..=u32::MAX), 0..40);
        let data = prop::collection::vec(any::<(u32, u32, u32)>(), 0..20);
        (names(), runs, data).prop_map(|(names, runs, data)| {
            // One value more than there are names: the clock.
            let who = |n: u32| (n % (names.len() as u32 + 1)).checked_sub(1).unwrap_or(Turn::CLOCK);
            let turn = |(n, count)| Turn { name: who(n), count };
            let datum = |(n, ordinal, value)| Datum { name: who(n), ordinal, value };
            let runs = runs.into_iter().map(turn).collect();
            let data = data.into_iter().map(datum).collect();
            Picks { names, runs, data }
        })
    }

    fn recipes() -> impl Strategy<Value = Recipe> {
        let numbers = any::<(u32, u64, u64)>();
        let models = any::<(bool, bool)>();
        (numbers, models, any::<String>(), prop::option::of(picks())).prop_map(
            |((program, seed, index), (racing, cooperative), strategy, picks)| {
                let time = if racing { TimeModel::Racing } else { TimeModel::Idle };
                let preempt = if cooperative { Preempt::Cooperative } else { Preempt::EveryPoint };
                Recipe { program, time, preempt, strategy, seed, index, picks }
            },
        )
    }

    /// The token of a body, with the checksum that belongs to it.
    fn sealed(body: &[u8]) -> String {
        let mut body = body.to_vec();
        body.extend(crc32(&body).to_le_bytes());
        format!("{PREFIX}{}", to_text(&body))
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_is_encoded_is_decoded(recipe in recipes()) {
            prop_assert_eq!(decode(&encode(&recipe)), Ok(recipe));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), body in "[A-Za-z0-9_-]{0,99}") {
            prop_assert!(decode(&text).is_err());
            let token = format!("gs1.{body}");
            prop_assert!(decode(&token).is_err());
        }

        #[test]
        fn any_body_is_read_without_a_panic(body in any::<Vec<u8>>()) {
            let _ = decode(&sealed(&body));
            let explicit = [&[VERSION, WRITTEN_OUT, 0, 0, 0, 0, 0, 0][..], &[0; 9], &body].concat();
            if let Ok(recipe) = decode(&sealed(&explicit)) {
                prop_assert_eq!(decode(&encode(&recipe)), Ok(recipe));
            }
        }

        #[test]
        fn a_changed_body_with_its_own_checksum_is_read_without_a_panic(
            recipe in recipes(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut body = from_text(&encode(&recipe)[PREFIX.len()..]).unwrap();
            body.truncate(body.len() - 4);
            *at.get_mut(&mut body) = byte;
            if let Ok(other) = decode(&sealed(&body)) {
                prop_assert_eq!(decode(&encode(&other)), Ok(other));
            }
        }

        #[test]
        fn one_changed_character_is_noticed(
            recipe in recipes(), at in any::<prop::sample::Index>(), digit in 0..64_usize,
        ) {
            let token = encode(&recipe);
            let mut changed = token.clone().into_bytes();
            *at.get_mut(&mut changed) = DIGITS[digit];
            let changed = String::from_utf8(changed).unwrap();
            prop_assert!(changed == token || decode(&changed).is_err());
        }

        #[test]
        fn whatever_is_cut_off_is_noticed(recipe in recipes(), at in any::<prop::sample::Index>()) {
            let token = encode(&recipe);
            let length = at.index(token.len());
            let error = decode(&token[..length]).unwrap_err();
            prop_assert_eq!(error.0, if length == 0 { Problem::Empty } else { Problem::Truncated });
        }
    }

    fn recipe(strategy: &str, seed: u64, index: u64, picks: Option<Picks>) -> Recipe {
        Recipe {
            program: program_hash("lost-update"),
            time: TimeModel::Idle,
            preempt: Preempt::EveryPoint,
            strategy: strategy.to_owned(),
            seed,
            index,
            picks,
        }
    }

    fn three_goroutines() -> Picks {
        let name = |parent, ordinal| Name { parent, ordinal };
        let turn = |name, count| Turn { name, count };
        Picks {
            names: vec![name(0, 0), name(0, 1), name(1, 300)],
            runs: vec![turn(0, 4), turn(2, 1), turn(Turn::CLOCK, 1), turn(1, 70_000)],
            data: vec![Datum { name: 2, ordinal: 0, value: 3 }],
        }
    }

    fn pinned() -> [(Recipe, &'static str); 6] {
        let racing = Recipe { time: TimeModel::Racing, ..recipe("fifo", 7, 0, None) };
        let both = Recipe { preempt: Preempt::Cooperative, ..racing.clone() };
        let largest = recipe("pct:3", u64::MAX, u64::MAX, None);
        [
            (recipe("random", 0, 0, None), "gs1.AQC6CFjxAAZyYW5kb20AAAAAAAAAAAAQtPZQ"),
            (recipe("pct:3", 1, 12_345, None), "gs1.AQC6CFjxAAVwY3Q6MwEAAAAAAAAAuWCE4w6q"),
            (both, "gs1.AQC6CFjxAwRmaWZvBwAAAAAAAAAAf8JpdQ"),
            (largest, "gs1.AQC6CFjxAAVwY3Q6M_______________________AYkrn0E"),
            (
                recipe("dpor", 1, 2, Some(Picks::default())),
                "gs1.AQG6CFjxAARkcG9yAQAAAAAAAAACAAAAQFRCsQ",
            ),
            (
                recipe("random", 1, 2, Some(three_goroutines())),
                "gs1.AQG6CFjxAAZyYW5kb20BAAAAAAAAAAIDAQECrAIEAgQEAQUBBPCiBAEGAAOXeznd",
            ),
        ]
    }

    #[test]
    fn tokens_once_printed_stay_readable() {
        for (recipe, token) in pinned() {
            assert_eq!(encode(&recipe), token);
            assert_eq!(decode(token), Ok(recipe));
        }
    }

    #[test]
    fn white_space_and_quotes_around_a_token_do_not_matter() {
        let recipe = recipe("fifo", 3, 4, None);
        assert_eq!(decode(&format!(" \"`{}`\"\n", encode(&recipe))), Ok(recipe));
    }

    #[test]
    fn a_short_token_cannot_ask_for_much_memory() {
        let head = [&[VERSION, WRITTEN_OUT][..], &[0; 15]].concat();
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        for lists in [&[][..], &[0], &[0, 0]] {
            let body = [&head[..], lists, &huge].concat();
            assert_eq!(decode(&sealed(&body)), Err(TokenError(Problem::Truncated)));
        }
    }

    fn text(token: &str) -> String {
        decode(token).unwrap_err().to_string()
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        let token = encode(&recipe("fifo", 3, 4, None));
        assert_eq!(text(" '' "), "the token is empty");
        assert_eq!(
            text("hello\tworld"),
            "`hello\\tworld` is not a goseed token: those start with `gs1.`"
        );
        let version = "the token was made for version 2; this goseed reads 1";
        assert_eq!(text("gs2.AbC"), version);
        assert_eq!(text(&sealed(&[2, 0, 0])), version);
        assert_eq!(text(&token[..20]), "the token is damaged: it is cut off");
        assert_eq!(
            text("gs1.AQC6CFjx!AVw"),
            "the token is damaged at character 13: '!' does not belong there"
        );
        assert_eq!(text(&swapped(&token)), "the token is damaged: its checksum does not fit");
    }

    #[test]
    fn an_error_says_what_a_newer_token_has() {
        let newer = |body: &[u8]| text(&sealed(body));
        assert_eq!(newer(&[1, 9, 0]), "the token was made for a newer goseed: kind 9");
        let flags = "the token was made for a newer goseed: flags 0x84";
        assert_eq!(newer(&[1, 0, 0, 0, 0, 0, 0x84]), flags);
    }

    #[test]
    fn an_error_says_which_content_makes_no_sense() {
        let explicit =
            |rest: &[u8]| text(&sealed(&[&[VERSION, WRITTEN_OUT][..], &[0; 15], rest].concat()));
        let turn = "the token is damaged: it has an empty turn";
        assert_eq!(explicit(&[1, 1, 2, 0, 0]), turn);
        let stranger = "the token is damaged: it names a goroutine that it does not introduce";
        assert_eq!(explicit(&[1, 1, 4, 1, 0]), stranger);
        assert_eq!(explicit(&[3, 2, 0, 1, 0]), stranger);
        let large = "the token is damaged: it has a number that is too large";
        assert_eq!(explicit(&[1, 1, 2, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]), large);
        assert_eq!(explicit(&[0, 0, 0, 0]), "the token is damaged: something follows its schedule");
        let strategy = text(&sealed(&[1, 0, 0, 0, 0, 0, 0, 1, 0xff]));
        assert_eq!(strategy, "the token is damaged: its strategy has no name");
    }

    /// The token with two unequal neighbours of its seed exchanged.
    fn swapped(token: &str) -> String {
        let mut bytes = token.as_bytes().to_vec();
        let at = bytes.len() - 12;
        let at = (at..bytes.len() - 1).find(|&i| bytes[i] != bytes[i + 1]).unwrap();
        bytes.swap(at, at + 1);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}

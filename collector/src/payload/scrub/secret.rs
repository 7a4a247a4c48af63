//! Which names announce a secret, and which texts are one by their look.

use shared::event::URL_BYTES_MAX;

/// A value under a name that is one of these is a secret. Names are compared by their letters and digits, lower case.
#[rustfmt::skip]
pub(super) const SECRET_NAMES: [&str; 52] = [
    // Credentials, and what stands for one for a while.
    "auth", "authorization", "bearer", "code", "hmac", "jwt", "key", "nonce", "oauth", "otp", "pass", "pin", "pwd",
    "sid", "sig", "state", "ticket",
    // Persons.
    "address", "birthdate", "birthday", "card", "cc", "cvc", "cvv", "dob", "iban", "ip", "login", "mail", "mobile",
    "name", "ssn", "street", "tel", "user",
    // Click ids: one person's click on one advertisement.
    "dclid", "epik", "fbclid", "ga", "gbraid", "gclid", "gl", "igshid", "irclickid", "lifatid", "mceid", "mkttok",
    "msclkid", "ttclid", "twclid", "wbraid", "yclid",
];
/// Letters and digits of the longest name that is looked up; a longer one is no name, and counts as a secret's.
const NAME_BYTES_MAX: usize = 64;
/// Rounds of percent-decoding: an address in an address in an address. What is encoded more often counts as a secret.
const DECODE_ROUNDS_MAX: usize = 3;
/// Shortest run of hexadecimal digits that is a secret: 128 bits.
const HEX_DIGITS_MIN: usize = 32;
/// Shortest run of base64 that is a secret when it begins as JSON does (`{"`), as JSON Web Tokens do.
const JSON_TOKEN_BYTES_MIN: usize = 16;
/// How `{"` begins in base64.
const JSON_TOKEN_START: &[u8] = b"eyJ";
/// Shortest run of letters and digits that is a secret when it looks random.
const RANDOM_BYTES_MIN: usize = 40;
/// A random text has at most one `-`, `_`, `+` or `/` in this many characters; a page's title in its address has more.
const RANDOM_BYTES_PER_SEPARATOR_MIN: usize = 10;

/// Whether a value under this name is a secret, whatever it looks like.
pub(super) fn names_secret(name: &[u8]) -> bool {
    any_form(name, is_secret_name)
}

/// Whether a text holds an e-mail address, user info, a token, or a pair whose name announces a secret.
pub(super) fn holds_secret(text: &[u8]) -> bool {
    any_form(text, |text| has_person(text) || has_token(text) || has_secret_pair(text))
}

/// Whether a text holds an e-mail address or user info.
pub(super) fn holds_email(text: &[u8]) -> bool {
    any_form(text, has_person)
}

/// Whether it is so of the text as it stands, or of what a round of percent-decoding makes of it.
fn any_form(text: &[u8], is_so: impl Fn(&[u8]) -> bool) -> bool {
    if is_so(text) {
        return true;
    }
    if !text.contains(&b'%') {
        return false;
    }
    let mut length = text.len();
    let mut form = [0; URL_BYTES_MAX];
    // What is longer than any address that is kept is not worth a look.
    let Some(copy) = form.get_mut(..length) else { return true };
    copy.copy_from_slice(text);
    for _round in 0..DECODE_ROUNDS_MAX {
        let decoded = decode(&mut form[..length]);
        if decoded == length {
            return false;
        }
        length = decoded;
        if is_so(&form[..length]) {
            return true;
        }
    }
    decode(&mut form[..length]) < length
}

/// Percent-decodes in place; answers the new length.
fn decode(text: &mut [u8]) -> usize {
    let (mut read, mut written) = (0, 0);
    while read < text.len() {
        let (byte, length) = match escaped(&text[read..]) {
            Some(byte) => (byte, 3),
            None => (text[read], 1),
        };
        text[written] = byte;
        written += 1;
        read += length;
    }
    written
}

/// The byte that an escape (`%40`) at the beginning of the text stands for.
pub(in crate::payload) fn escaped(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

/// The words with this first letter. A value under a name that has one in it is a secret: `csrf_token`, `user[email]`,
/// `X-Amz-Signature`. By the letter, since every name is searched for all of them at every place.
pub(super) fn secret_words(first: u8) -> &'static [&'static str] {
    match first {
        b'a' => &["accesskey", "apikey"],
        b'c' => &["cardnumber", "credential", "csrf"],
        b'e' => &["email"],
        b'f' => &["familyname", "firstname", "fullname"],
        b'g' => &["givenname"],
        b'l' => &["lastname"],
        b'p' => &["passphrase", "passw", "phone"],
        b's' => &["saml", "secret", "sessid", "session", "signature", "surname"],
        b't' => &["token"],
        b'u' => &["username"],
        _ => &[],
    }
}

fn is_secret_name(name: &[u8]) -> bool {
    let mut letters = [0; NAME_BYTES_MAX];
    let mut length = 0;
    for byte in name.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        let Some(place) = letters.get_mut(length) else { return true };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    let name = &letters[..length];
    is_listed(name) || has_word(name)
}

/// The lengths of the names in [`SECRET_NAMES`], a bit each, by their first letter: most names are told by these alone.
const LISTED_LENGTHS: [u32; 256] = {
    let mut lengths = [0; 256];
    let mut place = 0;
    while place < SECRET_NAMES.len() {
        let name = SECRET_NAMES[place].as_bytes();
        lengths[name[0] as usize] |= 1 << name.len();
        place += 1;
    }
    lengths
};

fn is_listed(name: &[u8]) -> bool {
    let Some(first) = name.first() else { return false };
    let is_of_a_listed_length = name.len() < 32 && LISTED_LENGTHS[usize::from(*first)] >> name.len() & 1 == 1;
    is_of_a_listed_length && SECRET_NAMES.iter().any(|secret| secret.as_bytes() == name)
}

fn has_word(name: &[u8]) -> bool {
    let starts_word = |(at, first): (usize, &u8)| {
        secret_words(*first).iter().any(|word| name[at..].starts_with(word.as_bytes()))
    };
    name.iter().enumerate().any(starts_word)
}

/// `bob@example.com`, `bob:secret@host`, `//bob@host`; not `/@bob`, a public name, nor `package@1.2.3`.
fn has_person(text: &[u8]) -> bool {
    if !text.contains(&b'@') {
        return false;
    }
    let mut before = 0;
    for (at, byte) in text.iter().enumerate() {
        if b"/?#&=,;< \t\n".contains(byte) {
            before = at + 1;
        } else if *byte == b'@' {
            let user = &text[before..at];
            let is_user_info = user.contains(&b':') || text[..before].ends_with(b"//");
            if !user.is_empty() && (is_user_info || begins_with_domain(&text[at + 1..])) {
                return true;
            }
            before = at + 1;
        }
    }
    false
}

/// Whether a text begins with a name that has a dot and then at least two letters in it.
fn begins_with_domain(text: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_domain = |byte: &u8| is_letter(byte) || byte.is_ascii_digit() || b"-.".contains(byte);
    let length = text.iter().position(|byte| !is_domain(byte)).unwrap_or(text.len());
    text[..length].windows(3).any(|three| three[0] == b'.' && three[1..].iter().all(is_letter))
}

/// Judged by length first: most parts of an address are too short for what is looked for.
fn has_token(text: &[u8]) -> bool {
    let is_url_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let is_base64 = |byte: &u8| is_url_base64(byte) || b"+/".contains(byte);
    let has_json_token = || {
        text.windows(JSON_TOKEN_START.len()).any(|start| start == JSON_TOKEN_START)
            && text.split(|byte| !is_url_base64(byte)).any(is_json_token)
    };
    let has_hex = || text.split(|byte| !byte.is_ascii_hexdigit()).any(|run| run.len() >= HEX_DIGITS_MIN);
    let has_random = || {
        text.split(|byte| !is_url_base64(byte)).any(is_random)
            || text.split(|byte| !is_base64(byte)).any(is_random)
    };
    (text.len() >= JSON_TOKEN_BYTES_MIN && has_json_token())
        || (text.len() >= HEX_DIGITS_MIN && has_hex())
        || (text.len() >= RANDOM_BYTES_MIN && has_random())
}

fn is_json_token(run: &[u8]) -> bool {
    let last_start = run.len().saturating_sub(JSON_TOKEN_BYTES_MIN - 1);
    (0..last_start).any(|start| {
        run[start..].starts_with(JSON_TOKEN_START) && (start == 0 || !run[start - 1].is_ascii_alphanumeric())
    })
}

fn is_random(run: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| run.iter().filter(|byte| is(byte)).count();
    run.len() >= RANDOM_BYTES_MIN
        && count(|byte| !byte.is_ascii_alphanumeric()) * RANDOM_BYTES_PER_SEPARATOR_MIN <= run.len()
        && run.iter().any(u8::is_ascii_digit)
        && run.iter().any(u8::is_ascii_uppercase)
        && run.iter().any(u8::is_ascii_lowercase)
}

/// `token=x` inside of a value, as in an address of an address; also `"token":"x"`.
fn has_secret_pair(text: &[u8]) -> bool {
    if !text.iter().any(|byte| b"=:".contains(byte)) {
        return false;
    }
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        let is_pair = *byte == b'=' || (*byte == b':' && text[..at].ends_with(b"\""));
        if is_pair && text.len() > at + 1 && is_secret_name(&text[start..at]) {
            return true;
        }
        if is_pair || b"?&;#/,{ \t\n".contains(byte) {
            start = at + 1;
        }
    }
    false
}

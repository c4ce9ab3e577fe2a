//! Who is let in where a token is asked for: the bearer of the token, or of a session that was begun with it.
//!
//! Every request passes here before anybody looks which route it is for, so a route cannot be forgotten. Of the token and
//! of the sessions only keyed digests are kept: there is nothing to steal from memory, and comparing tells nothing by the
//! time it takes.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, header};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    problem::{Kind, Problem},
    visitors::Visitors,
};
use crate::show::time::Mono;

/// What anybody may have: whether we live, and what it takes to log in. Compared to the letter, as the router does.
pub(super) const PUBLIC: [&str; 3] = ["/healthz", "/login", "/style.css"];

/// The shortest token. Sixteen characters of a random one are some 80 bits.
const TOKEN_CHARS_MIN: usize = 16;
/// The longest: it stands in a header, and all of those have 16 KiB.
const TOKEN_CHARS_MAX: usize = 512;
/// How long a session lasts.
const SESSION_TIME: Duration = Duration::from_hours(7 * 24);
/// How many sessions there are at most, 40 bytes each; the oldest goes for a new one. Only who has the token makes them.
const SESSIONS_MAX: usize = 64;
/// How long the name of a session is, in characters.
const SESSION_CHARS: usize = 64;
/// How many cookies of a request are tried; a browser sends ours once.
const COOKIES_MAX: usize = 8;

/// Why a token is none. Never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Anybody could guess it.
    #[error("the token has less than {TOKEN_CHARS_MIN} characters; make one with `openssl rand -hex 32`")]
    Short,
    /// It does not fit into a header.
    #[error("the token has more than {TOKEN_CHARS_MAX} characters")]
    Long,
    /// It cannot stand in a header.
    #[error("the token holds spaces, line ends or characters beyond ASCII")]
    Characters,
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Chance,
}

/// What is asked for at the gate: the digest of a token, under a key that only this process knows.
pub struct Token {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

impl Token {
    /// Takes a token in. It is not kept.
    ///
    /// # Errors
    ///
    /// It is too short to be safe, or cannot stand in a header.
    pub fn new(token: &SecretString) -> Result<Self, TokenError> {
        let token = token.expose_secret();
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        match token.len() {
            0..TOKEN_CHARS_MIN => return Err(TokenError::Short),
            TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX => {}
            _ => return Err(TokenError::Long),
        }
        let chance = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &chance).map_err(|_| TokenError::Chance)?;
        let tag = hmac::sign(&key, token.as_bytes());
        Ok(Self { key, tag })
    }

    fn is(&self, token: &str) -> bool {
        hmac::verify(&self.key, token.as_bytes(), self.tag.as_ref()).is_ok()
    }

    /// Returns what a session is kept under.
    fn digest(&self, session: &str) -> Vec<u8> {
        hmac::sign(&self.key, session.as_bytes()).as_ref().to_vec()
    }
}

/// The gate of one server.
pub(super) struct Gate {
    cookie: String,
    state: Mutex<State>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("cookie", &self.cookie).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    visitors: Visitors,
    /// When each session began, by digest.
    sessions: BTreeMap<Vec<u8>, Mono>,
}

impl Gate {
    /// Opens the gate of a server at `listen`.
    pub(super) fn new(listen: SocketAddr) -> Self {
        // Browsers tell hosts apart, not ports: two shows on one machine would log each other out.
        Self { cookie: format!("segue-{}", listen.port()), state: Mutex::default() }
    }

    /// Counts a request of an address.
    pub(super) fn count(&self, from: IpAddr, now: Mono) -> Result<(), Problem> {
        self.with(|state| state.visitors.request(from, now)).map_err(|wait| {
            Problem::new(Kind::TooMany, format!("too many requests come from {from}")).wait(wait)
        })
    }

    /// Lets a request in that shows the token, or a session begun with it.
    pub(super) fn admit(
        &self,
        token: &Token,
        headers: &HeaderMap,
        from: IpAddr,
        now: Mono,
    ) -> Result<(), Problem> {
        let mut shown = headers.get_all(header::AUTHORIZATION).iter();
        match (shown.next(), shown.next()) {
            (Some(shown), None) => {
                // What is no bearer's is wrong as well: it may be a token in the wrong words.
                let bearer = shown.to_str().ok().and_then(bearer).unwrap_or_default();
                return self.check(token, bearer, from, now);
            }
            (Some(_), Some(_)) => {
                return Err(Problem::new(Kind::BadRequest, "there is more than one `Authorization` header"));
            }
            (None, _) => {}
        }
        if self.has_session(token, headers, now) {
            return Ok(());
        }
        let detail = "send `Authorization: Bearer TOKEN`, or log in at `/login`";
        Err(Problem::new(Kind::NoToken, detail))
    }

    /// Looks at a token, unless too many of this address were wrong.
    fn check(&self, token: &Token, shown: &str, from: IpAddr, now: Mono) -> Result<(), Problem> {
        let wait = self.with(|state| state.visitors.wait_for_attempt(from, now));
        if wait > Duration::ZERO {
            let detail = format!("too many wrong tokens came from {from}; none is looked at for a while");
            return Err(Problem::new(Kind::TooMany, detail).wait(wait));
        }
        if token.is(shown) {
            return Ok(());
        }
        self.with(|state| state.visitors.attempt(from, now));
        Err(Problem::new(Kind::WrongToken, "this is not the token"))
    }

    /// Begins a session for who shows the token; returns the cookie.
    pub(super) fn log_in(
        &self,
        token: &Token,
        shown: &str,
        from: IpAddr,
        secure: bool,
        now: Mono,
    ) -> Result<String, Problem> {
        self.check(token, shown, from, now)?;
        let session = self::session()
            .ok_or_else(|| Problem::new(Kind::Internal, "the system gives no random numbers"))?;
        self.with(|State { sessions, .. }| {
            sessions.retain(|_, began| now.since(*began) < SESSION_TIME);
            if sessions.len() >= SESSIONS_MAX
                && let Some(oldest) =
                    sessions.iter().min_by_key(|(_, began)| **began).map(|(at, _)| at.clone())
            {
                sessions.remove(&oldest);
            }
            sessions.insert(token.digest(&session), now);
        });
        Ok(self.written(&session, SESSION_TIME, secure))
    }

    /// Ends the sessions that a request shows; returns the cookie that takes the place of theirs.
    pub(super) fn log_out(&self, token: &Token, headers: &HeaderMap) -> String {
        let digests: Vec<_> = self.shown(headers).map(|session| token.digest(session)).collect();
        self.with(|state| state.sessions.retain(|digest, _| !digests.contains(digest)));
        self.written("", Duration::ZERO, false)
    }

    fn has_session(&self, token: &Token, headers: &HeaderMap, now: Mono) -> bool {
        self.shown(headers).any(|session| {
            let digest = token.digest(session);
            self.with(|state| {
                state.sessions.get(&digest).is_some_and(|began| now.since(*began) < SESSION_TIME)
            })
        })
    }

    /// Returns the sessions that a request names.
    fn shown<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, session)| *name == self.cookie && session.len() == SESSION_CHARS)
            .map(|(_, session)| session)
            .take(COOKIES_MAX)
    }

    /// Writes a cookie that no script reads and no other site sends along.
    fn written(&self, session: &str, time: Duration, secure: bool) -> String {
        let (name, seconds) = (&self.cookie, time.as_secs());
        let secure = if secure { "; Secure" } else { "" };
        format!("{name}={session}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // Nothing that is done here leaves it half changed.
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Makes the name of a session, 256 bits of chance in hexadecimal; `None` if the system has none.
fn session() -> Option<String> {
    let mut halves = [[0; 16]; 2];
    halves.iter_mut().try_for_each(|half| SystemRandom::new().fill(half)).ok()?;
    let [first, second] = halves.map(u128::from_be_bytes);
    Some(format!("{first:032x}{second:032x}"))
}

/// Returns the token of an `Authorization` header; the scheme may be in any case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    fn token() -> Token {
        Token::new(&SECRET.into()).unwrap()
    }

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    fn gate() -> Gate {
        Gate::new("127.0.0.1:7756".parse().unwrap())
    }

    fn from() -> IpAddr {
        "192.0.2.1".parse().unwrap()
    }

    fn cookie(written: &str) -> HeaderMap {
        let (cookie, _) = written.split_once(';').unwrap();
        [(header::COOKIE, format!("theme=dark; {cookie}; x=y").parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_repeated() {
        for (text, error) in [
            ("", TokenError::Short),
            ("0123456789abcde", TokenError::Short),
            ("0123456789 abcdef", TokenError::Characters),
            ("0123456789äbcdef", TokenError::Characters),
        ] {
            assert_eq!(Token::new(&text.into()).unwrap_err(), error);
        }
        assert_eq!(Token::new(&"x".repeat(513).into()).unwrap_err(), TokenError::Long);
        assert!(!format!("{:?}", token()).contains(SECRET));
    }

    #[test]
    fn a_session_lasts_a_week_and_ends_when_it_is_ended() {
        let (gate, token) = (gate(), token());
        let written = gate.log_in(&token, SECRET, from(), true, at(0)).unwrap();
        let (session, rest) = written.split_once(';').unwrap();
        assert_eq!(rest, " Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(session.len(), "segue-7756=".len() + 64);
        assert!(!written.contains(SECRET));
        let shown = cookie(&written);
        assert!(gate.admit(&token, &shown, from(), at(604_799)).is_ok());
        assert!(gate.admit(&token, &shown, from(), at(604_800)).is_err());
        assert!(gate.log_out(&token, &shown).starts_with("segue-7756=; Path=/; Max-Age=0;"));
        assert!(gate.admit(&token, &shown, from(), at(1)).is_err());
    }

    #[test]
    fn there_are_64_sessions_and_the_oldest_makes_room() {
        let (gate, token) = (gate(), token());
        let log_in = |second| cookie(&gate.log_in(&token, SECRET, from(), false, at(second)).unwrap());
        let sessions: Vec<_> = (0..70).map(log_in).collect();
        let valid = |shown: &&HeaderMap| gate.admit(&token, shown, from(), at(70)).is_ok();
        assert_eq!(sessions.iter().filter(valid).count(), 64);
        assert!(!valid(&&sessions[5]) && valid(&&sessions[6]));
    }

    #[test]
    fn after_ten_wrong_tokens_even_the_right_one_waits_and_a_session_goes_on() {
        let (gate, token) = (gate(), token());
        let session = cookie(&gate.log_in(&token, SECRET, from(), false, at(0)).unwrap());
        for guess in 0..10 {
            assert!(gate.log_in(&token, &format!("guess {guess}"), from(), false, at(0)).is_err());
        }
        assert!(gate.log_in(&token, SECRET, from(), false, at(1)).is_err());
        assert!(gate.admit(&token, &session, from(), at(1)).is_ok());
        assert!(gate.log_in(&token, SECRET, "192.0.2.2".parse().unwrap(), false, at(1)).is_ok());
        assert!(gate.log_in(&token, SECRET, from(), false, at(7)).is_ok());
    }
}

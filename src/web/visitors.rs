//! How much each address may ask for: two buckets per visitor, one for requests and one for wrong tokens.
//!
//! Knows no clock: every question brings the moment. The table is bounded, whoever comes.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use crate::show::time::Mono;

/// How many visitors are remembered. Each takes some 100 bytes, so all of them 100 KiB. When the table is full, the one
/// that has been away longest is forgotten, and begins with full buckets when it comes again: who has a thousand
/// addresses to come from is not stopped by a count per address anyway.
const VISITORS_MAX: usize = 1024;

/// Requests from another machine: a page that asks ten times a second and a hand on a fader together stay below this.
const REQUESTS: Rate = Rate { per_second: 50.0, burst: 200.0 };
/// Requests from this machine, which a proxy in front makes of everybody's: twenty times as many.
const REQUESTS_LOOPBACK: Rate = Rate { per_second: 1000.0, burst: 2000.0 };
/// Wrong tokens: ten slips of a hand, then one in 6 s, so 5 million guesses a year. A token has at least 16 characters.
const ATTEMPTS: Rate = Rate { per_second: 1.0 / 6.0, burst: 10.0 };

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: f64,
    burst: f64,
}

/// What is left of a rate.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    level: f64,
    at: Mono,
}

impl Bucket {
    fn full(rate: Rate, now: Mono) -> Self {
        Self { level: rate.burst, at: now }
    }

    fn fill(&mut self, rate: Rate, now: Mono) {
        let filled = now.since(self.at).as_secs_f64() * rate.per_second;
        *self = Self { level: (self.level + filled).min(rate.burst), at: now };
    }

    /// Returns how long to wait until there is enough for one more; zero for not at all.
    fn wait(&mut self, rate: Rate, now: Mono) -> Duration {
        self.fill(rate, now);
        if self.level >= 1.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((1.0 - self.level) / rate.per_second)
    }
}

#[derive(Debug)]
struct Visitor {
    requests: Bucket,
    attempts: Bucket,
}

/// Everybody who came lately.
#[derive(Debug, Default)]
pub(super) struct Visitors(BTreeMap<IpAddr, Visitor>);

impl Visitors {
    /// Takes one request of an address, or says how long it has to wait.
    pub(super) fn request(&mut self, from: IpAddr, now: Mono) -> Result<(), Duration> {
        let rate = if from.to_canonical().is_loopback() { REQUESTS_LOOPBACK } else { REQUESTS };
        let Visitor { requests, .. } = self.visitor(from, rate, now);
        let wait = requests.wait(rate, now);
        if wait > Duration::ZERO {
            return Err(wait);
        }
        requests.level -= 1.0;
        Ok(())
    }

    /// Returns how long an address has to wait until a token of it is looked at again; zero for not at all.
    pub(super) fn wait_for_attempt(&mut self, from: IpAddr, now: Mono) -> Duration {
        self.visitor(from, REQUESTS, now).attempts.wait(ATTEMPTS, now)
    }

    /// Takes down that a token was wrong.
    pub(super) fn attempt(&mut self, from: IpAddr, now: Mono) {
        let Visitor { attempts, .. } = self.visitor(from, REQUESTS, now);
        attempts.fill(ATTEMPTS, now);
        attempts.level -= 1.0;
    }

    fn visitor(&mut self, from: IpAddr, rate: Rate, now: Mono) -> &mut Visitor {
        let place = place(from);
        if self.0.len() >= VISITORS_MAX && !self.0.contains_key(&place) {
            let longest =
                self.0.iter().min_by_key(|(_, visitor)| visitor.requests.at.max(visitor.attempts.at));
            if let Some(longest) = longest.map(|(place, _)| *place) {
                self.0.remove(&longest);
            }
        }
        self.0.entry(place).or_insert_with(|| Visitor {
            requests: Bucket::full(rate, now),
            attempts: Bucket::full(ATTEMPTS, now),
        })
    }
}

/// An address of IPv4, or the first half of one of IPv6: the other half is the visitor's own to choose.
fn place(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(from) if !from.is_loopback() => Ipv6Addr::from_bits(from.to_bits() >> 64 << 64).into(),
        from => from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Mono {
        Mono(Duration::from_millis(millis))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Returns how many requests in a row are taken.
    fn taken(visitors: &mut Visitors, from: &str, now: Mono) -> usize {
        (0..10_000).take_while(|_| visitors.request(address(from), now).is_ok()).count()
    }

    #[test]
    fn every_address_has_its_own_measure_and_gets_it_back_with_time() {
        let mut visitors = Visitors::default();
        assert_eq!(taken(&mut visitors, "192.0.2.1", at(0)), 200);
        assert_eq!(visitors.request(address("192.0.2.1"), at(0)), Err(Duration::from_millis(20)));
        assert_eq!(taken(&mut visitors, "192.0.2.2", at(0)), 200);
        assert_eq!(taken(&mut visitors, "192.0.2.1", at(1000)), 50);
        assert_eq!(taken(&mut visitors, "192.0.2.1", at(3_600_000)), 200);
        assert_eq!(taken(&mut visitors, "127.0.0.1", at(0)), 2000);
        assert_eq!(taken(&mut visitors, "::1", at(0)), 2000);
    }

    #[test]
    fn one_network_of_ipv6_is_one_visitor_and_ipv4_in_its_clothes_is_ipv4() {
        let mut visitors = Visitors::default();
        assert_eq!(taken(&mut visitors, "2001:db8::1", at(0)), 200);
        assert_eq!(taken(&mut visitors, "2001:db8::ffff:2", at(0)), 0);
        assert_eq!(taken(&mut visitors, "2001:db8:0:1::1", at(0)), 200);
        assert_eq!(taken(&mut visitors, "192.0.2.1", at(0)), 200);
        assert_eq!(taken(&mut visitors, "::ffff:192.0.2.1", at(0)), 0);
    }

    #[test]
    fn wrong_tokens_are_looked_at_ten_times_and_then_now_and_then() {
        let mut visitors = Visitors::default();
        let from = address("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(visitors.wait_for_attempt(from, at(0)), Duration::ZERO);
            visitors.attempt(from, at(0));
        }
        assert_eq!(visitors.wait_for_attempt(from, at(0)), Duration::from_secs(6));
        assert_eq!(visitors.wait_for_attempt(address("192.0.2.2"), at(0)), Duration::ZERO);
        assert_eq!(visitors.wait_for_attempt(from, at(6001)), Duration::ZERO);
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_has_been_away_longest() {
        let mut visitors = Visitors::default();
        let loud = "192.0.2.1";
        taken(&mut visitors, loud, at(0));
        let at = |micros| Mono(Duration::from_micros(micros));
        for number in 0..3000 {
            let from = Ipv6Addr::from_bits(u128::from(number + 1) << 64);
            visitors.request(from.into(), at(number)).unwrap();
            // Whoever keeps on asking is not forgotten.
            if number % 100 == 0 {
                assert!(visitors.request(address(loud), at(number)).is_err());
            }
        }
        assert_eq!(visitors.0.len(), VISITORS_MAX);
    }
}

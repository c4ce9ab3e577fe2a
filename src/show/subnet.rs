//! A range of IP addresses, as `192.168.7.0/24` or one address alone. Knows addresses, not who may do what.

use core::{fmt, net::IpAddr};

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The first of them: every bit behind the prefix is 0.
    first: IpAddr,
    /// How many bits they have in common: up to 32 for IPv4, up to 128 for IPv6.
    prefix: u32,
}

impl Subnet {
    /// Reads `ADDRESS/BITS`, or an address that stands for itself.
    ///
    /// # Errors
    ///
    /// Says what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address
            .parse()
            .map_err(|_| "write an address, or a range such as `192.168.7.0/24`".to_owned())?;
        let width = width(address);
        let prefix = match bits {
            None => width,
            Some(bits) => match bits.parse() {
                Ok(bits) if bits <= width => bits,
                _ => return Err(format!("behind the `/` stands a number from 0 to {width}")),
            },
        };
        let subnet = Self { first: masked(address, prefix), prefix };
        if subnet.first != address {
            return Err(format!(
                "the address has bits behind the prefix: write `{subnet}`, or `{address}` alone"
            ));
        }
        Ok(subnet.plain())
    }

    /// Returns whether an address is in it; IPv4 in the clothes of IPv6 is IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.first) && masked(address, self.prefix) == self.first
    }

    /// Takes the clothes of IPv6 off a range of IPv4.
    fn plain(self) -> Self {
        match self.first.to_canonical() {
            IpAddr::V4(first) if self.first.is_ipv6() && self.prefix >= 96 => {
                Self { first: first.into(), prefix: self.prefix - 96 }
            }
            _ => self,
        }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Returns the address with every bit behind the prefix 0.
fn masked(address: IpAddr, prefix: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            core::net::Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            core::net::Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Subnet;

    #[test]
    fn an_address_is_in_its_ranges_and_in_no_other() {
        for (subnet, inside, outside) in [
            ("192.168.7.0/24", "192.168.7.255", "192.168.8.0"),
            ("192.168.7.9", "192.168.7.9", "192.168.7.8"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.128/25", "10.0.0.129", "10.0.0.127"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("2001:db8::7", "2001:db8::7", "2001:db8::8"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "2001:db8::1", "127.0.0.1"),
        ] {
            let range = Subnet::parse(subnet).unwrap();
            assert!(range.contains(inside.parse().unwrap()), "{inside} in {subnet}");
            assert!(!range.contains(outside.parse().unwrap()), "{outside} not in {subnet}");
        }
    }

    #[test]
    fn what_is_no_range_is_told() {
        for (text, told) in [
            ("", "write an address, or a range such as `192.168.7.0/24`"),
            ("studio", "write an address, or a range such as `192.168.7.0/24`"),
            ("192.168.7.0/33", "behind the `/` stands a number from 0 to 32"),
            ("fd00::/129", "behind the `/` stands a number from 0 to 128"),
            ("10.0.0.0/", "behind the `/` stands a number from 0 to 32"),
            ("10.0.0.0/-1", "behind the `/` stands a number from 0 to 32"),
            (
                "192.168.7.9/24",
                "the address has bits behind the prefix: write `192.168.7.0/24`, or `192.168.7.9` alone",
            ),
        ] {
            assert_eq!(Subnet::parse(text).unwrap_err(), told, "{text}");
        }
    }
}

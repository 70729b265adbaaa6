//! How often somebody may ask, by the network that they ask from.
//!
//! Kept in memory, so each of several servers counts for itself. The generic cell rate algorithm: one number for each
//! network, the instant at which all that it asked for would have been asked for at the allowed rate.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
};

use axum::{extract::ConnectInfo, http::Extensions, http::HeaderMap};
use plaudit_domain::Timestamp;

/// Networks that are told apart at the same time; above that the newcomers share one allowance.
const MOST_NETWORKS: usize = 100_000;

/// Who asks, as far as limits tell people apart: an IPv4 address, or the /64 of an IPv6 address, which is one household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// An address.
    V4([u8; 4]),
    /// The first half of an address.
    V6([u8; 8]),
    /// Nobody said.
    Unknown,
}

impl Network {
    /// Of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let mut prefix = [0; 8];
                prefix.copy_from_slice(&address.octets()[..8]);
                Self::V6(prefix)
            }
        }
    }

    /// Of a request that came through so many proxies of the host's own. Each of them adds the address it heard from at the
    /// end of `X-Forwarded-For`; what stands before these, the visitor may have written.
    pub fn of_request(extensions: &Extensions, headers: &HeaderMap, proxies: u8) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        let Some(place) = usize::from(proxies).checked_sub(1) else { return peer.map_or(Self::Unknown, Self::of) };
        let lists = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let heard: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
        let address = heard.iter().rev().nth(place).and_then(|address| address.parse().ok());
        address.or(peer).map_or(Self::Unknown, Self::of)
    }
}

/// An allowance: so many at once, and then one in so many milliseconds.
#[derive(Debug)]
pub struct RateLimiter {
    burst: i64,
    interval_millis: i64,
    arrivals: Mutex<HashMap<Network, i64>>,
}

/// Too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; the next one in {wait_seconds} s")]
pub struct TooOften {
    /// After which the next request is let through.
    pub wait_seconds: u64,
}

impl RateLimiter {
    /// With `interval_millis` 0, everything is let through.
    pub fn new(burst: u32, interval_millis: u32) -> Self {
        Self { burst: i64::from(burst), interval_millis: i64::from(interval_millis), arrivals: Mutex::default() }
    }

    /// Takes one from the network's allowance.
    ///
    /// # Errors
    /// [`TooOften`], and nothing is taken.
    pub fn take(&self, network: Network, now: Timestamp) -> Result<(), TooOften> {
        if self.interval_millis == 0 {
            return Ok(());
        }
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if arrivals.len() >= MOST_NETWORKS && !arrivals.contains_key(&network) {
            // Whose time is over has its whole allowance again.
            arrivals.retain(|_, arrival| *arrival > now.0);
        }
        let network = if arrivals.len() >= MOST_NETWORKS { Network::Unknown } else { network };
        let arrival = arrivals.entry(network).or_insert(now.0);
        let next = (*arrival).max(now.0) + self.interval_millis;
        let over = next - now.0 - self.burst * self.interval_millis;
        if over > 0 {
            return Err(TooOften { wait_seconds: u64::try_from(over).unwrap_or_default().div_ceil(1000) });
        }
        *arrival = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ONE: Network = Network::V4([1, 2, 3, 4]);

    #[test]
    fn a_burst_is_let_through_then_one_for_each_interval_and_networks_do_not_share() {
        let limiter = RateLimiter::new(3, 1500);
        let at = |millis| limiter.take(ONE, Timestamp(millis));
        assert!((0..3).all(|_| at(0).is_ok()));
        assert_eq!(at(0), Err(TooOften { wait_seconds: 2 }));
        assert_eq!(at(1), Err(TooOften { wait_seconds: 2 }), "a refused request costs nothing");
        assert!(at(1500).is_ok() && at(1500).is_err());
        assert!(limiter.take(Network::Unknown, Timestamp(0)).is_ok());
        assert!((0..1000).all(|_| RateLimiter::new(1, 0).take(ONE, Timestamp(0)).is_ok()));
    }

    #[test]
    fn a_visitor_cannot_write_themselves_another_address() {
        let peer = SocketAddr::from(([10, 0, 0, 1], 99));
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer));
        let forged = HeaderMap::from_iter([(
            axum::http::HeaderName::from_static("x-forwarded-for"),
            HeaderValue::from_static("9.9.9.9, 8.8.8.8, 1.2.3.4"),
        )]);
        assert_eq!(Network::of_request(&extensions, &forged, 0), Network::V4([10, 0, 0, 1]));
        assert_eq!(Network::of_request(&extensions, &forged, 1), ONE);
        assert_eq!(Network::of_request(&extensions, &HeaderMap::new(), 1), Network::V4([10, 0, 0, 1]));
        assert_eq!(Network::of_request(&Extensions::new(), &HeaderMap::new(), 0), Network::Unknown);
    }

    #[test]
    fn the_addresses_of_one_household_are_one_network() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:1.2.3.4"), ONE);
    }
}

//! Numbers as people read them, made the same way on the server and in the browser.
//!
//! Everything goes through integers: the standard formatting of floating point would cost the page's wasm several
//! kilobytes, and it would round halves to even.

/// An integer with a comma between thousands: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 vote`, `2 votes`.
pub fn counted(number: u64, singular: &str, plural: &str) -> String {
    [&count(number), " ", noun(number, singular, plural)].concat()
}

/// The word for one of them, or for any other number.
pub fn noun<'w>(number: u64, singular: &'w str, plural: &'w str) -> &'w str {
    if number == 1 { singular } else { plural }
}

/// Rounded to a whole number: `1017`, `−12`.
pub fn whole(number: f64) -> String {
    signed(number.round() as i64, "")
}

/// Rounded to one decimal: `1016.9`.
pub fn tenths(number: f64) -> String {
    decimal(number, "")
}

/// A change, always with its sign: `+3.1`, `−0.4`, `±0.0`.
pub fn change(number: f64) -> String {
    if (number * 10.0).round() as i64 == 0 { "±0.0".to_owned() } else { decimal(number, "+") }
}

/// A share as a whole percentage: `63 %` with a narrow no-break space.
pub fn percent(share: f64) -> String {
    [&whole(share * 100.0), "\u{202f}%"].concat()
}

/// A size in decimal megabytes, as downloads are told: `98.4 MB`; small ones as kilobytes: `24 kB`.
pub fn megabytes(bytes: u64) -> String {
    if bytes < 100_000 {
        return [&bytes.div_ceil(1000).to_string(), "\u{a0}kB"].concat();
    }
    [&tenths(bytes as f64 / 1e6), "\u{a0}MB"].concat()
}

/// A duration for a person: `0.4 s`.
pub fn seconds(millis: f64) -> String {
    [&tenths(millis / 1000.0), "\u{a0}s"].concat()
}

/// A rough duration: `1 second`, `16 seconds`, `8 minutes`. Never less than a second.
pub fn duration(seconds: f64) -> String {
    if seconds < 90.0 {
        return counted((seconds.round() as u64).max(1), "second", "seconds");
    }
    counted((seconds / 60.0).round() as u64, "minute", "minutes")
}

/// A setting with up to three decimals and no zeros behind them: `0.95`, `40`, `1.1`.
pub fn setting(number: f64) -> String {
    let thousandths = (number * 1000.0).round() as i64;
    let (whole, mut rest) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    let mut text = [sign(thousandths, ""), &whole.to_string()].concat();
    if rest > 0 {
        text.push('.');
    }
    let mut place = 100;
    while rest > 0 {
        text.push_str(&(rest / place).to_string());
        rest %= place;
        place /= 10;
    }
    text
}

/// Rounded to three decimals: `0.693`.
pub fn thousandths(number: f64) -> String {
    let thousandths = (number * 1000.0).round() as i64;
    let (whole, rest) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    let digits = (1000 + rest).to_string();
    [sign(thousandths, ""), &whole.to_string(), ".", &digits[1..]].concat()
}

/// A day in UTC, from its number since 1 January 1970: `20 Feb 2024`.
///
/// Source: the rule of the Gregorian calendar, with years that begin in March so that leap days come last.
pub fn day(number: i32) -> String {
    const MONTHS: [&str; 12] = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    const DAYS_OF_400_YEARS: i64 = 146_097;
    // Days since 1 March of the year 0.
    let days = i64::from(number) + 719_468;
    let (era, day_of_era) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month >= 10);
    [&day.to_string(), " ", MONTHS[month as usize % 12], " ", &year.to_string()].concat()
}

/// A position for an SVG attribute: a percentage with two decimals.
pub fn svg_percent(share: f64) -> String {
    let hundredths = (share.clamp(0.0, 1.0) * 10_000.0).round() as u64;
    let fraction = hundredths % 100;
    let zero = if fraction < 10 { "0" } else { "" };
    [&(hundredths / 100).to_string(), ".", zero, &fraction.to_string(), "%"].concat()
}

fn decimal(number: f64, plus: &str) -> String {
    let tenths = (number * 10.0).round() as i64;
    let sign = sign(tenths, plus);
    let tenths = tenths.unsigned_abs();
    [sign, &(tenths / 10).to_string(), ".", &(tenths % 10).to_string()].concat()
}

fn signed(number: i64, plus: &str) -> String {
    [sign(number, plus), &number.unsigned_abs().to_string()].concat()
}

fn sign(number: i64, plus: &str) -> &str {
    match number {
        ..0 => "−",
        0 => "",
        1.. => plus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_from_the_right() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (130_079, "130,079"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "vote", "votes"), "1 vote");
        assert_eq!(counted(2_000, "vote", "votes"), "2,000 votes");
    }

    #[test]
    fn ratings_round_half_away_from_zero() {
        assert_eq!(whole(1016.5), "1017");
        assert_eq!(whole(-0.4), "0");
        assert_eq!(whole(-12.5), "−13");
        assert_eq!(tenths(1016.95), "1017.0");
        assert_eq!(tenths(-0.25), "−0.3");
    }

    #[test]
    fn a_change_has_a_sign_unless_it_rounds_to_nothing() {
        assert_eq!(change(3.12), "+3.1");
        assert_eq!(change(-3.12), "−3.1");
        assert_eq!(change(0.04), "±0.0");
        assert_eq!(change(-0.04), "±0.0");
    }

    #[test]
    fn sizes_and_durations_carry_their_unit() {
        assert_eq!(megabytes(98_362_432), "98.4\u{a0}MB");
        assert_eq!(megabytes(23_400), "24\u{a0}kB");
        assert_eq!(seconds(412.0), "0.4\u{a0}s");
    }

    #[test]
    fn settings_have_no_zeros_behind_them() {
        for (number, text) in [(0.95, "0.95"), (40.0, "40"), (1.1, "1.1"), (0.0, "0"), (0.05, "0.05"), (0.105, "0.105")]
        {
            assert_eq!(setting(number), text);
        }
    }

    #[test]
    fn shares_become_percentages() {
        assert_eq!(percent(0.5), "50\u{202f}%");
        assert_eq!(percent(2.0 / 3.0), "67\u{202f}%");
        assert_eq!(svg_percent(0.5), "50.00%");
        assert_eq!(svg_percent(0.1234), "12.34%");
        assert_eq!(svg_percent(0.0105), "1.05%");
        assert_eq!(svg_percent(7.0), "100.00%");
    }

    #[test]
    fn days_are_named_over_leap_years_and_the_turn_of_a_year() {
        let named = [(0, "1 Jan 1970"), (19_773, "20 Feb 2024"), (19_782, "29 Feb 2024"), (19_783, "1 Mar 2024")];
        for (number, name) in
            named.into_iter().chain([(-1, "31 Dec 1969"), (11_016, "29 Feb 2000"), (20_783, "26 Nov 2026")])
        {
            assert_eq!(day(number), name);
        }
    }

    #[test]
    fn thousandths_keep_their_zeros() {
        assert_eq!([0.6834, 1.0, 0.0006, -0.25].map(thousandths), ["0.683", "1.000", "0.001", "−0.250"]);
    }
}

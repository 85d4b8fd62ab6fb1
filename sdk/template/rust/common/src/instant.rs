//! Moments of documents: RFC 3339 in UTC.
#![allow(dead_code)] // what one plugin does not need, another does

/// Days since 1970-01-01 of a date of the Gregorian calendar: years begin in March, so that leap days end them.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468
}

/// Seconds since 1970 of "2026-01-31T12:00:00.25Z".
pub fn instant_of(text: &str) -> Option<f64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(days_of(year, month, day) as f64 * 86400.0 + hour * 3600.0 + minute * 60.0 + second)
}

/// Rounded up to whole seconds.
pub fn instant_text(instant: f64) -> String {
    let seconds = instant.ceil() as i64;
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let mut year = 1970 + days / 366;
    while days_of(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days_of(year, *month, 1) <= days).unwrap_or(1);
    let day = days - days_of(year, month, 1) + 1;
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_they_were_read() {
        for text in ["1970-01-01T00:00:00Z", "2000-02-29T12:34:56Z", "2026-12-31T23:59:59Z", "2028-03-01T00:00:00Z"] {
            assert_eq!(instant_text(instant_of(text).unwrap()), text);
        }
    }
}

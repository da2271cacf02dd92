//! What is exchanged: invented alerts of both countries, and the user's own.
//!
//! The built-in ones are files as an officer would write them, marked as an exercise, about animals, vehicles
//! and roads; no person can be recognised in them. They are dated anew, so that the scenario is of today.

use std::path::Path;

use karakoro_proto::domain::alert::{Alert, CapTime};
use karakoro_proto::domain::cap::{self, Fault};
use karakoro_proto::identity::Country;
use karakoro_proto::time::UnixMillis;

use crate::exit::{Exit, Failure};

/// An alert file that comes with the demo.
struct BuiltIn {
    from: Country,
    name: &'static str,
    cap: &'static str,
}

macro_rules! built_in {
    ($from:ident, $name:literal) => {
        BuiltIn { from: Country::$from, name: $name, cap: include_str!(concat!("alerts/", $name)) }
    };
}

/// Sent in this order; the last one waits for a cut road when the demo checks itself.
static BUILT_IN: [BuiltIn; 6] = [
    built_in!(MR, "mr-cattle-theft-adel-bagrou.xml"),
    built_in!(ML, "ml-stolen-hilux-nara.xml"),
    built_in!(MR, "mr-market-day-gogui.xml"),
    built_in!(ML, "ml-missing-herder-gogui.xml"),
    built_in!(ML, "ml-cattle-found-nara.xml"),
    built_in!(MR, "mr-flooded-track-gogui.xml"),
];

/// An alert, and the country that sends it.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) from: Country,
    pub(crate) alert: Alert,
}

/// The built-in alerts, dated as of `now`.
pub(crate) fn built_in(now: UnixMillis) -> Result<Vec<Sending>, Failure> {
    BUILT_IN
        .iter()
        .map(|file| {
            let reading = cap::read(file.cap.as_bytes()).map_err(|faults| faulty(file.name, &faults))?;
            Ok(Sending { from: file.from, alert: dated(reading.alert, now) })
        })
        .collect()
}

/// Writes the built-in files where the user finds something to send.
pub(crate) fn write_to(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    BUILT_IN.iter().try_for_each(|file| std::fs::write(folder.join(file.name), file.cap))
}

/// A file to send from Mauritania, for those who look for one.
pub(crate) fn example() -> &'static str {
    BUILT_IN[0].name
}

/// Moves an alert's times so that it was sent `now`; what lies between them stays.
fn dated(mut alert: Alert, now: UnixMillis) -> Alert {
    let then = alert.sent.instant().seconds();
    let moved = |time: CapTime| {
        let after = time.instant().seconds().saturating_sub(then);
        let instant = UnixMillis::from_seconds(now.seconds().saturating_add(after));
        instant.and_then(|instant| CapTime::new(instant, time.offset())).unwrap_or(time)
    };
    for info in &mut alert.infos {
        for time in [&mut info.effective, &mut info.onset, &mut info.expires].into_iter().flatten() {
            *time = moved(*time);
        }
    }
    alert.sent = moved(alert.sent);
    alert
}

fn faulty(name: &str, faults: &[Fault]) -> Failure {
    let faults: Vec<String> = faults.iter().map(|fault| format!("{name}: {fault}")).collect();
    Failure::new(Exit::No, anyhow::anyhow!(faults.join("\n")))
}

#[cfg(test)]
mod tests {
    use karakoro_proto::domain::Mode;

    use super::*;

    #[test]
    fn every_built_in_alert_is_a_sound_exercise_of_today_in_both_languages() {
        let now = UnixMillis::from_seconds(1_800_000_000).unwrap();
        let sendings = built_in(now).unwrap();
        assert_eq!(sendings.len(), BUILT_IN.len());
        for Sending { alert, .. } in sendings {
            assert_eq!(alert.mode().unwrap(), Mode::Exercise);
            assert_eq!(alert.sent.instant(), now);
            assert!(alert.expires().unwrap() > now);
            assert!(alert.validate().is_empty());
            let languages: Vec<_> = alert
                .infos
                .iter()
                .flat_map(|info| &info.language)
                .map(|language| language.as_str())
                .collect();
            assert_eq!(languages, ["fr", "ar"]);
            assert!(alert.infos.iter().all(|info| !info.event_codes.is_empty()));
        }
    }
}

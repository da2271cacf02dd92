//! `karakoro demo link`: cutting and restoring the road of a running demo, over a Unix socket.
//!
//! One connection, one line: `down` or `up`, answered by how the road was before.

use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use karakoro_node::service::with_short_path;
use serde_json::json;

use super::events::Event;
use super::place;
use super::relay::Switch;
use crate::cli::Road;
use crate::cmd::Output;
use crate::exit::{Exit, Failure};

/// How long either end waits for the other's line.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest line.
const MAX_LINE: u64 = 16;

fn word(road: Road) -> &'static str {
    match road {
        Road::Down => "down",
        Road::Up => "up",
    }
}

fn road(line: &str) -> Option<Road> {
    [Road::Down, Road::Up].into_iter().find(|road| word(*road) == line.trim_end())
}

/// The listening socket, removed at the end.
#[derive(Debug)]
pub(crate) struct Control(PathBuf);

impl Control {
    /// Listens at `path`. Only for the holder of the place's lock: what a killed demo left there is removed.
    pub(crate) fn listen(path: &Path, switch: Switch, events: Sender<Event>) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = with_short_path(path, UnixListener::bind)?;
        let control = Self(path.to_owned());
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        thread::Builder::new().name("control".to_owned()).spawn(move || {
            for caller in listener.incoming().flatten() {
                // A caller who left or said something else changes nothing.
                if let Ok(Some(road)) = serve(caller, &switch) {
                    _ = events.send(Event::Road(road));
                }
            }
        })?;
        Ok(control)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // What is left over is removed by the next demo.
        _ = fs::remove_file(&self.0);
    }
}

/// Does what one caller asks; returns the new state if it changed.
fn serve(mut caller: UnixStream, switch: &Switch) -> io::Result<Option<Road>> {
    let Some(wanted) = road(&read_line(&caller)?) else { return Ok(None) };
    let before = switch.set(wanted);
    writeln!(caller, "{}", word(before))?;
    Ok((before != wanted).then_some(wanted))
}

fn read_line(stream: &UnixStream) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut line)?;
    Ok(line)
}

/// Asks the demo in `dir`, or the one that was started without, to cut or restore its road.
pub(crate) fn ask(wanted: Road, dir: Option<&Path>, out: &Output) -> Result<Exit, Failure> {
    let path = place::socket(dir)?;
    let before = exchange(&path, wanted).map_err(|error| no_demo(&path, dir.is_some(), error))?;
    let text = match (before, wanted) {
        (Road::Up, Road::Down) => {
            "The road is cut: nothing passes. Both nodes go on sealing messages, and deliver them when it is restored."
        }
        (Road::Down, Road::Up) => "The road is restored: the nodes find each other again and catch up.",
        (Road::Down, Road::Down) => "The road was cut already.",
        (Road::Up, Road::Up) => "The road was open already.",
    };
    out.answer(text, || {
        json!({ "schema": "karakoro/demo-link/1", "ok": true, "road": word(wanted), "before": word(before) })
    });
    Ok(Exit::Yes)
}

fn exchange(path: &Path, wanted: Road) -> io::Result<Road> {
    let mut stream = with_short_path(path, UnixStream::connect)?;
    writeln!(stream, "{}", word(wanted))?;
    road(&read_line(&stream)?).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn no_demo(path: &Path, with_dir: bool, error: io::Error) -> Failure {
    let hint = match with_dir {
        true => "is one running with this --dir?",
        false => "start one with `karakoro demo`, or name its --dir DIR if it was started with one",
    };
    let text = format!("no demo answers at {}; {hint}", path.display());
    Failure::new(Exit::CouldNotCheck, anyhow::Error::new(error).context(text))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::mpsc;

    use super::*;
    use crate::demo::relay::Relay;

    #[test]
    fn the_road_is_cut_and_restored_and_a_stale_socket_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.sock");
        drop(UnixListener::bind(&path).unwrap());
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let relay = Relay::start([nowhere, nowhere]).unwrap();
        let (events, told) = mpsc::channel();
        let control = Control::listen(&path, relay.switch, events).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(exchange(&path, Road::Down).unwrap(), Road::Up);
        assert_eq!(exchange(&path, Road::Down).unwrap(), Road::Down);
        assert_eq!(exchange(&path, Road::Up).unwrap(), Road::Down);
        let changes: Vec<Event> = told.iter().take(2).collect();
        assert!(matches!(changes[..], [Event::Road(Road::Down), Event::Road(Road::Up)]));
        drop(control);
        let refused = ask(Road::Up, Some(folder.path()), &Output { json: true, lang: crate::cli::Lang::En })
            .unwrap_err();
        assert_eq!(refused.exit, Exit::CouldNotCheck);
    }
}

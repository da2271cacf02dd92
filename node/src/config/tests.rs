//! Claims about whole files.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::schema::KEYS;
use super::*;

const MINIMAL: &str = "country = \"MR\"\npeer = \"ML\"\n";

fn template() -> String {
    Config::template(Country::MR, Country::ML)
}

fn faults(text: &str) -> Vec<String> {
    Config::parse(text).unwrap_err().iter().map(ToString::to_string).collect()
}

/// Lines and keys alone, for a file that begins with the two countries.
fn places(rest: &str) -> Vec<(u32, String)> {
    let faults = Config::parse(&format!("{MINIMAL}{rest}")).unwrap_err();
    faults.into_iter().map(|fault| (fault.line, fault.key)).collect()
}

fn at(line: u32, key: &str) -> (u32, String) {
    (line, key.to_owned())
}

/// The template with every default written out instead of commented out.
fn explicit() -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_lowercase()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    template().lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_defaults_are_those_that_were_agreed() {
    let config = Config::parse(MINIMAL).unwrap();
    let expected = Config {
        country: Country::MR,
        peer: Country::ML,
        link: Link {
            listen: "0.0.0.0:7443".parse().unwrap(),
            dial: Vec::new(),
            key_exchange: KeyExchange::RequireX25519MlKem768,
            keep_alive: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            retry_min: Duration::from_millis(250),
            retry_max: Duration::from_millis(30_000),
        },
        ledger: Ledger { guard_folder: "guard".parse().unwrap() },
        service: Service { socket: "data/node.sock".parse().unwrap() },
        station: StationSettings { name: "MR-HQ".parse().unwrap() },
        log: Log { level: tracing::Level::INFO, format: LogFormat::Auto },
    };
    assert_eq!(config, expected);
}

#[test]
fn the_template_as_written_and_with_every_default_written_out_mean_the_same() {
    let defaults = Config::parse(MINIMAL).unwrap();
    assert_eq!(Config::parse(&template()).unwrap(), defaults);
    assert_eq!(Config::parse(&explicit()).unwrap(), defaults);
}

#[test]
fn the_template_has_every_key_in_lines_that_fit_a_terminal() {
    let document = toml_edit::Document::parse(explicit()).unwrap();
    for key in KEYS {
        let facts = key.facts();
        let table = match facts.section() {
            "" => document.as_table(),
            section => document[section].as_table().unwrap(),
        };
        assert!(table.contains_key(facts.name()), "{}", facts.path);
    }
    assert!(template().lines().all(|line| line.chars().count() <= 101 && !line.ends_with(' ')));
    assert!((template().len() as u64) < MAX_FILE_BYTES / 6);
}

#[test]
fn the_reference_has_a_row_for_every_key() {
    let reference = Config::reference();
    for key in KEYS {
        assert!(reference.contains(&format!("\n| `{}` | ", key.facts().path)), "{}", key.facts().path);
    }
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(reference.lines().filter(|line| line.starts_with('|')).all(|line| bars(line) == 6));
}

#[test]
fn every_value_may_be_changed() {
    let config = Config::parse(
        r#"
        country = "ML"
        peer = "MR"
        station = { name = "ML-P-NARA" }
        link.listen = "[::1]:0"
        link.dial = [ # the fibre first
            "node.mr.karakoro.internal:7443",
            "[2001:db8::1]:443",
        ]
        link.key_exchange = "prefer"
        link.keep_alive_seconds = 120
        link.idle_seconds = 241
        link.retry_min_ms = 1_000
        link.retry_max_ms = 1_000
        [ledger]
        guard_folder = "/mnt/other-disk/guard"
        [service]
        socket = '/run/karakoro.sock'
        [log]
        level = "trace"
        format = "json"
        "#,
    )
    .unwrap();
    assert_eq!((config.country, config.peer), (Country::ML, Country::MR));
    assert_eq!(config.station.name.to_string(), "ML-P-NARA");
    assert_eq!(config.link.listen, "[::1]:0".parse().unwrap());
    let dial: Vec<_> = config.link.dial.iter().map(ToString::to_string).collect();
    assert_eq!(dial, ["node.mr.karakoro.internal:7443", "[2001:db8::1]:443"]);
    assert_eq!(config.link.key_exchange, KeyExchange::PreferX25519MlKem768);
    assert_eq!(config.link.idle, Duration::from_secs(241));
    assert_eq!(config.link.retry_min, config.link.retry_max);
    assert_eq!(config.ledger.guard_folder.as_str(), "/mnt/other-disk/guard");
    assert_eq!(config.service.socket.within(Path::new("/home")), Path::new("/run/karakoro.sock"));
    assert_eq!(config.log, Log { level: tracing::Level::TRACE, format: LogFormat::Json });
}

#[test]
fn a_default_station_is_the_headquarters_of_the_country() {
    let config = Config::parse("country = \"ML\"\npeer = \"MR\"").unwrap();
    assert_eq!(config.station.name, Station::headquarters(Country::ML));
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_their_lines() {
    let text = r#"country = "Mauritania"
[link]
lisen = "0.0.0.0:7443"
dial = [
    "10.0.0.1:7443",
    "10.0.0.2",
]
keep_alive_seconds = "10"
idle_seconds = 601
[log]
level = "loud"
[gateway]
port = 80
"#;
    assert_eq!(
        faults(text),
        [
            "peer: is missing; expected \
             two upper-case letters of ISO 3166, such as \"MR\" or \"ML\"",
            "line 1: country: is \"Mauritania\"; expected two upper-case letters of ISO 3166, \
             such as \"MR\" or \"ML\"",
            "line 3: link.lisen: is not a known key; expected \
             `link.listen`, the nearest known name",
            "line 6: link.dial: \"10.0.0.2\" has no port; expected a list of at most 8 \
             different \"host:port\", such as [\"node.example:7443\", \"[2001:db8::1]:7443\"]",
            "line 8: link.keep_alive_seconds: is text in quotes; expected seconds as an integer \
             from 1 to 120",
            "line 9: link.idle_seconds: is 601; expected seconds as an integer from 5 to 600",
            "line 11: log.level: is \"loud\"; expected \"error\", \"warn\", \"info\", \"debug\" \
             or \"trace\"",
            "line 12: gateway: is not a known key; expected one of country, peer, [link], \
             [ledger], [service], [station], [log]",
        ]
    );
}

#[test]
fn faults_of_notation_and_of_values_are_reported_together() {
    let rest =
        "[link]\nlisten = \"open\nidle_seconds = 1\nidle_seconds = 40\nretry = ?\n[log]\nlevl = \"info\"\n";
    assert_eq!(
        places(rest),
        [at(4, ""), at(5, "link.idle_seconds"), at(6, "idle_seconds"), at(7, ""), at(9, "log.levl")]
    );
}

#[test]
fn a_key_is_not_called_missing_when_its_line_is_no_toml() {
    assert_eq!(faults("country = MR\npeer = \"ML\"").len(), 1);
}

#[test]
fn a_wrong_kind_of_value_is_refused_for_every_key() {
    for (value, kind) in [("true", "is true or false"), ("1.5", "is a number"), ("{}", "is a section")] {
        let lines: Vec<_> = KEYS.iter().map(|key| format!("{} = {value}", key.facts().path)).collect();
        let faults = Config::parse(&lines.join("\n")).unwrap_err();
        assert!(faults.iter().all(|fault| fault.message.starts_with(kind)), "{faults:?}");
        let found: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(found, KEYS.map(|key| key.facts().path));
    }
}

#[test]
fn every_bound_is_kept_on_both_sides() {
    for (key, least, most) in [
        ("keep_alive_seconds", 1, 120),
        ("idle_seconds", 5, 600),
        ("retry_min_ms", 10, 60_000),
        ("retry_max_ms", 100, 3_600_000),
    ] {
        let file = |value: i64| {
            let mut link = vec![format!("link.{key} = {value}")];
            let others = [("keep_alive_seconds", 2), ("idle_seconds", 600), ("retry_min_ms", 100)];
            let others = others.iter().chain(&[("retry_max_ms", 60_000)]).filter(|other| other.0 != key);
            link.extend(others.map(|(key, value)| format!("link.{key} = {value}")));
            Config::parse(&format!("{MINIMAL}{}", link.join("\n")))
        };
        for good in [least, most] {
            assert!(file(good).is_ok(), "{key} = {good}: {:?}", file(good));
        }
        for bad in [i64::MIN, -1, 0, least - 1, most + 1, i64::MAX] {
            let faults = file(bad).unwrap_err();
            assert_eq!((faults.len(), faults[0].message.clone()), (1, format!("is {bad}")), "{key}");
        }
    }
}

#[test]
fn a_link_is_not_given_up_before_two_signs_of_life_were_sent() {
    let blamed = |rest: &str| places(&format!("[link]\n{rest}"));
    assert_eq!(blamed("idle_seconds = 20"), [at(4, "link.idle_seconds")]);
    assert_eq!(blamed("idle_seconds = 60\nkeep_alive_seconds = 30"), [at(4, "link.idle_seconds")]);
    assert_eq!(blamed("\nkeep_alive_seconds = 15"), [at(5, "link.idle_seconds")]);
    let fault = &faults(&format!("{MINIMAL}link.keep_alive_seconds = 15"))[0];
    assert_eq!(
        fault,
        "line 3: link.idle_seconds: is 30 by default, not more than twice \
         link.keep_alive_seconds, which is 15; expected at least 31, or a shorter keep-alive"
    );
}

#[test]
fn the_longest_pause_is_not_shorter_than_the_first() {
    assert_eq!(places("link.retry_min_ms = 60000"), [at(3, "link.retry_max_ms")]);
    assert_eq!(places("link.retry_min_ms = 200\nlink.retry_max_ms = 199"), [at(4, "link.retry_max_ms")]);
}

#[test]
fn a_country_does_not_exchange_with_itself() {
    assert_eq!(
        faults("country = \"MR\"\npeer = \"MR\""),
        ["line 2: peer: is MR, this node's own country; expected \
         the other country of the exchange"]
    );
}

#[test]
fn a_station_of_the_other_country_is_refused() {
    assert_eq!(places("[station]\nname = \"ML-HQ\""), [at(4, "station.name")]);
    assert_eq!(places("[station]\nname = \"mr-hq\""), [at(4, "station.name")]);
}

#[test]
fn a_guard_among_the_logs_that_it_guards_is_refused() {
    for folder in ["data", "./data/guard", "", ".", "x/../data", "~/guard"] {
        assert_eq!(places(&format!("ledger.guard_folder = '{folder}'")), [at(3, "ledger.guard_folder")]);
    }
}

#[test]
fn a_socket_path_that_no_system_takes_is_refused() {
    for path in ["data/", &"s".repeat(108), "../node.sock"] {
        assert_eq!(places(&format!("service.socket = '{path}'")), [at(3, "service.socket")]);
    }
}

#[test]
fn a_list_to_dial_is_short_and_names_nobody_twice() {
    let list = |count: usize| (1..=count).map(|i| format!("'10.0.0.{i}:1'")).collect::<Vec<_>>().join(",");
    assert!(Config::parse(&format!("{MINIMAL}link.dial = [{}]", list(8))).is_ok());
    assert_eq!(places(&format!("link.dial = [{}]", list(9))), [at(3, "link.dial")]);
    assert_eq!(places("link.dial = [\n'a:1',\n'A:1']"), [at(5, "link.dial")]);
    assert_eq!(places("link.dial = ['a:1',\n5]"), [at(4, "link.dial")]);
}

#[test]
fn a_section_is_neither_a_value_nor_a_list_nor_nested() {
    assert_eq!(places("link = 5"), [at(3, "link")]);
    assert_eq!(places("[[link]]\n[[link]]"), [at(3, "link")]);
    assert_eq!(places("[link.listen]\nport = 5"), [at(3, "link.listen")]);
    assert_eq!(places("[a.b.c]\nd = 5\n[link.x]"), [at(3, "a"), at(5, "link.x")]);
}

#[test]
fn an_empty_file_lacks_the_two_countries_and_nothing_else() {
    let missing: Vec<_> = Config::parse("").unwrap_err().into_iter().map(|f| (f.line, f.key)).collect();
    assert_eq!(missing, [at(0, "country"), at(0, "peer")]);
}

#[test]
fn a_file_of_another_editor_is_read_alike() {
    let crlf = explicit().replace('\n', "\r\n");
    assert_eq!(Config::parse(&format!("\u{feff}{crlf}")), Config::parse(MINIMAL));
}

/// Fragments that bring a parser into trouble, and bytes that bring nobody anywhere.
fn arbitrary(random: &mut ChaCha8Rng) -> String {
    const PIECES: [&str; 30] = [
        "\n",
        "\r\n",
        "[",
        "]",
        "[[",
        "{",
        "}",
        "\"",
        "'",
        "'''",
        "\"\"\"",
        "=",
        " = ",
        ".",
        ",",
        "#",
        "\\u",
        "é",
        "\0",
        "link",
        "listen",
        "country",
        "\"MR\"",
        "dial",
        "-",
        "1979-05-27T07:32:00Z",
        "0x",
        "1e9",
        "inf",
        "\u{feff}",
    ];
    let count = random.random_range(0..60);
    (0..count).map(|_| PIECES[random.random_range(0..PIECES.len())]).collect()
}

/// The template with some characters lost, doubled or replaced.
fn damaged(random: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = explicit().chars().filter(|_| random.random_range(0..400) > 0).collect();
    for _ in 0..random.random_range(0..10) {
        let at = random.random_range(0..chars.len());
        match random.random_range(0..3) {
            0 => chars[at] = random.random(),
            1 => chars[at] = ['\n', '"', '[', ']', '=', '#'][random.random_range(0..6)],
            _ => chars.insert(at, chars[at]),
        }
    }
    chars.into_iter().collect()
}

/// Whatever the text: no panic, and faults that can be shown and lie in it.
fn assert_is_judged(text: &str) {
    let Err(faults) = Config::parse(text) else { return };
    assert!(!faults.is_empty(), "{text:?}");
    for fault in faults {
        let lines = 1 + text.matches('\n').count();
        assert!(fault.line as usize <= lines, "{fault} in {text:?}");
        assert!(fault.line > 0 || fault.message == "is missing", "{fault} in {text:?}");
        assert!(!fault.to_string().contains(char::is_control), "{fault:?} in {text:?}");
        assert!(fault.to_string().chars().count() < 500, "{fault} in {text:?}");
    }
}

#[test]
fn arbitrary_text_is_judged_and_never_panics() {
    for seed in 0..3000 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        assert_is_judged(&arbitrary(&mut random));
        assert_is_judged(&format!("{MINIMAL}{}", arbitrary(&mut random)));
    }
    for seed in 0..300 {
        assert_is_judged(&damaged(&mut ChaCha8Rng::seed_from_u64(seed)));
    }
}

#[test]
fn the_largest_hostile_files_are_judged_too() {
    let pieces =
        ["[", "[[", "{", "a.", "a={", "a=[", "\"", "x=\n", "x=1\n", "#", "[a]\n", "\n", "[a.a]\n", "é"];
    for piece in pieces {
        assert_is_judged(&piece.repeat(64 * 1024 / piece.len()));
    }
    let unknown: String = (0..6000).map(|i| format!("k{i} = 1\n")).collect();
    assert_is_judged(&unknown);
}

fn load(content: Option<&[u8]>) -> Result<Config, ConfigError> {
    let home = tempfile::tempdir().unwrap();
    if let Some(content) = content {
        fs::write(home.path().join(FILE_NAME), content).unwrap();
    }
    Config::load(home.path())
}

#[test]
fn a_home_is_loaded_from_its_file() {
    assert_eq!(load(Some(template().as_bytes())).unwrap(), Config::parse(MINIMAL).unwrap());
}

#[test]
fn a_home_without_a_file_is_told_how_to_get_one() {
    let error = load(None).unwrap_err();
    assert!(matches!(error, ConfigError::Missing { .. }));
    assert!(error.to_string().ends_with("karakoro.toml: `karakoro node init` creates it"));
}

#[test]
fn a_file_that_is_no_text_is_refused_with_its_line() {
    let error = load(Some(b"country = \"MR\"\n# ok\npeer = \"\xff\"")).unwrap_err();
    assert!(matches!(error, ConfigError::NotUtf8 { line: 3, .. }), "{error}");
}

#[test]
fn a_file_is_read_up_to_its_limit_and_not_beyond() {
    let mut content = MINIMAL.as_bytes().to_vec();
    content.resize(64 * 1024, b'\n');
    assert!(load(Some(&content)).is_ok());
    content.push(b'\n');
    assert!(matches!(load(Some(&content)), Err(ConfigError::TooLarge { .. })));
}

#[test]
fn what_is_not_a_file_is_not_opened() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(FILE_NAME)).unwrap();
    assert!(matches!(Config::load(home.path()), Err(ConfigError::NotAFile { .. })));
}

#[test]
fn the_faults_of_a_file_are_shown_one_a_line() {
    let error = load(Some(b"")).unwrap_err();
    assert_eq!(error.to_string().lines().count(), 2);
    assert!(matches!(error, ConfigError::Faults { .. }));
}

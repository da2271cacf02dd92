use proptest::prelude::*;

use super::*;

#[track_caller]
fn caught(sign: Sign, texts: &[&str]) {
    for text in texts {
        assert_eq!(super::sign(text), Some(sign), "{text}");
    }
}

#[test]
fn accounts_are_caught() {
    caught(Sign::Account, &["écrire à nobody@example.org", "@personne_22 sur le réseau", "x＠example.org"]);
}

#[test]
fn telephone_numbers_are_caught_in_the_usual_forms() {
    caught(
        Sign::Number,
        &[
            "22 34 56 78",
            "appelez 22345678.",
            "2234-5678",
            "22.34.56.78",
            "+222 22 34 56 78",
            "+222-2234",
            "00222 22 34 56 78",
            "(222) 22 34 56 78",
            "+223 76/54/32/10",
            "22\u{a0}34\u{202f}56 78",
            "22\u{2011}34\u{2011}56\u{2011}78",
            "22\u{200f}345678",
            "٢٢ ٣٤ ٥٦ ٧٨",
            "۲۲۳۴۵۶۷۸",
            "le 24/11/2026 au 22 34 56 78",
        ],
    );
}

#[test]
fn document_and_register_numbers_are_caught() {
    caught(Sign::Number, &["passeport B1234567", "NNI 1234567890", "NINA 12345678901234A"]);
}

#[test]
fn lines_of_a_machine_readable_zone_are_caught() {
    caught(Sign::MachineReadable, &["P<UTOERIKSSON<<ANNA<MARIA", "PERSONNE＜＜AUCUNE"]);
}

#[test]
fn exact_positions_are_caught() {
    caught(
        Sign::Position,
        &[
            "15.4951",
            "à 15.495, -7.031",
            "15,495 ; -7,031",
            "15.495 N",
            "lat 15.495",
            "longitude: -7.031",
            "15°29'42\"N",
            "15° 29.71' N",
            "١٥٫٤٩٥١",
        ],
    );
}

#[test]
fn dates_times_counts_money_and_distances_pass() {
    for text in [
        "2026-11-24",
        "24/11/2026",
        "24.11.26",
        "du 01/11/2026 au 15/11/2026",
        "01/11/2026-15/11/2026",
        "2026-01-15T10:04:05-00:00",
        "2026-01-15T10:04:05.250Z",
        "le 2026-11-24 10:30, 40 bovins",
        "entre 18h30 et 19h05",
        "08:00-12:30",
        "campagne 2025-2026",
        "1 250 000 têtes",
        "1.250.000",
        "12 500 000 FCFA",
        "12.500.000 ouguiyas",
        "de 10 000 000 - 12 500 000 FCFA",
        "12 345 678 €",
        "à 120.5 km",
        "12.500 km",
        "entre 1.250 et 2.500",
        "1.250 / 250",
        "15.49, -7.03",
        "15°29' N",
        "PV 0117/2026",
        "loi 2017-020 et loi 2013-015",
        "décret 2013-0152",
        "MR-2026-000123",
        "12, 13, 14, 15 et 16 novembre",
        "٤٠ رأسا يوم ٢٤/١١/٢٠٢٦",
        "Toyota Hilux 2.4, 4x4",
        "45 km / 3 h",
        "a < b",
        "vol @ marché",
        "",
    ] {
        assert_eq!(sign(text), None, "{text}");
    }
}

#[test]
fn what_is_noted_does_not_quote_the_text() {
    let mut breaches = Breaches::new();
    text("22 34 56 78", RefusalCode::PersonalData, &At::root("bulletin"), &mut breaches);
    let [breach] = breaches.into_vec().try_into().unwrap();
    assert!(!breach.to_string().contains("34"), "{breach}");
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "[0-9 :.,/°'+@<h\u{660}-\u{669}a-z-]{0,40}") {
        let _ = sign(&text);
    }

    #[test]
    fn eight_digits_in_a_row_never_pass(before in "[a-z ]{0,9}", number in "[0-9]{8,20}", after in "( [a-z]{2}x)?") {
        prop_assert_eq!(sign(&format!("{before}{number}{after}")), Some(Sign::Number));
    }

    #[test]
    fn every_date_and_time_passes(
        (y, m, d) in (1900..2100, 1..=12, 1..=31), (h, min, s) in (0..24, 0..60, 0..60),
    ) {
        prop_assert_eq!(sign(&format!("{y}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}-00:00")), None);
        prop_assert_eq!(sign(&format!("{d:02}/{m:02}/{y} {h:02}:{min:02}")), None);
    }
}

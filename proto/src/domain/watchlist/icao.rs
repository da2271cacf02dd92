//! States and nationalities as travel documents write them.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use crate::domain::fault::{ValueError, excerpt};
use crate::domain::part::text_part;
use crate::identity::Country;

/// A code of ICAO Doc 9303 part 3 (8th edition, section 5): the three letters of ISO 3166-1, or one of the
/// special codes, such as XXA for a stateless person, or `D` alone for Germany.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IcaoCode(&'static str);

impl IcaoCode {
    /// Somebody whom no state holds to be its national.
    pub const STATELESS: Self = Self("XXA");
    /// The holder of a travel document under the conventions on refugees.
    pub const REFUGEE: Self = Self("XXB");
    /// Somebody whose nationality is not known.
    pub const UNSPECIFIED: Self = Self("XXX");

    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether this is the state of a country of the link: `MRT` is `MR`, `MLI` is `ML`. Countries that this
    /// version does not know as partners are nobody's.
    #[must_use]
    pub fn is_of(self, country: Country) -> bool {
        PARTNERS.iter().any(|(alpha2, alpha3)| country.as_str() == *alpha2 && self.0 == *alpha3)
    }
}

/// Two letters and three for the countries of West Africa and the Maghreb, which may be partners.
const PARTNERS: &[(&str, &str)] = &[
    ("BF", "BFA"),
    ("BJ", "BEN"),
    ("CI", "CIV"),
    ("CV", "CPV"),
    ("DZ", "DZA"),
    ("EG", "EGY"),
    ("GH", "GHA"),
    ("GM", "GMB"),
    ("GN", "GIN"),
    ("GW", "GNB"),
    ("LR", "LBR"),
    ("LY", "LBY"),
    ("MA", "MAR"),
    ("ML", "MLI"),
    ("MR", "MRT"),
    ("NE", "NER"),
    ("NG", "NGA"),
    ("SL", "SLE"),
    ("SN", "SEN"),
    ("TD", "TCD"),
    ("TG", "TGO"),
    ("TN", "TUN"),
];

/// In order, for the search.
const CODES: &[&str] = &[
    "ABW", "AFG", "AGO", "AIA", "ALA", "ALB", "AND", "ARE", "ARG", "ARM", "ASM", "ATA", "ATF", "ATG", "AUS",
    "AUT", "AZE", "BDI", "BEL", "BEN", "BES", "BFA", "BGD", "BGR", "BHR", "BHS", "BIH", "BLM", "BLR", "BLZ",
    "BMU", "BOL", "BRA", "BRB", "BRN", "BTN", "BVT", "BWA", "CAF", "CAN", "CCK", "CHE", "CHL", "CHN", "CIV",
    "CMR", "COD", "COG", "COK", "COL", "COM", "CPV", "CRI", "CUB", "CUW", "CXR", "CYM", "CYP", "CZE", "D",
    "DJI", "DMA", "DNK", "DOM", "DZA", "ECU", "EGY", "ERI", "ESH", "ESP", "EST", "ETH", "EUE", "FIN", "FJI",
    "FLK", "FRA", "FRO", "FSM", "GAB", "GBD", "GBN", "GBO", "GBP", "GBR", "GBS", "GEO", "GGY", "GHA", "GIB",
    "GIN", "GLP", "GMB", "GNB", "GNQ", "GRC", "GRD", "GRL", "GTM", "GUF", "GUM", "GUY", "HKG", "HMD", "HND",
    "HRV", "HTI", "HUN", "IDN", "IMN", "IND", "IOT", "IRL", "IRN", "IRQ", "ISL", "ISR", "ITA", "JAM", "JEY",
    "JOR", "JPN", "KAZ", "KEN", "KGZ", "KHM", "KIR", "KNA", "KOR", "KWT", "LAO", "LBN", "LBR", "LBY", "LCA",
    "LIE", "LKA", "LSO", "LTU", "LUX", "LVA", "MAC", "MAF", "MAR", "MCO", "MDA", "MDG", "MDV", "MEX", "MHL",
    "MKD", "MLI", "MLT", "MMR", "MNE", "MNG", "MNP", "MOZ", "MRT", "MSR", "MTQ", "MUS", "MWI", "MYS", "MYT",
    "NAM", "NCL", "NER", "NFK", "NGA", "NIC", "NIU", "NLD", "NOR", "NPL", "NRU", "NZL", "OMN", "PAK", "PAN",
    "PCN", "PER", "PHL", "PLW", "PNG", "POL", "PRI", "PRK", "PRT", "PRY", "PSE", "PYF", "QAT", "REU", "RKS",
    "ROU", "RUS", "RWA", "SAU", "SDN", "SEN", "SGP", "SGS", "SHN", "SJM", "SLB", "SLE", "SLV", "SMR", "SOM",
    "SPM", "SRB", "SSD", "STP", "SUR", "SVK", "SVN", "SWE", "SWZ", "SXM", "SYC", "SYR", "TCA", "TCD", "TGO",
    "THA", "TJK", "TKL", "TKM", "TLS", "TON", "TTO", "TUN", "TUR", "TUV", "TWN", "TZA", "UGA", "UKR", "UMI",
    "UNA", "UNK", "UNO", "URY", "USA", "UZB", "VAT", "VCT", "VEN", "VGB", "VIR", "VNM", "VUT", "WLF", "WSM",
    "XBA", "XCC", "XCE", "XCO", "XDC", "XEC", "XES", "XIM", "XMP", "XOM", "XPO", "XXA", "XXB", "XXC", "XXX",
    "YEM", "ZAF", "ZMB", "ZWE",
];

impl fmt::Display for IcaoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl FromStr for IcaoCode {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let place = CODES.binary_search(&text).map_err(|_| {
            ValueError::new(
                format!("`{}` is no code of ICAO Doc 9303-3", excerpt(text)),
                "a state such as MRT or MLI, or a special code such as XXA",
            )
        })?;
        Ok(Self(CODES[place]))
    }
}

text_part!(IcaoCode, json!({ "enum": CODES }));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_holds_the_partners() {
        assert!(CODES.is_sorted_by(|a, b| a < b));
        for (alpha2, alpha3) in PARTNERS {
            let code: IcaoCode = alpha3.parse().unwrap();
            assert!(code.is_of(alpha2.parse().unwrap()));
        }
    }

    #[test]
    fn iso_alone_is_not_enough_and_small_letters_are_none() {
        for code in ["MRT", "MLI", "XXA", "XXB", "D", "UNO"] {
            assert_eq!(code.parse::<IcaoCode>().map(IcaoCode::as_str), Ok(code));
        }
        for none in ["DEU", "mrt", "MR", "", "ZZZ"] {
            assert!(none.parse::<IcaoCode>().is_err(), "{none}");
        }
    }
}

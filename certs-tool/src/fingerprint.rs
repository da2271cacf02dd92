//! `fingerprint`: what to read aloud on the telephone, for the own root and for every root trusted.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::home::Home;
use crate::{CertsError, RootView};

/// Where to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home.
    pub home: PathBuf,
}

/// The roots of a home.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The country's own root, if the home has keys.
    pub own: Option<RootView>,
    /// The roots of other countries.
    pub imported: Vec<RootView>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.own {
            Some(root) => write!(f, "Own country. {root}")?,
            None => f.write_str("This home holds no keys of a country.")?,
        }
        for root in &self.imported {
            write!(f, "\nImported. {root}")?;
        }
        Ok(())
    }
}

/// Reads and verifies every root certificate of a home.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    let home = Home::new(&options.home);
    let own_country = home.own_country()?;
    let mut report = Report { own: None, imported: Vec::new() };
    for country in home.countries()? {
        let root = RootView::new(&home.load_root(country)?);
        if own_country == Some(country) {
            report.own = Some(root);
        } else {
            report.imported.push(root);
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use karakoro_proto::identity::Country;

    use super::*;
    use crate::testing::initialised;

    #[test]
    fn own_and_imported_roots_are_told_apart() {
        let (_one, mr) = initialised(Country::MR);
        let (_two, ml) = initialised(Country::ML);
        fs::create_dir(mr.join("trust/ml")).unwrap();
        fs::copy(ml.join("trust/ml/root.crt"), mr.join("trust/ml/root.crt")).unwrap();
        let report = run(&Options { home: mr.path().to_owned() }).unwrap();
        assert_eq!(report.own.as_ref().unwrap().country, Country::MR);
        assert_eq!(report.imported.len(), 1);
        let theirs = run(&Options { home: ml.path().to_owned() }).unwrap();
        assert_eq!(theirs.own.as_ref(), report.imported.first());
        let json = serde_json::to_value(&report).unwrap();
        let digits = json["own"]["fingerprint"].as_str().unwrap();
        assert_eq!(digits.parse(), Ok(report.own.unwrap().fingerprint));
    }
}

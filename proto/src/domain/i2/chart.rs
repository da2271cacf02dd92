//! A chart in the making.

use std::collections::HashMap;

use thiserror::Error;

use super::{Entity, Identity, Link, Releasable};

/// Entities of a chart: more than a person can look at, and a file of some tens of megabytes.
pub const MAX_ENTITIES: usize = 50_000;
/// Links of a chart, for the same reasons.
pub const MAX_LINKS: usize = 100_000;

/// An item that does not fit onto the chart.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ChartError {
    /// An entity of this identity stands there already.
    #[error("there is an entity {0} already")]
    Duplicate(Identity),
    /// The link ends at an entity that is not there, perhaps because it was withheld.
    #[error("a link ends at {0}, which is not on the chart")]
    LooseEnd(Identity),
    /// The chart has all the entities or links that it may have.
    #[error("the chart is full: at most {MAX_ENTITIES} entities and {MAX_LINKS} links")]
    Full,
}

/// Entities and the links between them, all of which may leave.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    entities: Vec<Entity>,
    /// The place of each entity in the list.
    places: HashMap<Identity, usize>,
    links: Vec<(Link, Ends)>,
}

/// The places of a link's two entities.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Chart {
    /// An empty chart.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entity.
    ///
    /// # Errors
    /// When its identity stands there already, or the chart is full.
    pub fn add_entity(&mut self, entity: Releasable<Entity>) -> Result<(), ChartError> {
        let entity = entity.into_item();
        if self.entities.len() >= MAX_ENTITIES {
            return Err(ChartError::Full);
        }
        if self.places.contains_key(&entity.identity) {
            return Err(ChartError::Duplicate(entity.identity));
        }
        self.places.insert(entity.identity.clone(), self.entities.len());
        self.entities.push(entity);
        Ok(())
    }

    /// Adds a link between entities that are there.
    ///
    /// # Errors
    /// When one of them is not, or the chart is full.
    pub fn add_link(&mut self, link: Releasable<Link>) -> Result<(), ChartError> {
        let link = link.into_item();
        if self.links.len() >= MAX_LINKS {
            return Err(ChartError::Full);
        }
        let place =
            |end: &Identity| self.places.get(end).copied().ok_or_else(|| ChartError::LooseEnd(end.clone()));
        let ends = Ends { from: place(&link.from)?, to: place(&link.to)? };
        self.links.push((link, ends));
        Ok(())
    }

    /// The entities, in the order in which they came.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The links, in the order in which they came.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &Link> {
        self.links.iter().map(|(link, _)| link)
    }

    pub(super) fn links_with_ends(&self) -> &[(Link, Ends)] {
        &self.links
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{entity, free, link};
    use super::*;

    #[test]
    fn an_identity_stands_once() {
        let mut chart = Chart::new();
        chart.add_entity(free(entity("P-1", "x"))).unwrap();
        let again = chart.add_entity(free(entity("P-1", "y"))).unwrap_err();
        assert_eq!(again, ChartError::Duplicate("P-1".parse().unwrap()));
        assert_eq!(chart.entities().len(), 1);
    }

    #[test]
    fn a_link_ends_at_entities_that_are_there() {
        let mut chart = Chart::new();
        chart.add_entity(free(entity("P-1", "x"))).unwrap();
        for (from, to) in [("P-1", "P-2"), ("P-2", "P-1")] {
            let loose = chart.add_link(free(link(from, to))).unwrap_err();
            assert_eq!(loose, ChartError::LooseEnd("P-2".parse().unwrap()));
        }
        assert_eq!(chart.links().len(), 0);
        chart.add_link(free(link("P-1", "P-1"))).unwrap();
        assert_eq!(chart.links().len(), 1);
    }

    #[test]
    fn a_chart_has_an_end() {
        let mut chart = Chart::new();
        for n in 0..MAX_ENTITIES {
            chart.add_entity(free(entity(&format!("E-{n}"), "x"))).unwrap();
        }
        assert_eq!(chart.add_entity(free(entity("P-1", "x"))), Err(ChartError::Full));
        for _ in 0..MAX_LINKS {
            chart.add_link(free(link("E-0", "E-1"))).unwrap();
        }
        assert_eq!(chart.add_link(free(link("E-0", "E-1"))), Err(ChartError::Full));
    }
}

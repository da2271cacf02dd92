//! Animals, and what they can be told by. A brand is evidence to compare by eye, never proof; it tells of
//! lineage, so it is handled as sensitive. Herders are not suspects.

use crate::domain::part::record;
use crate::domain::text::{Digest, Line, Mark};
use crate::domain::vocabulary::vocabulary;
use crate::time::UnixMillis;
use crate::wire::pb;

/// Ear marks of one herd.
const MAX_EAR_MARKS: usize = 8;
/// Strokes of a brand.
const MAX_STROKES: usize = 16;
/// Vaccinations on a certificate.
const MAX_VACCINATIONS: usize = 16;

record! {
    /// Animals of one species, taken together.
    Livestock, pb::Livestock {
        /// The species.
        species: one Species,
        /// At least so many.
        count_min: one u32,
        /// At most so many.
        count_max: one u32,
        /// Of which sex and age.
        mix: opt Line<128>,
        /// The coat.
        coat: opt Line<64>,
        /// The horns.
        horns: opt Line<64>,
        /// The brand.
        brand: opt Brand,
        /// The ear marks.
        ear_marks: many EarMark[MAX_EAR_MARKS],
        /// The ear tag.
        tag: opt Mark<32>,
        /// The transponder: 15 digits.
        rfid: opt Mark<15>,
        /// The certificate that came with them.
        certificate: opt Certificate,
        /// Where they were taken.
        taken_at: opt Line<128>,
        /// When they were taken.
        taken_ms: opt UnixMillis,
        /// Where they went.
        direction: opt Line<64>,
    }
}

vocabulary! {
    /// The species.
    Species, pb::Species {
        /// Cattle.
        Cattle = "CATTLE",
        /// Camels.
        Camel = "CAMEL",
        /// Sheep.
        Sheep = "SHEEP",
        /// Goats.
        Goat = "GOAT",
        /// Donkeys.
        Donkey = "DONKEY",
        /// Horses.
        Horse = "HORSE",
    }
}

record! {
    /// A mark burnt into the skin.
    Brand, pb::Brand {
        /// Where on the body.
        site: one BodySite,
        /// On which side.
        side: one Side,
        /// An image that is exchanged apart.
        image: opt Digest,
        /// A sketch: each stroke a path of points from 0,0 to 100,100, such as `0,0 50,100 100,0`.
        strokes: many Line<128>[MAX_STROKES],
    }
}

vocabulary! {
    /// Where a brand stands.
    BodySite, pb::BodySite {
        /// The cheek.
        Cheek = "CHEEK",
        /// The neck.
        Neck = "NECK",
        /// The shoulder.
        Shoulder = "SHOULDER",
        /// The flank.
        Flank = "FLANK",
        /// The thigh.
        Thigh = "THIGH",
    }
}

vocabulary! {
    /// As the animal sees it.
    Side, pb::Side {
        /// Left.
        Left = "LEFT",
        /// Right.
        Right = "RIGHT",
    }
}

record! {
    /// A cut in an ear.
    #[derive(Copy)]
    EarMark, pb::EarMark {
        /// Its shape.
        shape: one EarMarkShape,
        /// The ear.
        side: one Side,
    }
}

vocabulary! {
    /// The shape of an ear mark.
    EarMarkShape, pb::EarMarkShape {
        /// A notch.
        Notch = "NOTCH",
        /// A slit.
        Slit = "SLIT",
        /// A hole.
        Hole = "HOLE",
    }
}

record! {
    /// The paper that lets animals cross.
    Certificate, pb::Certificate {
        /// What sort: transhumance, health.
        kind: one Line<48>,
        /// Its number.
        number: one Mark<32>,
        /// Who issued it.
        issuer: one Line<128>,
        /// From when it holds.
        valid_from_ms: one UnixMillis,
        /// Until when.
        valid_to_ms: one UnixMillis,
        /// For how many animals.
        count: one u32,
        /// The way that it names.
        route: opt Line<128>,
        /// The post that it names.
        entry_post: opt Line<64>,
        /// The vaccinations that it lists.
        vaccinations: many Line<64>[MAX_VACCINATIONS],
    }
}

//! Why a message is not taken up: one code for each rule, the same on both sides, in the words of three
//! languages.
//!
//! The code and the path of the field travel back in a verdict leaf. Numbers are never reused; a number
//! that this version does not know is shown as such.

use std::fmt;

use thiserror::Error;

use crate::domain::alert::Language;

/// A sentence in the languages of the two services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// French, the working language.
    pub fr: &'static str,
    /// Arabic.
    pub ar: &'static str,
    /// English, for partners.
    pub en: &'static str,
}

impl Sentence {
    /// The sentence in a language; French where there is none in it.
    #[must_use]
    pub fn in_language(&self, language: &Language) -> &'static str {
        match language.as_str().get(..2) {
            Some("ar") => self.ar,
            Some("en") => self.en,
            _ => self.fr,
        }
    }
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $number:literal $code:ident { $fr:literal, $ar:literal, $en:literal })+) => {
        /// Why a message was refused, as it travels back in a verdict leaf. Numbers are never reused.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum RefusalCode {
            $($(#[$doc])* $code = $number),+
        }

        impl RefusalCode {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// What it says to an officer.
            #[must_use]
            pub fn sentence(self) -> Sentence {
                match self {
                    $(Self::$code => Sentence { fr: $fr, ar: $ar, en: $en }),+
                }
            }
        }
    };
}

refusals! {
    /// A message of this id is already held.
    1 Duplicate {
        "un message portant cet identifiant est déjà détenu",
        "توجد رسالة بهذا المعرّف من قبل",
        "a message with this id is already held"
    }
    /// A field does not hold what its kind demands; the path names it.
    2 Content {
        "le contenu enfreint une règle de ce type de message",
        "المحتوى يخالف قاعدة من قواعد هذا النوع من الرسائل",
        "the content breaks a rule of its kind"
    }
    /// It refers to a message that is not held.
    3 UnknownReference {
        "il renvoie à un message qui n’est pas détenu",
        "تشير إلى رسالة غير محفوظة هنا",
        "it refers to a message that is not held"
    }
    /// A reference names a message and the commitment of another.
    4 ReferenceMismatch {
        "une référence ne correspond pas au message désigné",
        "إحدى الإحالات لا تطابق الرسالة المشار إليها",
        "a reference does not match the message that it names"
    }
    /// It had ended before it was written, or ends before it begins.
    5 Expired {
        "il est expiré",
        "انتهت صلاحيتها",
        "it has expired"
    }
    /// An exercise or test refers to a message that is meant, or the other way about.
    6 ModeMismatch {
        "un exercice ne peut pas renvoyer à un message réel, ni l’inverse",
        "لا يجوز أن يحيل تمرين إلى رسالة حقيقية ولا العكس",
        "an exercise may not refer to an actual message, nor the other way about"
    }
    /// It was written further in the future than clocks may differ.
    7 ClockSkew {
        "il porte une date future",
        "تاريخها في المستقبل",
        "it is dated in the future"
    }
    /// It comes from a station that does not stand where its kind may be written.
    8 StationNotEntitled {
        "ce poste n’est pas habilité à envoyer ce type de message",
        "هذا المركز غير مخوّل بإرسال هذا النوع من الرسائل",
        "this station may not send messages of this kind"
    }
    /// The accord does not provide for this kind.
    9 KindNotAgreed {
        "l’accord ne prévoit pas ce type de message",
        "الاتفاق لا ينص على هذا النوع من الرسائل",
        "the accord does not provide for this kind of message"
    }
    /// The accord does not admit this handling for this kind.
    10 HandlingNotAgreed {
        "l’accord n’admet pas cette règle de diffusion pour ce type de message",
        "الاتفاق لا يجيز قاعدة التداول هذه لهذا النوع من الرسائل",
        "the accord does not admit this handling for this kind of message"
    }
    /// The accord does not list this purpose.
    11 PurposeNotAgreed {
        "l’accord ne prévoit pas cette finalité",
        "الاتفاق لا ينص على هذا الغرض",
        "the accord does not list this purpose"
    }
    /// The accord does not list this action for this category.
    12 ActionNotAgreed {
        "l’accord ne prévoit pas cette action pour cette catégorie",
        "الاتفاق لا ينص على هذا الإجراء لهذه الفئة",
        "the accord does not list this action for this category"
    }
    /// A place outside the agreed zone, without the text of restriction that would allow it.
    13 OutsideZone {
        "le lieu est hors de la zone convenue et aucun texte H3 ne le justifie",
        "المكان خارج المنطقة المتفق عليها ولا يوجد نص H3 يبرره",
        "the place lies outside the agreed zone, and no H3 text accounts for it"
    }
    /// Its body was destroyed before it was judged.
    14 Erased {
        "son contenu a été effacé avant d’être jugé",
        "مُحي محتواها قبل البت فيها",
        "its content was erased before it was judged"
    }
    /// Written when no accord was in force.
    15 NoAccord {
        "aucun accord n’était en vigueur quand il a été écrit",
        "لم يكن أي اتفاق ساريا حين كُتبت",
        "no accord was in force when it was written"
    }
    /// It needs an author and a different approver.
    20 TwoPersons {
        "il faut deux personnes : un auteur et un autre agent qui approuve",
        "يلزم شخصان: كاتب وضابط آخر يوافق",
        "it needs two persons: an author and a different officer who approves"
    }
    /// No legal basis, or none with an authority and a reference.
    21 NoLegalBasis {
        "la base légale manque, avec son autorité et sa référence",
        "ينقص الأساس القانوني مع السلطة والمرجع",
        "the legal basis is missing, with its authority and reference"
    }
    /// No purpose.
    22 NoPurpose {
        "la finalité manque",
        "الغرض غير مذكور",
        "the purpose is missing"
    }
    /// The expiry lies beyond what the accord allows for the category and action.
    23 BeyondCap {
        "l’échéance dépasse la durée maximale convenue",
        "تاريخ الانتهاء يتجاوز المدة القصوى المتفق عليها",
        "the expiry lies beyond the agreed longest life"
    }
    /// The review date is past, or after the expiry, or beyond the agreed period.
    24 ReviewDate {
        "la date de révision ne respecte pas la période convenue",
        "تاريخ المراجعة لا يحترم المدة المتفق عليها",
        "the review date does not keep to the agreed period"
    }
    /// A person described by too little to be told from others.
    25 PoorQuality {
        "les données ne suffisent pas à distinguer cette personne d’une autre",
        "البيانات لا تكفي لتمييز هذا الشخص عن غيره",
        "the data do not suffice to tell this person from another"
    }
    /// Information that nobody can judge supports neither arrest nor refusal of entry.
    26 Unconfirmed {
        "un renseignement X4 ne peut fonder ni arrestation ni refus d’entrée",
        "معلومة بتقييم X4 لا تصلح أساسا للتوقيف ولا لرفض الدخول",
        "X4 information never supports arrest or refusal of entry"
    }
    /// A minor, a possible victim or a missing person is only located, protected or identified.
    27 ProtectedSubject {
        "un mineur, une victime possible ou une personne disparue ne peut être que localisé, protégé ou identifié",
        "القاصر أو الضحية المحتملة أو المفقود لا يجوز إلا تحديد مكانه أو حمايته أو تحديد هويته",
        "a minor, a possible victim or a missing person may only be located, protected or identified"
    }
    /// Nobody is refused entry to the country of their nationality.
    28 OwnNational {
        "l’entrée ne peut être refusée à un ressortissant du pays",
        "لا يجوز رفض دخول مواطن إلى بلده",
        "a country never refuses entry to its own nationals"
    }
    /// Only the issuing country lists a document.
    29 ForeignDocument {
        "seul le pays émetteur peut signaler un document",
        "لا يدرج الوثيقة إلا البلد الذي أصدرها",
        "only the country that issued a document may list it"
    }
    /// The action does not suit the category, or lacks what it depends on.
    30 UnsuitableAction {
        "cette action ne convient pas à cette entrée",
        "هذا الإجراء لا يناسب هذا القيد",
        "this action does not suit this entry"
    }
    /// The version is not the one after the last.
    31 VersionNotNext {
        "la version n’est pas celle qui suit la dernière",
        "رقم النسخة لا يلي آخر نسخة",
        "the version is not the one after the last"
    }
    /// Only the owner amends or withdraws.
    32 NotOwner {
        "seul le propriétaire peut modifier ou retirer",
        "لا يعدّل ولا يسحب إلا المالك",
        "only the owner may amend or withdraw"
    }
    /// Withdrawn, corrected, extended or refused without saying why.
    33 NoReason {
        "le motif manque",
        "السبب غير مذكور",
        "the reason is missing"
    }
    /// It is about an entry that is not held.
    34 UnknownEntry {
        "il porte sur une entrée qui n’est pas détenue",
        "تتعلق بقيد غير محفوظ هنا",
        "it is about an entry that is not held"
    }
    /// It is about an entry that was withdrawn or has expired.
    35 EntryEnded {
        "l’entrée a été retirée ou a expiré",
        "القيد مسحوب أو منتهي الصلاحية",
        "the entry was withdrawn or has expired"
    }
    /// An amendment that turns the entry into one of another category.
    36 CategoryChanged {
        "une modification ne peut pas changer la catégorie de l’entrée",
        "لا يجوز أن يغيّر التعديل فئة القيد",
        "an amendment may not change the category of the entry"
    }
    /// Data that point to a person where none may stand.
    40 PersonalData {
        "des données personnelles figurent là où elles sont exclues",
        "توجد بيانات شخصية حيث لا يجوز ذلك",
        "personal data stand where none may"
    }
    /// A count of people so small that it may point to one of them.
    41 SmallCount {
        "un nombre de personnes inférieur à cinq n’est pas publié",
        "لا ينشر عدد أشخاص يقل عن خمسة",
        "a count of people below five is not published"
    }
    /// A period that ends before it starts, or is not what the kind demands.
    42 Period {
        "la période se termine avant de commencer",
        "الفترة تنتهي قبل أن تبدأ",
        "the period ends before it starts"
    }
    /// No text in French, the working language.
    43 NoFrench {
        "le texte français manque",
        "النص الفرنسي غير موجود",
        "there is no French text"
    }
    /// A hit confirmed by what cannot confirm it: a name, or a brand, alone.
    50 NameOnly {
        "un nom ou une marque de bétail ne suffit jamais à confirmer",
        "الاسم وحده أو وسم الماشية وحده لا يكفي أبدا للتأكيد",
        "a name or a brand alone never confirms"
    }
    /// What matched does not belong to the entry.
    51 WrongSubject {
        "ce qui concorde ne correspond pas à l’entrée",
        "ما تطابق لا يخص القيد",
        "what matched does not belong to the entry"
    }
    /// A time in the future, or before the entry existed.
    52 WrongTime {
        "l’heure est future ou antérieure à l’entrée",
        "الوقت في المستقبل أو قبل وجود القيد",
        "the time lies in the future or before the entry"
    }
    /// Urgent, without saying why.
    53 UrgentWithoutReason {
        "l’urgence n’est pas motivée",
        "لم يذكر سبب الاستعجال",
        "it is urgent without a reason"
    }
    /// A request about nobody and nothing in particular.
    54 OpenEnded {
        "la demande ne porte sur rien de précis",
        "الطلب لا يتعلق بشيء محدد",
        "the request is about nothing in particular"
    }
    /// An answer to nothing, or not to what was asked.
    55 NotAnAnswer {
        "la réponse ne désigne pas la demande",
        "الجواب لا يشير إلى الطلب",
        "the answer does not name the request"
    }
    /// Handled more loosely than what it rests on.
    56 LooserHandling {
        "la règle de diffusion est moins stricte que celle de la source",
        "قاعدة التداول أقل صرامة من قاعدة المصدر",
        "the handling is looser than that of the source"
    }
    /// Another owner's data: challenge it by a request instead.
    57 NotOwnMessage {
        "seul l’auteur peut corriger ; contestez par une demande",
        "لا يصحح إلا صاحب المعلومة؛ اعترض بطلب",
        "only its owner corrects it; challenge it by a request"
    }
    /// Something that could name an informant.
    58 InformantExposed {
        "rien ne doit permettre d’identifier un informateur",
        "لا يجوز ذكر ما يكشف هوية المبلّغ",
        "nothing may point to an informant"
    }
    /// A community's report that no headquarters has read.
    59 NotReviewed {
        "le quartier général ne l’a pas relu",
        "لم تراجعها القيادة",
        "no headquarters has reviewed it"
    }
    /// No deadline.
    60 NoDeadline {
        "l’échéance de réponse manque",
        "أجل الرد غير مذكور",
        "the deadline is missing"
    }
}

impl RefusalCode {
    /// The number in a verdict leaf.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The code of a number, if this version knows it.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// What a number means, in English; newer numbers are shown as such.
    #[must_use]
    pub fn describe(number: u16) -> &'static str {
        sentence(number).en
    }
}

/// What a number in a verdict leaf means to an officer; newer numbers are shown as such.
#[must_use]
pub fn sentence(number: u16) -> Sentence {
    const UNKNOWN: Sentence = Sentence {
        fr: "pour un motif que cette version ne connaît pas",
        ar: "لسبب لا تعرفه هذه النسخة",
        en: "for a reason that this version does not know",
    };
    RefusalCode::from_number(number).map_or(UNKNOWN, RefusalCode::sentence)
}

/// A message that is not taken up, for a reason that its sender is told.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{}{}{path}", code.sentence().en, if path.is_empty() { "" } else { ": " })]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// The field at fault, such as `alert.info[1].area[0]`; may be empty.
    pub path: String,
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_number_and_three_sentences_of_its_own() {
        let mut numbers = BTreeSet::new();
        let mut sentences = BTreeSet::new();
        for code in RefusalCode::ALL {
            assert!(numbers.insert(code.number()), "{code}");
            assert_eq!(RefusalCode::from_number(code.number()), Some(*code));
            let Sentence { fr, ar, en } = code.sentence();
            for sentence in [fr, ar, en] {
                assert!(sentences.insert(sentence), "{code}: {sentence}");
            }
            assert!(ar.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)), "{code}: {ar}");
        }
    }

    #[test]
    fn a_number_of_a_newer_version_is_shown_as_such_in_every_language() {
        let french = "fr".parse().unwrap();
        assert!(sentence(u16::MAX).in_language(&french).contains("version"));
        assert!(sentence(u16::MAX).in_language(&"ar-MR".parse().unwrap()).contains("النسخة"));
        assert!(sentence(u16::MAX).in_language(&"pt".parse().unwrap()).contains("version"));
    }
}

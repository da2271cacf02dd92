//! The commands of the watchlist, and of what leaves for analysts.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use karakoro_proto::domain::Tlp;
use karakoro_proto::domain::terms::Category;
use karakoro_proto::domain::watchlist::Reason;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::identity::Country;

use super::SignerArgs;

/// Days ahead within which a review is called due, unless told otherwise.
pub(crate) const DUE_DAYS: u32 = 30;

#[derive(Debug, Subcommand)]
pub(crate) enum WatchlistCommand {
    /// Entries by the local clock; those that have ended are left out.
    Ls(LsArgs),
    /// One entry as it stands.
    Show {
        /// The entry.
        id: MessageId,
    },
    /// Every version of an entry: who, when, what changed, and what was said about it.
    History {
        /// The entry.
        id: MessageId,
    },
    /// Add one entry.
    Propose {
        /// The entry and its grounds: JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        writing: WritingArgs,
    },
    /// Put another version in the place of an entry's last one.
    Amend {
        /// The entry.
        id: MessageId,
        /// The whole entry as it now stands, and its grounds: JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Why.
        #[arg(long)]
        reason: Option<Reason>,
        /// Why, in words, without personal data.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        writing: WritingArgs,
    },
    /// Take an entry back: it matches no longer, here at once and there when it arrives.
    Withdraw {
        /// The entry.
        id: MessageId,
        /// Why.
        #[arg(long)]
        reason: Reason,
        /// Why, in words, without personal data.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        writing: WritingArgs,
    },
    /// Our entries that are due for review.
    Due {
        /// Within so many days.
        #[arg(long, default_value_t = DUE_DAYS, value_name = "DAYS")]
        days: u32,
        /// Tell the other country of each, with a review notice.
        #[arg(long)]
        send: bool,
        #[command(flatten)]
        signer: SignerArgs,
    },
    /// Add many entries, all or none.
    Import(ImportArgs),
    /// Approve a batch that another officer has signed, and send it.
    ApproveBatch {
        /// What `import --propose` wrote.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        signer: SignerArgs,
        /// Show every row first.
        #[arg(long)]
        rows: bool,
        /// Ask no question; the digest must be given.
        #[arg(long, requires = "seen")]
        yes: bool,
        /// The digest of the batch that was looked at.
        #[arg(long, value_name = "DIGEST")]
        seen: Option<String>,
    },
    /// The columns that a table of a category may have.
    Columns {
        /// PERSON, DOCUMENT, VEHICLE, FIREARM, VESSEL or LIVESTOCK.
        category: Category,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Those that have ended too.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only those that have expired or were withdrawn.
    #[arg(long, conflicts_with = "all")]
    pub(crate) ended: bool,
    /// Only those whose review is due within so many days.
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["all", "ended"])]
    pub(crate) due: Option<u32>,
    /// Only those of this country.
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) owner: Option<Country>,
    /// Only those of this category.
    #[arg(long)]
    pub(crate) category: Option<Category>,
}

#[derive(Debug, Args)]
pub(crate) struct WritingArgs {
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Send nothing: write it, signed, for another officer to approve.
    #[arg(long = "propose", value_name = "FILE")]
    pub(crate) propose: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// CSV with a header row, or a JSON list of entries with their grounds.
    #[arg(value_name = "FILE", required_unless_present_any = ["resume", "abandon"])]
    pub(crate) file: Option<PathBuf>,
    /// What the rows are about; by the columns if not given.
    #[arg(long)]
    pub(crate) category: Option<Category>,
    /// Check every row, and send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Send nothing: write the batch, signed, for another officer to approve.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(crate) propose: Option<PathBuf>,
    /// Finish the import that was interrupted, and nothing else.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "propose", "category"])]
    pub(crate) resume: bool,
    /// Give up what is left of an import that was interrupted; what was sealed stays.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "propose", "category", "resume"])]
    pub(crate) abandon: bool,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// A chart for i2 Analyst's Notebook of what stands on the watchlist, and of the hits on it.
    I2 {
        /// Where to; must not be there yet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Nothing that is labelled more strictly. TLP:RED never leaves.
        #[arg(long, default_value_t = Tlp::AmberStrict)]
        tlp: Tlp,
        /// A chart of exercises and tests; they never stand beside what is meant.
        #[arg(long)]
        exercise: bool,
        #[command(flatten)]
        signer: SignerArgs,
    },
}

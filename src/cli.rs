//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use karakoro_proto::envelope::{Kind, MessageId};
use karakoro_proto::identity::{Country, Role};
use karakoro_proto::leaf::{Basis, CaseReference};
use karakoro_proto::refusal::Sentence;

pub(crate) mod watchlist;

use watchlist::{ExportCommand, WatchlistCommand};

/// Longest that a command waits: a year, in seconds.
const MAX_TIMEOUT: u64 = 365 * 24 * 3600;

/// The bilateral secure information-exchange bus of two border police forces.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The home directory: karakoro.toml, keys, trust and data.
    #[arg(long, global = true, env = "KARAKORO_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of sentences for officers, such as why a message was refused.
    #[arg(long, global = true, env = "KARAKORO_LANG", value_enum, default_value_t = Lang::En)]
    pub(crate) lang: Lang,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Both countries on this machine: exchange alerts, cut the road, see the auditor's verdict.
    Demo(DemoArgs),
    /// A country's keys and certificates, and the bundle exchanged with the other country.
    #[command(subcommand)]
    Certs(CertsCommand),
    /// What the two countries agreed: one file that both roots sign and both nodes enforce.
    #[command(subcommand)]
    Accord(AccordCommand),
    /// A country's node.
    #[command(subcommand)]
    Node(NodeCommand),
    /// Check, sign and send messages: CAP 1.2 XML, alerts in our JSON, and message files of any kind.
    Send(SendArgs),
    /// Print a filled example of a message file.
    Template {
        /// alert, bulletin, watchlist-update, hit-report, info-request, info-response, correction,
        /// community-report, flag, rights-request, review-notice or refusal.
        kind: Kind,
        /// For watchlist-update: about a person, not about livestock.
        #[arg(long)]
        person: bool,
    },
    /// Sign a message as its author, and keep it for another officer to approve.
    Propose(ProposeArgs),
    /// Messages that wait for another officer, and what became of those that waited.
    Drafts {
        #[command(subcommand)]
        command: Option<DraftsCommand>,
    },
    /// Sign what another officer proposed, and send it.
    Approve(ApproveArgs),
    /// Refuse what another officer proposed, or take back what one proposed oneself.
    Refuse(RefuseArgs),
    /// Say that a person has read a message.
    Ack {
        /// The message.
        id: MessageId,
        #[command(flatten)]
        signer: SignerArgs,
    },
    /// Destroy a message: here, and at the other country's node if we wrote it.
    Erase(EraseArgs),
    /// Messages that the other country sent, newest first.
    Inbox(ListArgs),
    /// Messages that we sent, newest first.
    Sent(ListArgs),
    /// One message with its facts.
    Show {
        /// The message.
        id: MessageId,
    },
    /// Say what happens, as it happens.
    Watch,
    /// How the node of this home stands.
    Status,
    /// Persons, documents, vehicles, firearms, vessels and animals that are looked for.
    #[command(subcommand)]
    Watchlist(WatchlistCommand),
    /// Files for analysts: what stands in them is out of reach from then on.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Common Alerting Protocol files: check them, write them.
    #[command(subcommand)]
    Cap(CapCommand),
    /// Evidence: export, verify, compare and prove.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DemoArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DemoCommand>,
    /// Send these alerts too, from Mauritania to Mali.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) send: Vec<PathBuf>,
    /// End by itself: 0, or the fact that did not become true.
    #[arg(long)]
    pub(crate) check: bool,
    /// Keep the two homes here, as DIR/mr and DIR/ml.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DemoCommand {
    /// Cut or restore the road of a running demo.
    Link {
        /// Which.
        state: Road,
        /// The demo's directory, if it was started with one.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Road {
    /// Nothing passes.
    Down,
    /// Everything passes.
    Up,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertsCommand {
    /// Create a country: its root, and keys and certificates for every role.
    Init {
        /// Two capital letters, such as MR.
        #[arg(long)]
        country: Country,
        /// Labels of the first officers.
        #[arg(long = "officer", value_name = "LABEL")]
        officers: Vec<String>,
        /// Labels of the first auditors.
        #[arg(long = "auditor", value_name = "LABEL")]
        auditors: Vec<String>,
        /// How long certificates are valid.
        #[arg(long)]
        days: Option<u32>,
    },
    /// A further certificate with its key.
    Issue {
        /// node, log, receipt, officer or auditor.
        role: Role,
        /// Distinguishes several of one role, such as hq-2.
        #[arg(long, default_value = "1")]
        label: String,
        /// How long it is valid.
        #[arg(long)]
        days: Option<u32>,
    },
    /// A new certificate for a key that stays.
    Renew {
        /// As `certs ls` names it: node, log, receipt, officer-hq-1.
        name: String,
        /// How long it is valid.
        #[arg(long)]
        days: Option<u32>,
    },
    /// Write what the other country needs.
    Bundle {
        /// Where to; standard output if not given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Trust the other country's bundle, after its fingerprint was read over the telephone.
    Import {
        /// The bundle.
        file: PathBuf,
        /// The fingerprint as the other side read it; asked for if not given.
        #[arg(long, value_name = "DIGITS")]
        fingerprint: Option<String>,
    },
    /// Show the fingerprints to read to each other.
    Fingerprint,
    /// Every key and certificate, with the days that are left.
    Ls,
    /// Show a certificate or bundle file.
    Inspect {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccordCommand {
    /// An example with every key commented, to begin with.
    New {
        /// Where to; standard output if not given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Sign it with the root key of the home.
    Sign {
        /// The accord.
        file: PathBuf,
    },
    /// Every fault with its line, and who has signed.
    Check {
        /// The accord.
        file: PathBuf,
    },
    /// What changes from one to the other, and what becomes looser or stricter by it.
    Diff {
        /// The accord before.
        a: PathBuf,
        /// The accord after.
        b: PathBuf,
    },
    /// What it says: the one in force in the home, or a file.
    Show {
        /// The accord.
        file: Option<PathBuf>,
    },
    /// Put an accord that both countries have signed into the home.
    Install {
        /// The accord.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Write karakoro.toml and create the two logs.
    Init {
        /// Our country.
        #[arg(long)]
        country: Country,
        /// The other country.
        #[arg(long)]
        peer: Country,
        /// UDP address to listen on.
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// Where the peer is, as host:port; may be repeated.
        #[arg(long, value_name = "HOST:PORT")]
        dial: Vec<String>,
    },
    /// Run until told to stop.
    Run {
        /// Dial the peer here, not where karakoro.toml says.
        #[arg(long, value_name = "HOST:PORT")]
        dial: Vec<String>,
        /// Listen here, not where karakoro.toml says.
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// Stop also when standard input ends, so as not to outlive the process that started this one.
        #[arg(long, hide = true)]
        until_stdin_closes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SignerArgs {
    /// The officer's private key; the home's only officer key if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The messages; all are checked before any is sent.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Return only when this is true of every message.
    #[arg(long, value_enum)]
    pub(crate) wait: Option<WaitFor>,
    /// Seconds to wait, for the node and for the fact.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=MAX_TIMEOUT))]
    pub(crate) timeout: u64,
    /// Show what would be sent, and send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// The message.
    pub(crate) id: MessageId,
    /// Why it may be destroyed; stays in both logs for ever.
    #[arg(long, value_parser = basis_parser())]
    pub(crate) basis: Basis,
    /// The number under which the decision is filed; stays in both logs for ever, so never a name.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) reference: Option<CaseReference>,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Ask no question.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Return only when the other country's log says that it is erased there too.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Seconds to wait for that.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=MAX_TIMEOUT))]
    pub(crate) timeout: u64,
}

fn basis_parser() -> impl TypedValueParser<Value = Basis> {
    PossibleValuesParser::new(Basis::ALL.map(Basis::name)).try_map(|name| {
        Basis::ALL.into_iter().find(|basis| basis.name() == name).ok_or("no basis of this name")
    })
}

#[derive(Debug, Args)]
pub(crate) struct ProposeArgs {
    /// The message.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Write this open draft of your own anew.
    #[arg(long, value_name = "ID")]
    pub(crate) replace: Option<MessageId>,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DraftsCommand {
    /// One draft: exactly what would be signed, with its fingerprint.
    Show {
        /// The draft.
        id: MessageId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// The draft.
    pub(crate) id: MessageId,
    /// The fingerprint that `drafts show` gave: what was changed since is refused, with the difference.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) seen: Option<String>,
    /// Ask nobody; needs --seen.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RefuseArgs {
    /// The draft.
    pub(crate) id: MessageId,
    /// Why, for its author; kept, signed, for 30 days. Name nobody in it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
}

/// The languages of the two services.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Lang {
    /// French.
    Fr,
    /// Arabic.
    Ar,
    /// English.
    En,
}

impl Lang {
    /// A sentence in this language.
    pub(crate) fn of(self, sentence: Sentence) -> &'static str {
        match self {
            Self::Fr => sentence.fr,
            Self::Ar => sentence.ar,
            Self::En => sentence.en,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum WaitFor {
    /// The peer's receipt is here.
    Received,
    /// The peer's cosignature covers it.
    InBothLogs,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// At most so many.
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
    /// Only those before this entry of the log.
    #[arg(long, value_name = "ENTRY")]
    pub(crate) before: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CapCommand {
    /// Validate without sending, and print our reading as JSON.
    Check {
        /// CAP 1.2 files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write an alert file, our JSON or CAP 1.2, as CAP 1.2 XML on standard output.
    Write {
        /// The alert.
        file: PathBuf,
    },
    /// Write the alert of a message as CAP 1.2 XML on standard output.
    Export {
        /// The message.
        id: MessageId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Write both logs as directories that any tlog tool can read.
    Export {
        /// Where to; must not hold an export yet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Verify an exported log, or one message's evidence, from files alone.
    Verify {
        /// DIR/LOG, or a file made by `audit prove`.
        path: PathBuf,
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Compare the exports of the two countries.
    Compare {
        /// One country's export.
        a: PathBuf,
        /// The other's.
        b: PathBuf,
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Write one message's evidence, to be verified anywhere, years later.
    Prove {
        /// The message.
        id: MessageId,
        /// Where to; ID.evidence if not given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Leave the content out: prove only that it was shared.
        #[arg(long)]
        without_body: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Your own tlog-policy; without it you rely on the keys that came with the export.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The country's root certificate (PEM or DER) that officers must stand under.
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_beyond_all_clocks_is_refused() {
        let parsed = |timeout: &str| Cli::try_parse_from(["karakoro", "send", "--timeout", timeout, "a.xml"]);
        parsed("31536000").unwrap();
        parsed("18446744073709551615").unwrap_err();
    }
}

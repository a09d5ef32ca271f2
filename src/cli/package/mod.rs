//! `mlguard package`: reads credentials and certificates, has the package made and checked, writes it, tells.

mod certificates;
mod credentials;
mod kustomize;
mod store;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::args::{Global, PackageArgs};
use super::interrupt::{self, Interrupt};
use super::{keys, locate, output, scan, writing};
use crate::config::{Environment, Origin, Settings};
use crate::engine;
use crate::error::{Gravity, Problem, did_you_mean, printable, quoted};
use crate::exit::Exit;
use crate::finding::Outcome;
use crate::inventory::convention::is_label;
use crate::package::{self, Order, Package, PackageError};
use crate::rule::{self, Level};
use crate::source;
use certificates::Chosen;
use credentials::Source;

/// What the person asked for, resolved.
struct Plan {
    settings: Arc<Settings>,
    environments: Vec<(String, String)>,
    chosen: Vec<Chosen>,
    date: Date,
    /// The time of the archive's files.
    seconds: u64,
}

pub(super) fn run(args: &PackageArgs, global: &Global) -> Result<Exit, Problem> {
    let interrupt = Interrupt::install();
    let variables = Environment::read();
    let plan = plan(args, global, &variables)?;
    let names: Vec<String> = plan.environments.iter().map(|(name, _)| name.clone()).collect();
    let folder = args.output.join(&args.workflow);
    locate::refuse_new_elsewhere(&folder)?;
    let replaced = store::look(&folder, &names)?;
    let (source, warnings) = Source::open(args)?;
    let warnings = warnings.iter().chain(plan.chosen.iter().flat_map(|chosen| &chosen.loaded.warnings));
    let mut told: Vec<&Problem> = Vec::new();
    for warning in warnings {
        // One certificate serves several environments.
        if !global.quiet && !told.contains(&warning) {
            output::problem(warning);
            told.push(warning);
        }
    }
    let package = make(args, &plan, &source, &variables, global)?;
    let bytes = package::archive(&package.files, plan.seconds)
        .map_err(|error| Problem::new(format!("cannot create the archive: {error}")))?;
    let built = verify(args, &plan, &package, &names, &interrupt)?;
    if !interrupt.may_write() {
        return Err(interrupt::problem());
    }
    let archive = package::archive_name(&args.workflow, plan.date);
    if !args.dry_run {
        writing::expire(&plan.settings.root, &variables);
        store::store(&args.output, &args.workflow, &archive, &package.files, &bytes)?;
        if replaced.package && !global.quiet {
            let gone = &replaced.gone;
            let what = if gone.is_empty() { String::new() } else { format!("; it also contained {}", gone.join(", ")) };
            output::note(&format!("the previous package in {} was replaced{what}", folder.display()));
        }
    }
    output::print(&summary(args, &plan, &archive, built.as_deref()))
}

fn plan(args: &PackageArgs, global: &Global, variables: &Environment) -> Result<Plan, Problem> {
    let settings = Arc::new(Settings::load(&locate::current_root()?, variables, &args.config.flags()));
    if scan::report_config_problems(&settings, global) != Exit::Clean {
        return Err(nothing("the configuration is invalid"));
    }
    if settings.package.secrets.is_empty() {
        return Err(nothing("`package.secrets` of the configuration is empty"));
    }
    let environments = environments(args, &settings)?;
    let literals = package::literals(&settings.package, rule::builtin());
    for literal in &literals {
        let problem = Problem::new(format!(
            "Secret {}, {}: this value is a credential, readable by everybody who can read the configuration",
            quoted(&literal.secret),
            quoted(&literal.key)
        ));
        let problem =
            problem.help("change it where it is used, and write { from: NAME } with its name in the credential source");
        output::problem(&match &literal.origin {
            Origin::File { path, at } => problem.in_file(path).at(*at),
            _ => problem,
        });
    }
    if !literals.is_empty() {
        return Err(nothing("the configuration contains credentials"));
    }
    let (date, seconds) = date(args, variables)?;
    let names: Vec<String> = environments.iter().map(|(name, _)| name.clone()).collect();
    let chosen = certificates::choose(args, &names, &settings, variables)?;
    Ok(Plan { settings, environments, chosen, date, seconds })
}

fn nothing(why: &str) -> Problem {
    Problem::new(format!("{why}; nothing was written"))
}

/// The environments that are asked for, each once, with their namespaces.
fn environments(args: &PackageArgs, settings: &Settings) -> Result<Vec<(String, String)>, Problem> {
    let convention = settings.convention();
    let workflow = &args.workflow;
    if !is_label(workflow) {
        let problem = Problem::new(format!("{} is not a valid name of a workflow", quoted(workflow)));
        return Err(problem
            .help("its namespaces are derived from it: use lowercase letters, digits and inner dashes, at most 63"));
    }
    let known: Vec<&str> = convention.environments.iter().map(|(name, _)| name.as_str()).collect();
    if !convention.workflows.is_empty() && !convention.workflows.contains(workflow) {
        let near = did_you_mean(workflow, convention.workflows.iter().map(String::as_str));
        let problem = Problem::new(format!("unknown workflow {}", quoted(workflow)));
        return Err(
            problem.help(format!("{near}`workflows` of the configuration has: {}", convention.workflows.join(", ")))
        );
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for name in args.environments.iter().map(|name| name.trim()) {
        let Some(namespace) = convention.spell(workflow, name) else {
            let near = did_you_mean(name, known.iter().copied());
            let problem = Problem::new(format!("unknown environment {}", quoted(name)));
            return Err(problem.help(format!("{near}`environments` of the configuration has: {}", known.join(", "))));
        };
        if !is_label(&namespace) {
            let what = format!(
                "the namespace of {} in {} would have {} characters",
                quoted(workflow),
                quoted(name),
                namespace.len()
            );
            return Err(Problem::new(what).help("the limit is 63"));
        }
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name.to_owned(), namespace));
        }
    }
    Ok(found)
}

/// The day of the package and the time of its files, in seconds since 1970.
fn date(args: &PackageArgs, variables: &Environment) -> Result<(Date, u64), Problem> {
    const WRONG: &str = "SOURCE_DATE_EPOCH must be a number of seconds since 1970";
    let midnight = |date: Date| {
        let time = date.to_zoned(TimeZone::UTC).map_err(|_| Problem::new("this day is out of range"))?;
        Ok((date, u64::try_from(time.timestamp().as_second()).unwrap_or_default()))
    };
    if let Some(date) = args.date {
        return midnight(date);
    }
    let Some(text) = &variables.source_date_epoch else {
        return midnight(Timestamp::now().to_zoned(TimeZone::UTC).date());
    };
    let seconds: u64 = text.trim().parse().map_err(|_| Problem::new(WRONG))?;
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = time.ok_or_else(|| Problem::new(WRONG))?;
    Ok((time.to_zoned(TimeZone::UTC).date(), seconds))
}

fn approved_by<'p>(args: &'p PackageArgs, plan: &'p Plan) -> Option<&'p str> {
    let configured = plan.settings.package.approved_by.as_ref().map(|who| who.value.as_str());
    args.approved_by.as_deref().or(configured)
}

/// Seals everything. Tells each value that is missing or weak.
fn make(
    args: &PackageArgs,
    plan: &Plan,
    source: &Source,
    variables: &Environment,
    global: &Global,
) -> Result<Package, Problem> {
    let convention = plan.settings.convention();
    let environment = |((name, namespace), chosen): (&'_ (String, String), &'_ Chosen)| {
        (name.clone(), namespace.clone(), chosen.loaded.recipient.key().clone())
    };
    let owned: Vec<_> = plan.environments.iter().zip(&plan.chosen).map(environment).collect();
    let environments: Vec<package::Environment<'_>> =
        owned.iter().map(|(name, namespace, key)| package::Environment { name, namespace, key }).collect();
    let order = Order {
        workflow: &args.workflow,
        environments: &environments,
        plan: &plan.settings.package,
        approved_by: approved_by(args, plan),
        date: plan.date,
        version: env!("CARGO_PKG_VERSION"),
        env_from: &convention.env_from,
        image_pull: &convention.image_pull,
        random: keys::randomness(variables),
        strength: plan.settings.strength(),
    };
    match package::make(&order, &|name| source.get(name)) {
        Ok(package) => {
            if !global.quiet {
                package.notes.iter().for_each(|note| output::problem(&Problem::new(note.to_string()).warning()));
            }
            Ok(package)
        }
        Err(PackageError::Values(faults)) => {
            faults.iter().for_each(|fault| output::problem(&Problem::new(fault.to_string())));
            let missing = faults.iter().any(|fault| matches!(fault.what, package::What::Missing { .. }));
            let advice = if missing { source.advice() } else { "`openssl rand -hex 24` generates a password" };
            Err(nothing(&PackageError::Values(faults).to_string()).help(advice))
        }
        Err(error) => Err(nothing(&error.to_string())),
    }
}

/// Searches the package as `check` would find it in the repository, and builds it. What built it, where something did.
fn verify(
    args: &PackageArgs,
    plan: &Plan,
    package: &Package,
    environments: &[String],
    interrupt: &Interrupt,
) -> Result<Option<String>, Problem> {
    let staged = tempfile::Builder::new().prefix("mlguard-package-").tempdir();
    let fault = |error: &std::io::Error| Problem::new(format!("cannot write a temporary folder: {error}"));
    let staged = staged.map_err(|error| fault(&error))?;
    // kustomize says where a file really is.
    let root = staged.path().canonicalize().map_err(|error| fault(&error))?;
    store::write_files(&root, &package.files).map_err(|error| fault(&error))?;
    let prefix = report_prefix(args, plan)?;
    let files = package.files.iter().map(|file| source::File {
        path: format!("{prefix}/{}", file.path).into(),
        location: root.join(&file.path),
        tracked: false,
        blob: None,
    });
    let listing = source::Listing { files: files.collect(), root: root.clone(), ..source::Listing::default() };
    let mut options = scan::engine_options(&plan.settings, &interrupt.asked);
    // An old day is asked for where a package is made again; it is no fault of the package.
    options.today = plan.date;
    options.past = Box::new(|_, _| None);
    let outcome = engine::run(engine::Input { listing, context: &Vec::new }, &options);
    faults(&outcome)?;
    if args.no_kustomize {
        return Ok(None);
    }
    let built = kustomize::build(&root, environments, &package::all_names(&plan.settings.package, environments))
        .map_err(|problem| Problem { message: format!("{}; nothing was written", problem.message), ..problem })?;
    Ok(Some(built.unwrap_or_default()))
}

/// The folder of the package as reports name it: from the root where it is below it, else as the convention has it.
fn report_prefix(args: &PackageArgs, plan: &Plan) -> Result<String, Problem> {
    let current = locate::current_folder()?;
    let path = locate::report_path(&plan.settings.root, &current, &args.output.join(&args.workflow));
    let outside = Path::new(&path).is_absolute() || path.starts_with("..");
    Ok(if outside { format!("packages/{}", args.workflow) } else { path })
}

/// Refuses a package of which `check` would say something that matters.
fn faults(outcome: &Outcome) -> Result<(), Problem> {
    let grave: Vec<_> = outcome.findings.iter().filter(|finding| finding.level >= Level::Warning).collect();
    for finding in &grave {
        let problem = Problem::new(format!("{} ({})", finding.message, finding.rule)).in_file(&*finding.path);
        let gravity = if finding.level == Level::Error { Gravity::Error } else { Gravity::Warning };
        output::problem(&Problem { gravity, ..problem.at(finding.region.start).help(finding.help.clone()) });
    }
    for failed in &outcome.coverage.errors {
        output::problem(&Problem::new(failed.reason.to_string()).in_file(&*failed.path));
    }
    if grave.is_empty() && outcome.complete {
        return Ok(());
    }
    Err(nothing("this package does not pass `mlguard check`"))
}

/// What was made, for people.
fn summary(args: &PackageArgs, plan: &Plan, archive: &str, built: Option<&str>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_summary(&mut text, args, plan, archive, built);
    text
}

fn write_summary(
    text: &mut String,
    args: &PackageArgs,
    plan: &Plan,
    archive: &str,
    built: Option<&str>,
) -> std::fmt::Result {
    let shown = |path: &PathBuf| printable(&path.display().to_string()).into_owned();
    let (folder, archive) = (args.output.join(&args.workflow), args.output.join(archive));
    let done = if args.dry_run { "would be written" } else { "written" };
    writeln!(text, "Package of {}, {} ({done})", args.workflow, plan.date)?;
    for ((name, namespace), Chosen { loaded, cluster }) in plan.environments.iter().zip(&plan.chosen) {
        let cluster = cluster.as_ref().map(|name| format!("cluster {name}, ")).unwrap_or_default();
        writeln!(text, "\nenvironment {name}: namespace {namespace}")?;
        writeln!(text, "  sealed for   {}", loaded.recipient.fingerprint())?;
        writeln!(text, "               {}{}", printable(&cluster), printable(&loaded.place))?;
        for secret in &plan.settings.package.secrets {
            let keys = package::keys(&secret.value).len();
            writeln!(text, "  {:<12} {keys} key{}", secret.value.name, if keys == 1 { "" } else { "s" })?;
        }
    }
    let checked = match built {
        None => "mlguard check; kustomize was skipped (--no-kustomize)".to_owned(),
        Some("") => "mlguard check; neither kubectl nor kustomize is installed, so nothing was built".to_owned(),
        Some(builder) => format!("mlguard check, {builder}"),
    };
    writeln!(text, "\nchecked with   {checked}")?;
    writeln!(text, "folder         {}", shown(&folder))?;
    writeln!(text, "archive        {}", shown(&archive))?;
    let (first, namespace) = plan.environments.first().map_or(("", ""), |(name, namespace)| (name, namespace));
    writeln!(
        text,
        "\nHand over the archive; its README.md says how to use it (`kubectl apply -k {first}/`, namespace {namespace}). The folder \
         can be committed."
    )
}

//! `mlguard map`.

use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Global, MapArgs};
use super::interrupt::{self, Interrupt};
use super::{locate, output, scan};
use crate::config::{Environment, Settings};
use crate::engine::{self, Gathered, Names};
use crate::error::{Problem, counted};
use crate::exit::Exit;
use crate::inventory::index::Inventory;
use crate::inventory::map::{Filter, Map};
use crate::report::map;
use crate::source::{self, Listing};

pub(super) fn run(args: &MapArgs, global: &Global) -> Result<Exit, Problem> {
    let interrupt = Interrupt::install();
    let (paths, missing) = locate::existing_paths(&args.paths);
    let settings =
        Arc::new(Settings::load(&locate::root_of(&paths)?, &Environment::read(), &args.reading.flags(&args.config)));
    let pool = scan::thread_pool(args.reading.threads)?;
    missing.iter().for_each(output::problem);
    if paths.is_empty() {
        return Ok(Exit::Failed);
    }
    let mut filter = Filter {
        namespaces: args.namespaces.clone(),
        workflows: args.workflows.clone(),
        secrets: args.secrets.clone(),
        paths: None,
    };
    let listing = listing(&paths, &settings, &mut filter)?;
    let options = scan::engine_options(&settings, &interrupt.asked);
    let (Gathered { mut coverage, .. }, map) = pool.install(|| {
        let gathered = engine::gather(listing, &options);
        let names = Names::new(&options);
        let inventory = Inventory::new(&gathered.files, &options.convention);
        let map = Map::new(&inventory, &filter, &|name| names.shown(name));
        (gathered, map)
    });
    if !interrupt.may_write() {
        return Err(interrupt::problem());
    }
    let faulty = scan::report_config_problems(&settings, global);
    // A picture does not show what is missing.
    scan::report_unread(&coverage, "--format json");
    if !coverage.errors.is_empty() {
        output::problem(&Problem::new("the map is incomplete"));
    }
    scan::add_errors(&mut coverage, missing.iter().chain(&settings.problems()));
    let context = map::Context { version: env!("CARGO_PKG_VERSION"), filter: &filter, coverage: &coverage };
    let failed = |error| Problem::new(format!("cannot write the map: {error}"));
    let written = map::write(args.format, &map, &context).map_err(failed)?;
    warn(&map, &filter, written.too_large);
    let done = output::save_or_print(args.output.as_deref(), &written.text)?;
    let complete = if coverage.errors.is_empty() { Exit::Clean } else { Exit::Failed };
    Ok(done.and(faulty).and(complete))
}

/// Every file of the repository, since what is in one place is used in another. Where paths are given, these choose the
/// Secrets that are shown.
fn listing(paths: &[PathBuf], settings: &Arc<Settings>, filter: &mut Filter) -> Result<Listing, Problem> {
    let mut listing = scan::list_files(paths, settings)?;
    // Outside Git nothing says where what belongs together ends.
    if scan::covers_root(paths, settings) || !listing.git {
        return Ok(listing);
    }
    filter.paths = Some(listing.files.iter().map(|file| file.path.clone()).collect());
    match scan::list_repository(settings) {
        Ok(rest) => {
            listing.files.extend(rest.files);
            listing.files.sort_by(|a, b| a.path.cmp(&b.path));
            listing.files.dedup_by(|later, first| later.path == first.path);
            listing.errors.extend(rest.errors);
            listing.errors.sort();
            listing.errors.dedup();
        }
        // Everything may be excluded but what was named.
        Err(source::SourceError::Empty { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(listing)
}

/// Warns of what a picture by itself may be misread for.
fn warn(map: &Map, filter: &Filter, too_large: bool) {
    let say = |message: String, help: &str| output::problem(&Problem::new(message).warning().help(help));
    if map.namespaces.is_empty() {
        let help =
            if filter.is_empty() { "check that this is the right folder" } else { "widen the filters or the paths" };
        say("no Secret is defined or used here".to_owned(), help);
    }
    if map.unplaced > 0 {
        let help = "filters of namespaces and workflows cannot match them";
        say(format!("{} of unknown namespace left out", counted(map.unplaced, "Secret")), help);
    }
    if too_large {
        let help = "filter with --namespace, --workflow or --secret, or use --format dot";
        say("the diagram is larger than Mermaid renders by default".to_owned(), help);
    }
}

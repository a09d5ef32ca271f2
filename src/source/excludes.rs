//! The ignore file that a user has for all repositories: `core.excludesFile`, or Git's default place.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use gix::config::file::{Metadata, init::Options};

/// Where Git looks for the patterns of the user who runs it; none where there is no home folder.
#[expect(clippy::disallowed_methods, reason = "where Git's own settings are, as Git finds them")]
pub(super) fn of_user() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = env::home_dir();
    let folder = variable("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let folder = folder.map(|folder| folder.join("git"));
    let configs = [
        variable("GIT_CONFIG_GLOBAL"),
        home.as_ref().map(|home| home.join(".gitconfig")),
        folder.as_ref().map(|folder| folder.join("config")),
        Some(variable("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into())),
    ];
    let configured = |config: PathBuf| excludes_file(&fs::read(config).ok()?, home.as_deref());
    configs.into_iter().flatten().find_map(configured).or_else(|| Some(folder?.join("ignore")))
}

/// The value of `core.excludesFile` in a configuration file of Git.
fn excludes_file(config: &[u8], home: Option<&Path>) -> Option<PathBuf> {
    let config = gix::config::File::from_bytes_no_includes(config, Metadata::api(), Options::default()).ok()?;
    let value = config.string("core.excludesFile")?;
    let path = gix::path::from_byte_slice(value.as_slice()).ok()?;
    Some(home.and_then(|home| Some(home.join(path.strip_prefix("~").ok()?))).unwrap_or_else(|| path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_in_the_section_core() {
        let home = Some(Path::new("/home/ada"));
        for (config, wanted) in [
            ("[core]\n\texcludesFile = ~/ignored\n", Some("/home/ada/ignored")),
            ("[core]\nexcludesfile = \"/etc/with blank\" # why\n", Some("/etc/with blank")),
            ("[core]\nexcludesFile = /one\nexcludesFile = /two\n", Some("/two")),
            ("[other]\nexcludesFile = /one\n", None),
            ("[core\nexcludesFile = /one\n", None),
            ("", None),
        ] {
            assert_eq!(excludes_file(config.as_bytes(), home), wanted.map(PathBuf::from), "{config}");
        }
    }
}

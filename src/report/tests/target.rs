//! Where a report goes, and what a failed write leaves.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{context, outcome, report, rules};
use crate::report::Format;
use crate::report::target::{Target, TargetError, WriteError, emit};

struct Failing(io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to(format: Format, path: impl Into<PathBuf>) -> Target {
    Target { format, path: Some(path.into()) }
}

fn emitted(targets: &[Target], stdout: &mut dyn Write) -> Vec<WriteError> {
    emit(targets, &outcome(), &context(&rules()), stdout)
}

#[test]
fn targets_are_parsed() {
    assert_eq!("json".parse(), Ok(Target { format: Format::Json, path: None }));
    assert_eq!("json=-".parse(), Ok(Target { format: Format::Json, path: None }));
    assert_eq!("sarif=a=b.sarif".parse(), Ok(to(Format::Sarif, "a=b.sarif")));
    assert_eq!("sarif=".parse::<Target>(), Err(TargetError::NoFile(Format::Sarif)));
    let error = "jsn=x".parse::<Target>().expect_err("no such format").to_string();
    assert!(error.contains("did you mean `json`?"), "{error}");
}

#[test]
fn targets_may_not_share_a_destination() {
    let stdout = |format| Target { format, path: None };
    let both = Target::check(&[stdout(Format::Human), stdout(Format::Json)]).expect_err("one stream");
    assert_eq!(
        both.to_string(),
        "`human` and `json` would both go to standard output; give one of them a file: `json=FILE`"
    );
    assert!(Target::check(&[to(Format::Json, "x"), to(Format::Sarif, "x")]).is_err());
    assert_eq!(Target::check(&[stdout(Format::Human), to(Format::Json, "x")]), Ok(()));
}

#[test]
fn several_reports_in_one_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.sarif");
    std::fs::write(&file, "an earlier report").expect("written");
    let mut stdout = Vec::new();
    let failed = emitted(&[to(Format::Sarif, &file), Target { format: Format::Json, path: None }], &mut stdout);
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("read"), report(Format::Sarif, &outcome()));
    assert_eq!(stdout, report(Format::Json, &outcome()).into_bytes());
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1, "no temporary file stays");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_with_advice() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("no/such/out.json");
    let mut stdout = Vec::new();
    let targets =
        [to(Format::Json, &missing), to(Format::Sarif, folder.path()), Target { format: Format::Human, path: None }];
    let failed = emitted(&targets, &mut stdout);
    let texts: Vec<String> = failed.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with(&format!("cannot write the json report to {}: ", missing.display())), "{texts:?}");
    assert!(texts[0].ends_with("; make the folder first"), "{texts:?}");
    assert!(!texts[0].contains(".mlguard-report-"), "{texts:?}");
    assert!(texts[1].ends_with("name a file in a folder"), "{texts:?}");
    assert!(!stdout.is_empty(), "the other reports are written all the same");
}

#[test]
fn a_broken_pipe_is_no_error_and_a_full_disk_is() {
    let human = [Target { format: Format::Human, path: None }];
    for format in Format::ALL {
        let target = [Target { format: *format, path: None }];
        assert!(emitted(&target, &mut Failing(io::ErrorKind::BrokenPipe)).is_empty(), "{format}");
        assert_eq!(emitted(&target, &mut Failing(io::ErrorKind::StorageFull)).len(), 1, "{format}");
    }
    let failed = emitted(&human, &mut Failing(io::ErrorKind::StorageFull));
    assert!(failed[0].to_string().contains("human report to standard output"), "{failed:?}");
}

#[cfg(unix)]
#[test]
fn links_modes_and_devices_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link, new) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
    std::fs::write(&file, "old").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("set");
    symlink(&file, &link).expect("linked");
    let failed =
        emitted(&[to(Format::Json, &link), to(Format::Json, &new), to(Format::Json, "/dev/null")], &mut Vec::new());
    assert!(failed.is_empty(), "{failed:?}");
    assert!(link.symlink_metadata().expect("there").is_symlink());
    assert!(std::fs::read_to_string(&file).expect("read").starts_with('{'));
    let mode = |path: &PathBuf| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o640);
    assert_eq!(mode(&new) & 0o600, 0o600);
    assert_ne!(mode(&new) & 0o044, 0, "others may read a new report under the usual umask");
    assert!(PathBuf::from("/dev/null").metadata().expect("there").permissions().mode() & 0o170_000 == 0o020_000);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_says_so() {
    let failed = emitted(&[to(Format::Json, "/dev/full")], &mut Vec::new());
    assert!(failed[0].to_string().contains("make room on the disk"), "{failed:?}");
}

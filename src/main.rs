//! temporary
fn main(){
 let paths: Vec<_> = std::env::args_os().skip(1).map(Into::into).collect();
 let listing = mlguard::source::list(&paths, &|_| true).unwrap();
 let o = mlguard::engine::Options{ rules: mlguard::rule::builtin().to_vec(), level: Box::new(|r,_|Some(r.level)), max_size: 32<<20, allow_comments:true, interrupted: Default::default(), today: jiff::civil::date(2026,11,22)};
 let out = mlguard::engine::run(listing,&o).unwrap();
 if std::env::var_os("Q").is_some() { eprintln!("{} findings", out.findings.len()); return; }
 for f in &out.findings { println!("{}\t{}\t{}:{}:{}\t{}\t{}\t|{}", f.level.as_str(), f.rule, f.path, f.region.start.line, f.region.start.column, f.place.as_deref().unwrap_or("-"), f.message, f.excerpt.as_ref().map_or("", |e| &e.text)); }
 eprintln!("{} files {} bytes {} skipped {} errors complete {}", out.coverage.files, out.coverage.bytes, out.coverage.skipped.len(), out.coverage.errors.len(), out.complete);
 for e in &out.coverage.errors { eprintln!("{}: {}", e.path, e.reason); }
}

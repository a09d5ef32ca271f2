//! Text in data files: as `strings` gives it, but with the ends of each text where the format has them, and with keys in
//! front of their values.

mod gguf;
mod lines;
mod numpy;
mod parquet;
mod pickle;
mod protobuf;
mod safetensors;
mod sqlite;
mod strings;
mod take;
mod thrift;

use super::{Fault, Format};

pub(super) use lines::Lines;
pub(super) use strings::read_wide;

/// Hands over the text of a data file.
pub(super) fn read(format: Format, bytes: &[u8], lines: &mut Lines<'_>) -> Result<(), Fault> {
    match format {
        Format::Pickle => pickle::read(bytes, lines),
        Format::Numpy => numpy::read(bytes, lines),
        Format::Safetensors => safetensors::read(bytes, lines),
        Format::Gguf => gguf::read(bytes, lines),
        Format::Protobuf => protobuf::read(bytes, lines),
        Format::Sqlite => sqlite::read(bytes, lines),
        Format::Parquet => parquet::read(bytes, lines),
        Format::Zip | Format::Tar | Format::Gzip | Format::Zstd | Format::Zlib => strings::read(bytes, lines),
    }
}

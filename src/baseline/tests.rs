//! Lines, keys, and findings held against them.

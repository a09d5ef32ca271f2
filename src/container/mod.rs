//! STUB
#![allow(dead_code)]
use std::fmt;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format { Zip }
pub(crate) fn format_of(_name: &str, _head: &[u8]) -> Option<Format> { None }
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits { pub depth: usize }
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> { pub path: &'a str, pub bytes: &'a [u8], pub strings: bool, pub cut: bool, pub lines_before: usize }
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault { Bomb(u8), Damaged }
impl fmt::Display for Fault { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("x") } }
pub(crate) fn open(_format: Format, _name: &str, _bytes: &[u8], _limits: &Limits, _each: &mut dyn FnMut(Member<'_>)) -> Vec<(String, Fault)> { Vec::new() }

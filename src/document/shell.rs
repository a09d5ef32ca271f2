//! stub
use super::fragment::Fragment; use crate::span::Span;
#[derive(Debug, Clone)]
pub struct Literal{pub key:String,pub span:Span,pub expands:bool}
#[derive(Debug, Clone)]
pub struct CreateSecret{pub name:Option<String>,pub namespace:Option<String>,pub literals:Vec<Literal>}
pub fn fragments(_:&str)->Vec<Fragment<'_>>{vec![]}
pub fn commands(_:&str)->Vec<()>{vec![]}
pub fn create_secret(_:&())->Option<CreateSecret>{None}

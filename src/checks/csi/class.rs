//! SecretProviderClasses of the Secrets Store CSI driver, as their providers read them (`docs/facts/secrets-store-csi.md#secretproviderclass`).

use crate::document::object::Object;
use crate::document::view::{Unit, View};
use crate::document::yaml::Node;
use crate::inventory::read::is_expression;

/// The group of the classes.
pub(super) const GROUP: &str = "secrets-store.csi.x-k8s.io";

/// Programs that read the parameters of a class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Aws,
    Azure,
    Gcp,
    Vault,
}

/// A class of a provider that is known, written as a whole: no patch of one.
pub(super) struct Class<'o, 'v> {
    pub(super) object: &'o Object<'v>,
    pub(super) provider: Provider,
    pub(super) parameters: Node<'v>,
}

/// What `parameters` list.
pub(super) enum Listed {
    /// Nothing: the parameter is not there, or empty.
    Nothing,
    /// What the file does not tell: a template or an expression writes it, or it is not what the provider reads.
    Unknown,
    /// Items, this many.
    Items(usize),
}

/// The classes of a source, whatever their provider. Texts for people show parts of them.
pub(super) fn classes<'c, 'v>(view: &'c View<'v>) -> impl Iterator<Item = &'c Object<'v>> {
    view.manifests().filter(|object| object.kind == "SecretProviderClass" && object.group() == GROUP)
}

/// The files that an item of the provider of AWS takes from one secret; those of an alias are not looked at.
pub(super) fn parts<'n>(item: Node<'n>) -> impl Iterator<Item = Node<'n>> {
    item.get("jmesPath").filter(|list| !list.is_alias()).into_iter().flat_map(Node::items)
}

/// The text of a scalar that nothing else writes, without the blanks that providers take away.
pub(super) fn text<'n>(unit: &Unit, node: Option<Node<'n>>) -> Option<&'n str> {
    let node = node.filter(|node| !unit.is_templated(node.span()))?;
    node.as_str().map(str::trim).filter(|text| !text.is_empty() && !is_expression(text))
}

impl<'o, 'v> Class<'o, 'v> {
    /// None where the provider is another one, or the object a patch.
    pub(super) fn new(object: &'o Object<'v>) -> Option<Self> {
        let provider = match text(object.unit, object.node.at(&["spec", "provider"]))? {
            "aws" => Provider::Aws,
            "azure" => Provider::Azure,
            "gcp" | "gke" => Provider::Gcp,
            "vault" => Provider::Vault,
            _ => return None,
        };
        let parameters = object.node.at(&["spec", "parameters"]).filter(|node| node.is_mapping())?;
        Some(Self { object, provider, parameters })
    }

    /// The parameter that lists what is mounted.
    pub(super) fn list_key(&self) -> &'static str {
        if self.provider == Provider::Gcp { "secrets" } else { "objects" }
    }

    /// Whether a template writes anything of the parameters, so that there may be more of them.
    pub(super) fn is_templated(&self) -> bool {
        self.object.unit.is_templated(self.parameters.span())
    }

    /// Calls `visit` with each item that the parameters list, and the document that it stands in.
    pub(super) fn items(&self, visit: &mut dyn FnMut(&Unit, Node<'_>)) -> Listed {
        let unit = self.object.unit;
        let Some(list) = self.parameters.get(self.list_key()) else {
            return if self.is_templated() { Listed::Unknown } else { Listed::Nothing };
        };
        if unit.is_templated(list.span()) || list.is_alias() || list.as_str().is_none_or(is_expression) {
            let empty = list.is_null() && !self.is_templated();
            return if empty { Listed::Nothing } else { Listed::Unknown };
        }
        let Some(documents) = unit.documents_in(list) else { return Listed::Unknown };
        let Some(document) = documents.first() else { return Listed::Nothing };
        let Some(root) = document.tree().root() else { return Listed::Nothing };
        let azure = self.provider == Provider::Azure;
        let list = if azure { root.get("array") } else { Some(root) };
        let Some(list) = list.filter(|list| list.is_sequence()) else { return Listed::Unknown };
        let mut count = 0;
        for item in list.items() {
            count += 1;
            // One text that stands for many would be read as often.
            if item.is_alias() {
                return Listed::Unknown;
            }
            if azure {
                let Some(inner) = document.documents_in(item) else { return Listed::Unknown };
                for (unit, root) in inner.iter().filter_map(|unit| Some((unit, unit.tree().root()?))).take(1) {
                    visit(unit, root);
                }
            } else {
                visit(document, item);
            }
        }
        Listed::Items(count)
    }

    /// The names of the files that a pod finds in the volume; none where not all of them are known.
    pub(super) fn files(&self) -> Option<Vec<String>> {
        let mut files = Vec::new();
        let mut complete = true;
        let translation = match self.parameters.get("pathTranslation") {
            Some(node) => text(self.object.unit, Some(node))?,
            None => "_",
        };
        let aws = |name: &str| match translation {
            off if off.eq_ignore_ascii_case("false") => name.trim_start_matches('/').to_owned(),
            other => name.replace('/', other),
        };
        let listed = self.items(&mut |unit, item| {
            let field = |key: &str| text(unit, item.get(key));
            // A field that is there, and is not a text that is known, may be the name.
            let either = |first: &str, second: &str| match item.get(first) {
                Some(node) if !node.is_null() && node.as_str() != Some("") => text(unit, Some(node)),
                _ => field(second),
            };
            let name = match self.provider {
                Provider::Aws => {
                    complete &= item.get("jmesPath").is_none_or(|list| !list.is_alias());
                    for more in parts(item) {
                        match text(unit, more.get("objectAlias")) {
                            Some(alias) => files.push(aws(alias)),
                            None => complete = false,
                        }
                    }
                    either("objectAlias", "objectName").map(aws)
                }
                Provider::Azure => {
                    let history = item.get("objectVersionHistory").and_then(Node::as_str);
                    complete &= matches!(history, None | Some("0" | "1"));
                    let name = either("objectAlias", "objectName").map(str::to_owned);
                    // The provider may be told to write both parts of a certificate by themselves.
                    files.extend(name.iter().flat_map(|name| [format!("{name}.crt"), format!("{name}.key")]));
                    name
                }
                Provider::Gcp => either("path", "fileName").map(str::to_owned),
                Provider::Vault => field("objectName").map(str::to_owned),
            };
            match name {
                Some(name) => files.push(name),
                None => complete = false,
            }
        });
        (complete && matches!(listed, Listed::Items(_))).then_some(files)
    }
}

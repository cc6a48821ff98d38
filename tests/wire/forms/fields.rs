//! The fields of requests whose text has a form, found in the contract: a new one is tested without a word about it, or
//! stops the test that lists them.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Email,
    Subject,
    Resource,
    /// The id of an invitation.
    Id,
    RequestId,
    Username,
    Phone,
    /// A text that people read.
    Name,
}

/// A field of an RPC's request, by the way to it.
#[derive(Clone)]
pub struct FormField {
    pub method: MethodDescriptor,
    pub holds: Holds,
    way: Vec<FieldDescriptor>,
}

/// The texts that have no form of those above: names of a policy, ids of tenants with letters of their own, what the
/// server made, and what is only searched for or not supported yet.
const WITHOUT_FORM: [&str; 17] = [
    "tenant",
    "policy",
    "resource_type",
    "action",
    "role",
    "roles",
    "from_role",
    "etag",
    "invitation_token",
    "page_token",
    "after",
    "at_least_as_fresh",
    "at_exact_snapshot",
    "text",
    "reason",
    "locale",
    "message",
];

/// Every field of every RPC whose text has a form.
pub fn of_the_contract(methods: &BTreeMap<String, MethodDescriptor>) -> Vec<FormField> {
    let mut found = Vec::new();
    for method in methods.values() {
        collect(method, &method.input(), &[], &mut found);
    }
    found
}

fn collect(
    method: &MethodDescriptor,
    message: &MessageDescriptor,
    before: &[FieldDescriptor],
    found: &mut Vec<FormField>,
) {
    for field in message.fields() {
        let mut way = before.to_vec();
        way.push(field.clone());
        let holds = match field.kind() {
            Kind::Message(inner) => match inner.full_name() {
                "rollcall.v1.Subject" => Holds::Subject,
                "rollcall.v1.ResourceRef" => Holds::Resource,
                name if name.starts_with("google.") => continue,
                _ => {
                    collect(method, &inner, &way, found);
                    continue;
                }
            },
            Kind::String => match field.name() {
                "email" => Holds::Email,
                "invitation" => Holds::Id,
                "request_id" => Holds::RequestId,
                "username" => Holds::Username,
                "phone" => Holds::Phone,
                "display_name" | "detail" => Holds::Name,
                name if WITHOUT_FORM.contains(&name) => continue,
                name => panic!("{}: say in {} what form `{name}` has, or that it has none", method.name(), file!()),
            },
            _ => continue,
        };
        found.push(FormField { method: method.clone(), holds, way });
    }
}

impl FormField {
    /// The path by which an error names it; of lists it is the first entry.
    pub fn path(&self) -> String {
        let name = |field: &FieldDescriptor| {
            let index = if field.is_list() { "[0]" } else { "" };
            format!("{}{index}", field.name())
        };
        let path = self.way.iter().map(name).collect::<Vec<_>>().join(".");
        match self.holds {
            Holds::Subject | Holds::Resource => format!("{path}.id"),
            _ => path,
        }
    }

    /// Sets it in a request: the text, or a subject's or resource's id and type. Messages that are not there are made.
    pub fn set(&self, request: &mut DynamicMessage, kind: &str, text: &str) {
        let (last, way) = self.way.split_last().expect("a field has a way");
        let message = way.iter().fold(request, within);
        let text = Value::String(text.to_owned());
        match self.holds {
            Holds::Subject | Holds::Resource => {
                let named = within(message, last);
                named.set_field_by_name("type", Value::String(kind.to_owned()));
                named.set_field_by_name("id", text);
            }
            _ => message.set_field(last, text),
        }
    }
}

/// The message in a field, or the first one of its list.
fn within<'m>(message: &'m mut DynamicMessage, field: &FieldDescriptor) -> &'m mut DynamicMessage {
    let Kind::Message(inner) = field.kind() else { panic!("`{}` is on the way to a field", field.name()) };
    let found = match message.get_field_mut(field) {
        Value::List(entries) => {
            if entries.is_empty() {
                entries.push(Value::Message(DynamicMessage::new(inner)));
            }
            &mut entries[0]
        }
        value => value,
    };
    found.as_message_mut().expect("the field has messages")
}

//! Reads a policy file without the engine. What the oracle does not know stops it, for it would be wrong.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::{
    expression::parse,
    policy::{Action, DAY, PolicyFile, ResourceType, Role, Rule},
};

/// The keys of a `[TYPE]` that the oracle knows; a policy with another one is refused.
const KNOWN: [&str; 11] = [
    "parent",
    "owned",
    "teams",
    "member_records",
    "registered",
    "creator_role",
    "create_actions",
    "roles",
    "actions",
    "members",
    "joins_as",
];

/// How many days an invitation can be accepted where a policy does not say.
const DEFAULT_DAYS: usize = 7;

impl PolicyFile {
    /// Reads a policy file.
    ///
    /// # Panics
    ///
    /// If it is no policy, or of another edition or with a key of a type that the oracle does not know.
    pub fn read(text: &str) -> Self {
        let table = DeTable::parse(text).expect("the policy is TOML");
        let table = table.get_ref();
        assert_eq!(number(&table["edition"]), 1, "the oracle knows no other edition");
        assert!(!table.contains_key("people"), "the oracle knows no other people than `user`");
        let version = number(&table["version"]).try_into().expect("a version is small");
        let invitations = |key: &str| table.get("invitations").and_then(|table| table.get_ref().get(key));
        let days = invitations("lifetime_days").map_or(DEFAULT_DAYS, number);
        let mut policy = Self {
            name: string(&table["policy"]),
            version,
            root: string(&table["root"]),
            other_versions: Vec::new(),
            reactivates: invitations("reactivates").is_some_and(flag),
            lifetime: i64::try_from(days).expect("few") * DAY,
            types: BTreeMap::new(),
        };
        for (name, value) in table {
            if let DeValue::Table(resource_type) = value.get_ref()
                && name.get_ref() != "invitations"
            {
                policy
                    .types
                    .insert(name.get_ref().to_string(), ResourceType::read(name.get_ref(), resource_type, text));
            }
        }
        policy
    }
}

impl ResourceType {
    fn read(name: &str, table: &DeTable<'_>, file: &str) -> Self {
        for (key, _) in table {
            assert!(KNOWN.contains(&&**key.get_ref()), "the oracle knows no `{}` of `{name}`", key.get_ref());
        }
        let mut resource_type = Self {
            parent: table.get("parent").map(string),
            owned: table.get("owned").is_some_and(flag),
            teams: table.get("teams").is_some_and(flag),
            member_records: table.get("member_records").is_some_and(flag),
            creator_role: table.get("creator_role").map(string),
            create_actions: table.get("create_actions").map_or_else(|| vec![format!("{name}.create")], strings),
            ..Self::default()
        };
        for (role, value) in entries(table, "roles") {
            let role_table = as_table(value);
            let parsed = Role {
                implies: role_table.get("implies").map(strings).unwrap_or_default(),
                protected_below: role_table.get("protected_below").is_some_and(flag),
                for_teams: role_table.get("for_teams").is_some_and(flag),
                at_least: role_table.get("at_least").map_or(0, number),
            };
            resource_type.roles.insert(role, parsed);
        }
        for (action, value) in entries(table, "actions") {
            let parsed = match value {
                DeValue::Table(table) => Action {
                    rule: parse(&string(&table["rule"])),
                    when_archived: table.get("when_archived").is_some_and(flag),
                },
                _ => Action { rule: parse(&text(value)), when_archived: false },
            };
            resource_type.actions.insert(action, parsed);
        }
        for (verb, value) in entries(table, "members") {
            let DeValue::Array(rules) = value else {
                assert_eq!(verb, "joins_as", "the rules of a verb are a list");
                resource_type.joins_as = Some(text(value));
                continue;
            };
            for rule in rules.iter().map(|rule| as_table(rule.get_ref())) {
                let role_names = |key: &str| rule.get(key).map(strings).unwrap_or_default();
                let by = parse(&string(&rule["by"]));
                let line = file[..rule["by"].span().start].matches('\n').count() + 1;
                resource_type.rules.push(Rule {
                    line,
                    verb: verb.clone(),
                    by,
                    from: role_names("from"),
                    to: role_names("to"),
                    whom: rule.get("whom").map(|whom| parse(&string(whom))),
                    may_outlast: rule.get("may_outlast").is_some_and(flag),
                });
            }
        }
        resource_type
    }
}

type Value<'a> = toml::Spanned<DeValue<'a>>;

fn entries<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> Vec<(String, &'t DeValue<'a>)> {
    let found = table.get(key).map(|value| as_table(value.get_ref()));
    found
        .into_iter()
        .flat_map(|table| table.iter())
        .map(|(key, value)| (key.get_ref().to_string(), value.get_ref()))
        .collect()
}

fn as_table<'t, 'a>(value: &'t DeValue<'a>) -> &'t DeTable<'a> {
    value.as_table().expect("a table")
}

fn text(value: &DeValue<'_>) -> String {
    value.as_str().expect("a text").to_owned()
}

fn string(value: &Value<'_>) -> String {
    text(value.get_ref())
}

fn strings(value: &Value<'_>) -> Vec<String> {
    value.get_ref().as_array().expect("a list").iter().map(string).collect()
}

fn flag(value: &Value<'_>) -> bool {
    value.get_ref().as_bool().expect("a flag")
}

fn number(value: &Value<'_>) -> usize {
    value.get_ref().as_integer().expect("a number").as_str().parse().expect("a small one")
}

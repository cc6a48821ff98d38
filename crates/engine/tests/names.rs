//! Names as real products have them: HTTP methods, camel case, dashes, and scopes with colons.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "other tests need more of it, and nobody imports it")]
mod support;

use rollcall_engine::{Facts as _, Policy, Question, StatedFacts, compile, decide, locate};

use support::{TENANT, TenantFacts, compiled, key, subject};

const POLICY: &str = r#"
edition = 1
policy  = "gateway"
version = 1
root    = "Tenant"

[Tenant]
creator_role = "API-Owner"

[Tenant.roles]
API-Owner  = { implies = ["asset-category.dataEditor"] }
readOnly_2 = {}

[Tenant.actions]
GET              = "readOnly_2 | API-Owner"
POST             = "API-Owner"
viewReservation  = "API-Owner & !readOnly_2"
"documents:read" = "anyone"
"iam.users:list" = "API-Owner"

[asset-category]
parent         = "Tenant"
create_actions = ["POST"]

[asset-category.roles]
dataEditor = {}

[asset-category.actions]
"asset-category.archive" = "dataEditor | Tenant.readOnly_2"
"#;

#[test]
fn such_names_decide() {
    let root = format!("Tenant:{TENANT}");
    let view = TenantFacts::of(&compiled(POLICY))
        .resource("asset-category:x:1", &root, None, false)
        .active("olga", &[(&root, "API-Owner")])
        .active("rita", &[(&root, "readOnly_2")])
        .view();
    let may = |who: &str, action: &str, at: &str| {
        let (name, who) = (key(at), subject(who));
        let resource_type = view.policy().find_type(&name.kind).unwrap();
        let target = locate(&view, resource_type, &name.id, StatedFacts::default());
        decide(&view, &Question::new(who.as_ref(), resource_type.find_action(action).unwrap(), target)).allowed()
    };
    for (action, at, expected) in [
        ("GET", root.as_str(), [true, true]),
        ("POST", &root, [true, false]),
        ("viewReservation", &root, [true, false]),
        ("documents:read", &root, [true, true]),
        ("iam.users:list", &root, [true, false]),
        ("asset-category.archive", "asset-category:x:1", [true, true]),
    ] {
        assert_eq!(["olga", "rita"].map(|who| may(who, action, at)), expected, "{action}");
    }
}

#[test]
fn a_name_is_looked_up_in_its_own_case_and_suggested_in_any() {
    let policy = compiled(POLICY);
    assert_eq!(policy.find_type("tenant").unwrap_err().nearest, ["Tenant"]);
    assert_eq!(policy.find_type("asset_category").unwrap_err().nearest, ["asset-category"]);
    let (root, category) = (policy.root(), policy.find_type("asset-category").unwrap());
    let nearest_action = |name: &str| root.find_action(name).unwrap_err().nearest;
    assert_eq!(nearest_action("get"), ["GET"]);
    assert_eq!(nearest_action("read"), ["documents:read"]);
    assert_eq!(nearest_action("users:list"), ["iam.users:list"]);
    let nearest_role = |name: &str| policy.find_role(category, name).unwrap_err();
    assert_eq!(policy.find_role(category, "asset-category.dataEditor").unwrap().name(), "dataEditor");
    let unknown = nearest_role("asset-category.dataeditor");
    assert_eq!((unknown.name.as_str(), unknown.nearest), ("asset-category.dataeditor", vec!["dataEditor".to_owned()]));
    assert_eq!(nearest_role("category.dataEditor").nearest, ["dataEditor"]);
}

fn only_mistake(result: Result<Policy, rollcall_engine::Diagnostics>) -> [String; 3] {
    let found = result.expect_err("it is wrong");
    assert_eq!(found.list().len(), 1, "{}", found.render(false));
    let first = &found.list()[0];
    [first.message.clone(), first.label.clone(), first.help.clone().unwrap_or_default()]
}

#[test]
fn names_that_differ_by_their_case_alone_are_refused() {
    for (old, new, name, first, what) in [
        ("POST             =", "Get =", "Get", "GET", "action"),
        ("readOnly_2 = {}", "readOnly_2 = {}\nreadonly_2 = {}", "readonly_2", "readOnly_2", "role"),
        ("[asset-category]\n", "[tenant]\nparent = \"Tenant\"\n[asset-category]\n", "tenant", "Tenant", "type"),
    ] {
        let text = POLICY.replacen(old, new, 1).replacen("create_actions = [\"POST\"]\n", "", 1);
        assert_ne!(text, POLICY);
        let expected = [
            format!("`{name}` and `{first}` differ by their case alone"),
            format!("this {what} would be taken for the other"),
            "give one of the two another name".to_owned(),
        ];
        assert_eq!(only_mistake(compile("gateway.toml", &text)), expected);
    }
    // Roles and actions of other types are other names.
    let other = POLICY.replacen("dataEditor = {}", "dataEditor = {}\nreadonly_2 = {}", 1);
    assert!(compile("gateway.toml", &other).is_ok());
}

#[test]
fn names_that_can_not_be_are_refused() {
    const PARTS: &str = "a part of it is empty: expected letters, digits, `_` or `-` on both sides of each `.` and `:`";
    const ACTION: &str =
        "expected ASCII letters, digits, `_` and `-`, in parts joined by `.` or `:`, a letter first, 64 at most";
    const ROLE: &str = "expected ASCII letters, digits, `_` and `-`, a letter first, 64 at most";
    for (old, new, what, label) in [
        ("\"documents:read\"", "\"documents:\"", "an action", PARTS),
        ("\"documents:read\"", "\"documents..read\"", "an action", PARTS),
        ("\"documents:read\"", "\"documents.:read\"", "an action", PARTS),
        ("\"documents:read\"", "\"documents read\"", "an action", ACTION),
        ("\"documents:read\"", "\"/documents\"", "an action", ACTION),
        ("\"documents:read\"", "\"\"", "an action", ACTION),
        ("readOnly_2 = {}", "readOnly_2 = {}\n\"a:b\" = {}", "a role", ROLE),
        ("readOnly_2 = {}", "readOnly_2 = {}\n-a = {}", "a role", ROLE),
        ("readOnly_2 = {}", "readOnly_2 = {}\n\"é\" = {}", "a role", ROLE),
    ] {
        let [message, found, help] = only_mistake(compile("gateway.toml", &POLICY.replacen(old, new, 1)));
        assert_eq!((message, found.as_str()), (format!("this can't be the name of {what}"), label), "{new}");
        assert!(help.is_empty());
    }
    let [message, label, _] = only_mistake(compile("gateway.toml", &POLICY.replacen("gateway", "Gateway", 1)));
    assert_eq!(message, "this can't be the name of a policy");
    assert_eq!(label, "expected lower-case letters, digits and `_`, a letter first, 64 at most");
}

#[test]
fn a_role_is_no_word_of_a_rule_in_another_case() {
    for (name, word) in [("Self", "self"), ("OPERATOR", "operator"), ("Anyone", "anyone"), ("Nobody", "nobody")] {
        let text = POLICY.replacen("readOnly_2 = {}", &format!("readOnly_2 = {{}}\n{name} = {{}}"), 1);
        let expected = [
            format!("`{name}` differs from `{word}`, a word of the language, by its case alone"),
            "in a rule, this role would be taken for it".to_owned(),
            "give the role another name".to_owned(),
        ];
        assert_eq!(only_mistake(compile("gateway.toml", &text)), expected);
    }
    for name in ["or", "OR", "and", "not", "Owner", "request_2"] {
        let text = POLICY.replacen("readOnly_2 = {}", &format!("readOnly_2 = {{}}\n{name} = {{}}"), 1);
        assert!(compile("gateway.toml", &text).is_ok(), "{name}");
        let in_rule = text.replacen("\"anyone\"", &format!("\"API-Owner | {name}\""), 1);
        assert!(compile("gateway.toml", &in_rule).is_ok(), "{name}");
    }
    let team = POLICY.replacen(
        "[asset-category]\n",
        "[User]\nparent = \"Tenant\"\nteams = true\nroles = { lead = {} }\n[asset-category]\n",
        1,
    );
    let [message, ..] = only_mistake(compile("gateway.toml", &team));
    let expected = "`User` differs from `user`, a type of subjects, by its case alone, so teams can't be called that";
    assert_eq!(message, expected);
}

#[test]
fn an_unknown_name_in_a_rule_is_told_what_it_may_have_meant() {
    for (rule, help) in [
        ("api-owner", "did you mean `API-Owner`?"),
        ("Operator", "did you mean `operator`?"),
        ("tenant.API-Owner", "did you mean `API-Owner`?"),
        (
            "anyone-readOnly_2",
            "`-` is a letter of names; write `anyone & !readOnly_2` for whoever is the one and not the other",
        ),
        (
            "API-Owner-readOnly_2",
            "`-` is a letter of names; write `API-Owner & !readOnly_2` for whoever is the one and not the other",
        ),
        ("xyzzy", "known here: `API-Owner`, `readOnly_2`, `operator`, `anyone`, `nobody`"),
    ] {
        let text = POLICY.replacen("\"anyone\"", &format!("\"{rule}\""), 1);
        let [message, _, found] = only_mistake(compile("gateway.toml", &text));
        assert_eq!((message, found.as_str()), (format!("no role `{rule}` here"), help));
    }
}

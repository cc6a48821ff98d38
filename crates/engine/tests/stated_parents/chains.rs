//! Chains of stated parents one by one: what counts as one, and how a decision about one is explained.

use rollcall_engine::{
    Explanation, Facts as _, Question, Reason, ResourceKey, ResourceRef, StatedFacts, Target, View, decide, explain,
    locate,
};

use crate::support::{TENANT, TenantFacts, compiled, key, subject};

/// A drive of folders in folders, with an editor and a poster of one of them.
fn drive() -> View {
    let root = format!("drive:{TENANT}");
    let facts = TenantFacts::of(&compiled(include_str!("drive.toml")))
        .resource("folder:plans", &root, None, false)
        .resource("folder:shut", &root, None, true)
        .active("edith", &[("folder:plans", "editor")])
        .active("paul", &[("folder:plans", "poster")])
        .active("omar", &[]);
    facts.view()
}

fn folder(id: &str) -> ResourceRef<'_> {
    ResourceRef { kind: "folder", id }
}

/// The target that a question about a resource has, where these parents are stated.
fn located<'a>(view: &View, name: &'a ResourceKey, parents: &'a [ResourceRef<'a>]) -> Target<'a> {
    let resource_type = view.policy().find_type(&name.kind).unwrap();
    locate(view, resource_type, &name.id, StatedFacts { parents, owner: None })
}

fn is_absent(name: &str, parents: &[ResourceRef<'_>]) -> bool {
    located(&drive(), &key(name), parents) == Target::Absent
}

#[test]
fn a_chain_ends_at_a_registered_resource() {
    let root = ResourceRef { kind: "drive", id: TENANT };
    let nameless_root = ResourceRef { kind: "drive", id: "" };
    for parents in [
        &[folder("plans")][..],
        &[folder("new"), folder("plans")],
        &[folder("new"), folder("newer"), root],
        &[folder("new"), nameless_root],
        // Behind it anything may stand.
        &[folder("plans"), ResourceRef { kind: "boat", id: "" }],
    ] {
        assert!(!is_absent("document:note", parents), "{parents:?}");
    }
    for parents in [
        &[][..],
        &[folder("new")],
        &[folder("")],
        // A document is in a folder, and no folder in a document.
        &[root],
        &[folder("new"), ResourceRef { kind: "document", id: "x" }, folder("plans")],
        &[ResourceRef { kind: "boat", id: "" }, folder("plans")],
    ] {
        assert!(is_absent("document:note", parents), "{parents:?}");
    }
}

/// A record is there because somebody is a member: nobody states it.
#[test]
fn no_chain_leads_over_the_record_of_a_member() {
    let (badge, root) = (ResourceRef { kind: "badge", id: "omar" }, ResourceRef { kind: "drive", id: TENANT });
    assert!(is_absent("pin:gold", &[badge, root]));
}

#[test]
fn a_registered_resource_wins_over_what_is_stated() {
    let view = drive();
    let find = |id: &str| view.find(view.policy().find_type("folder").unwrap().id(), id).unwrap();
    let shut = [folder("shut")];
    assert_eq!(located(&view, &key("folder:plans"), &shut), Target::Registered(find("plans")));
    let over_plans = [folder("new"), folder("plans"), folder("shut")];
    let name = key("document:note");
    let target = located(&view, &name, &over_plans);
    assert!(matches!(target, Target::Stated { parent, .. } if parent == find("plans")), "{target:?}");
}

fn explained(view: &View, who: &str, parents: &[ResourceRef<'_>]) -> (Reason, Explanation) {
    let (name, who) = (key("document:note"), subject(who));
    let resource_type = view.policy().find_type("document").unwrap();
    let action = resource_type.find_action("document.write").unwrap();
    let question = Question::new(who.as_ref(), action, located(view, &name, parents));
    let decision = decide(view, &question);
    (decision.reason, explain(view, &question, resource_type, &name, &decision))
}

#[test]
fn a_role_that_does_not_reach_down_ends_at_the_next_folder_stated_or_not() {
    let view = drive();
    let (direct, below) = ([folder("plans")], [folder("new"), folder("plans")]);
    let reason = |who, parents: &[ResourceRef<'_>]| explained(&view, who, parents).0;
    assert_eq!(reason("paul", &direct), Reason::GrantedByRole);
    assert_eq!(reason("paul", &below), Reason::NotGranted);
    assert_eq!(reason("edith", &below), Reason::GrantedByRole);
    assert_eq!(reason("edith", &[folder("new"), folder("shut")]), Reason::ResourceArchived);
}

#[test]
fn the_way_in_is_one_that_counts_from_where_it_can_be_given() {
    let view = drive();
    let ways = |parents: &[ResourceRef<'_>]| -> Vec<String> {
        let ways = explained(&view, "omar", parents).1.ways_in;
        ways.into_iter().map(|way| format!("{} at {}", way.role, way.at)).collect()
    };
    let own = "document.writer at document:note";
    let (poster, editor) = ("folder.poster at folder:plans", "folder.editor at folder:plans");
    assert_eq!(ways(&[folder("plans")]), [own, editor, poster]);
    // A poster of the folder above it is none of the one that is not registered.
    assert_eq!(ways(&[folder("new"), folder("plans")]), [own, editor]);
    let (_, explanation) = explained(&view, "edith", &[folder("new"), folder("plans")]);
    let summary = "`user:edith` may do `document.write` on `document:note`: `document.writer` held at `folder:plans`, \
                   implied by `folder.editor` (policy `drive` line 33: `writer | folder.poster`)";
    assert_eq!(explanation.summary, summary);
}

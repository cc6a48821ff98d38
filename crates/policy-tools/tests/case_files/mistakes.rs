//! A wrong name is one mistake, at the place where it stands first, however often it is used and whatever follows from it.

use rollcall_policy_tools::cases;

use crate::{FOLDERS, LUMICON, compiled, mistakes_of, read, with};

/// A file without a mistake, in which every kind of name is used more than once.
const GOOD: &str = r#"
tenant      = "acme"
non_members = ["nora", "nick"]

[resources]
pier  = "job_site"
quay  = { type = "job_site", parent = "acme" }
wharf = { type = "job_site", parent = "acme", archived = true }

[members]
ada   = { acme = "admin" }
edith = { acme = "user", pier = "editor", quay = "editor" }
emil  = { acme = "user", pier = { role = "editor", until = "2027-01-01T00:00:00Z" }, status = "active" }
vera  = { acme = "user", pier = ["viewer"], quay = "viewer", wharf = "viewer", status = "active" }

[groups]
editors = ["edith", "emil"]
staff   = ["editors", "vera"]

[[case]]
name = "actions"
on   = ["pier", "quay"]
without = ["nick"]
actions = [
  { who = "editors", may = "data.view", may_not = "anything else", reason = "NOT_GRANTED" },
  { who = ["vera", "nora"], may_not = ["data.edit", "report.edit"], reason = "NOT_GRANTED" },
  { who = ["staff", "ada"], may = ["data.view", "data.edit"], may_not = "anything else", reason = "NOT_GRANTED" },
]

[[case]]
name = "writes"
on   = ["pier", "quay"]
writes = [
  { who = "editors", may = "invite", whom = ["nora", "staff"], to = ["viewer", "editor"] },
  { who = ["vera", "editors"], may = ["change", "remove"], may_not = "invite", whom = "vera", from = "viewer", reason = "NOT_PERMITTED" },
  { who = "edith", may = ["change", "remove"], whom = ["vera", "nora"], to = ["editor", "viewer"] },
]

[[case]]
name = "both"
on   = ["wharf", "profile:vera", "job_site:far"]
actions = [{ who = ["editors", "vera"], may_not = "anything", reason = "NOT_GRANTED" }]

[[case]]
name = "both again"
on   = ["wharf", "quay"]
actions = [{ who = ["editors", "vera"], may_not = "anything", reason = "NOT_GRANTED" }]
writes = [{ who = ["editors", "vera"], may_not = "anything", whom = "vera", reason = "NOT_PERMITTED" }]
"#;

/// The mistakes of the file as `LINE:COLUMN: MESSAGE: LABEL; HELP`.
fn found(text: &str) -> Vec<String> {
    let lines = mistakes_of(LUMICON, text).in_lines();
    lines.into_iter().map(|(at, what)| format!("{}: {what}", at.trim_start_matches("policy.tests.toml:"))).collect()
}

/// Where a text stands first, as `LINE:COLUMN`.
fn position(text: &str, part: &str) -> String {
    let at = text.find(part).unwrap_or_else(|| panic!("`{part}` is not there"));
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    format!("{}:{}", text[..at].matches('\n').count() + 1, at - line_start + 1)
}

#[test]
fn the_file_itself_is_good() {
    assert_eq!(read(LUMICON, GOOD).len(), 4);
}

/// Whichever letter is mistyped, what follows from it is no mistake of its own.
#[test]
fn a_mistyped_letter_is_one_mistake_at_most() {
    let mut wrong = 0;
    for (at, _) in GOOD.match_indices(|letter: char| letter.is_ascii_lowercase()) {
        let text = format!("{}q{}", &GOOD[..at], &GOOD[at + 1..]);
        let mistakes = cases::read("policy.tests.toml", &text, &compiled(LUMICON))
            .map_or_else(|found| found.in_lines(), |_| Vec::new());
        assert!(mistakes.len() < 2, "{}: {mistakes:#?}", text[at..].lines().next().unwrap_or_default());
        wrong += mistakes.len();
    }
    assert!(wrong > 700, "{wrong}");
}

/// Names that are misspelt wherever they stand, and the one mistake that this is.
const EVERYWHERE: [(&str, &str, &str); 13] = [
    (
        "\"job_site\"",
        "\"jobsite\"",
        "no resource type `jobsite`: not known here; again on lines 7 and 8; did you mean `job_site`?",
    ),
    (
        "\"viewer\"",
        "\"veiwer\"",
        "no role `veiwer`: not one of `job_site`; again on lines 34, 35 and 36; did you mean `viewer`?",
    ),
    ("\"user\"", "\"usr\"", "no role `usr`: not one of `workspace`; again on lines 13 and 14; did you mean `user`?"),
    (
        "\"data.view\"",
        "\"data.veiw\"",
        "no action `data.veiw`: not one of `job_site`; again on line 27; did you mean `data.view`?",
    ),
    (
        "\"remove\"",
        "\"remvoe\"",
        "no membership write `remvoe`: not one of `job_site`; again on line 36; did you mean `remove`?",
    ),
    (
        "\"NOT_GRANTED\"",
        "\"NOT_GRANDED\"",
        "no reason `NOT_GRANDED`: not known here; again on lines 26, 27, 42 and 1 more; did you mean `NOT_GRANTED`?",
    ),
    (
        "\"NOT_PERMITTED\"",
        "\"NOT_PREMITTED\"",
        "no reason `NOT_PREMITTED`: not known here; again on line 48; did you mean `NOT_PERMITTED`?",
    ),
    ("\"active\"", "\"actve\"", "no status `actve`: not known here; again on line 14; did you mean `active`?"),
    (
        "actions =",
        "actons =",
        "a case has no field `actons`: not known here; again on lines 42 and 47; did you mean `actions`?",
    ),
    (
        "parent =",
        "partent =",
        "the resource `quay` has no field `partent`: not known here; again on line 8; did you mean `parent`?",
    ),
    (
        "on   =",
        "onn  =",
        "a case has no field `onn`: not known here; again on lines 32, 41 and 46; did you mean `on` or `now`?",
    ),
    (
        "whom =",
        "whomm =",
        "a row of `writes` has no field `whomm`: not known here; again on lines 35, 36 and 48; did you mean `whom` or `who`?",
    ),
    (
        "may_not =",
        "may_nott =",
        "a row of `actions` has no field `may_nott`: not known here; again on lines 26, 27, 35 and 3 more; did you mean `may_not`?",
    ),
];

#[test]
fn a_wrong_name_is_one_mistake_however_often_it_is_used() {
    let mut wrong = Vec::new();
    for (old, new, expected) in EVERYWHERE {
        assert!(GOOD.matches(old).count() > 1, "`{old}` stands there {} times", GOOD.matches(old).count());
        let text = GOOD.replace(old, new);
        let (mistakes, expected) = (found(&text), format!("{}: {expected}", position(&text, new)));
        if mistakes != [expected.as_str()] {
            wrong.push((mistakes, expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Declarations that are wrong, and the only mistake that this is, which begins where the last text stands.
const DECLARATIONS: [(&str, &str, &str, &str); 16] = [
    (
        "pier  = \"job_site\"",
        "pier  = \"jobsite\"",
        "\"jobsite\"",
        "no resource type `jobsite`: not known here; did you mean `job_site`?",
    ),
    (
        "pier  = \"job_site\"",
        "pier  = { typ = \"job_site\" }",
        "typ =",
        "the resource `pier` has no field `typ`: not known here; did you mean `type`?",
    ),
    ("pier  = \"job_site\"", "pier  = 3", "3", "the resource `pier` must be a table: found an integer"),
    (
        "parent = \"acme\" }",
        "parent = \"acm\" }",
        "\"acm\"",
        "no registered resource `acm`: not known here; did you mean `acme`?",
    ),
    (
        "quay = \"viewer\"",
        "quay = \"veiwer\"",
        "\"veiwer\"",
        "no role `veiwer`: not one of `job_site`; did you mean `viewer`?",
    ),
    (
        "pier = [\"viewer\"]",
        "peir = [\"viewer\"]",
        "peir =",
        "no registered resource `peir`: not known here; did you mean `pier`?",
    ),
    (
        "{ role = \"editor\", ",
        "{ rol = \"editor\", ",
        "rol =",
        "a role at `pier` has no field `rol`: not known here; did you mean `role`?",
    ),
    (
        "status = \"active\" }\nvera",
        "statsu = \"active\" }\nvera",
        "statsu =",
        "no registered resource `statsu`: not known here; did you mean `status`?",
    ),
    (
        "ada   =",
        "\"user:ada\" = { type = \"service\" }\nada   =",
        "\"user:ada\"",
        "`user:ada` can be read as the `user` `ada`, and as the `service` `user:ada`: expected a name with one meaning; write `\"service:user:ada\"`, or a name that does not begin with `user:`, and `id = \"user:ada\"`",
    ),
    (
        "editors = [\"edith\", \"emil\"]",
        "editors = [\"edith\", \"emli\"]",
        "\"emli\"",
        "no subject `emli`: not known here; did you mean `emil`?",
    ),
    (
        "editors = [\"edith\", \"emil\"]",
        "editors = 3",
        "3\nstaff",
        "`editors` must be a string, or a list of strings: found an integer",
    ),
    (
        "[resources]",
        "[resorces]",
        "resorces",
        "a file of cases has no field `resorces`: not known here; did you mean `resources`?",
    ),
    (
        "[members]",
        "[member]",
        "member]",
        "a file of cases has no field `member`: not known here; did you mean `members`?",
    ),
    ("[groups]", "[group]", "group]", "a file of cases has no field `group`: not known here; did you mean `groups`?"),
    (
        "non_members =",
        "nonmembers =",
        "nonmembers",
        "a file of cases has no field `nonmembers`: not known here; did you mean `non_members`?",
    ),
    (
        "tenant      =",
        "tennant     =",
        "tennant",
        "a file of cases has no field `tennant`: not known here; did you mean `tenant`?",
    ),
];

#[test]
fn what_is_declared_wrong_is_no_mistake_where_it_is_used() {
    let mut wrong = Vec::new();
    for (old, new, at, expected) in DECLARATIONS {
        let text = with(GOOD, old, new);
        let (mistakes, expected) = (found(&text), format!("{}: {expected}", position(&text, at)));
        if mistakes != [expected.as_str()] {
            wrong.push((mistakes, expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The name of a field is none for a resource, and what members have there is not read as that field.
#[test]
fn a_name_that_no_resource_can_have_is_one_mistake() {
    let text = GOOD.replace("quay", "locked");
    let mistake = "this can't be the name of a resource: expected a name other than `status`, `locked`, `type`, `id`; \
                   give it another name, and this as its `id`";
    assert_eq!(found(&text), [format!("{}: {mistake}", position(&text, "locked"))]);
}

#[test]
fn a_wrong_name_of_people_and_resources_is_one_mistake_wherever_it_is_used() {
    for (from, name, message) in [
        // A person: in groups, as an owner is in `[resources]`, in every case.
        (17, "vera", "no subject `vera`: not known here"),
        (17, "editors", "no subject `editors`: not known here"),
        (20, "quay", "no resource `quay`: not known here"),
    ] {
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        for line in lines.iter_mut().skip(from) {
            *line = line.replace(&format!("\"{name}\""), &format!("\"{name}x\""));
        }
        let mistakes = found(&lines.join("\n"));
        let expected = message.replace(name, &format!("{name}x"));
        assert!(mistakes.len() == 1 && mistakes[0].contains(&expected), "{mistakes:#?}");
        assert!(mistakes[0].contains("; again on line") && mistakes[0].contains(&format!("`{name}`?")), "{mistakes:?}");
    }
}

/// The mistakes of one row do not hide those of the next, nor one name the other.
#[test]
fn different_wrong_names_are_all_found() {
    let row = "{ who = [\"vero\", \"edit\"], may = [\"data.veiw\", \"data.eidt\"], may_not = \"anything else\", reason = \"NOT_GRANDED\" },";
    let text = with(GOOD, "actions = [\n", &format!("actions = [\n  {row}\n  {row}\n"));
    let found = found(&text);
    let names: Vec<&str> = found.iter().filter_map(|mistake| mistake.split('`').nth(1)).collect();
    assert_eq!(names, ["vero", "edit", "data.veiw", "data.eidt", "NOT_GRANDED"], "{found:#?}");
    assert!(found.iter().all(|mistake| mistake.contains("again on line 26")), "{found:#?}");
}

/// A role, action, write or reason that is known elsewhere is another mistake for each type that lacks it.
#[test]
fn a_name_of_another_type_is_a_mistake_of_its_own() {
    let case = "[[case]]\nname = \"a\"\non = [\"acme\", \"pier\", \"profile:vera\"]\nactions = [\n\
                { who = \"ada\", may = \"data.edit\" },\n{ who = \"ada\", may = \"units.update\" },\n]\n\
                [[case]]\nname = \"b\"\non = [\"pier\", \"acme\"]\nwrites = [\n\
                { who = \"ada\", may = \"lock\", whom = \"vera\" },\n{ who = \"ada\", may = \"invite\", whom = \"nora\", to = \"editor\" },\n\
                { who = \"ada\", may_not = \"invite\", whom = \"nora\", reason = \"MEMBER_LOCKED\" },\n]\n";
    let found = found(&format!("{GOOD}{case}"));
    let messages: Vec<&str> = found.iter().filter_map(|mistake| mistake.split(": ").nth(1)).collect();
    let expected = [
        "no action `data.edit`",
        "no action `units.update`",
        "no membership write `lock`",
        "no role `editor`",
        "no reason `MEMBER_LOCKED`",
    ];
    assert_eq!(messages, expected, "{found:#?}");
}

#[test]
fn somebody_who_is_left_out_is_not_asked_about() {
    let text = with(GOOD, "without = [\"nick\"]", "without = [\"nick\", \"ada\"]");
    let label = "`ada` is left out of this case: named in its `without`";
    assert_eq!(found(&text), [format!("{}: {label}", position(&text, "\"ada\"], may ="))]);
}

#[test]
fn only_what_is_in_a_circle_is_below_itself() {
    let text = "tenant = \"acme\"\n[resources]\na = { type = \"folder\", parent = \"b\" }\n\
                b = { type = \"folder\", parent = \"a\" }\nc = { type = \"folder\", parent = \"a\" }\n";
    let found = mistakes_of(FOLDERS, text);
    let messages: Vec<&str> = found.list().iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(messages, ["`a` is below itself", "`b` is below itself"]);
}

/// Each is looked for among all that is known, so of many only the first are.
#[test]
fn thousands_of_wrong_names_are_counted() {
    let names: Vec<String> = (0..200).map(|number| format!("\"nobody{number}\"")).collect();
    let rows = (0..40).map(|row| {
        format!("{{ who = [{}], may = \"anything\" }},\n", names.join(", ").replace("nobody", &format!("row{row}_")))
    });
    let text = format!("{GOOD}[[case]]\nname = \"a\"\non = \"acme\"\nactions = [\n{}]\n", rows.collect::<String>());
    let found = mistakes_of(LUMICON, &text);
    assert_eq!(found.list().len(), 100);
    assert!(found.render(false).ends_with("\n\nand 7900 more"));
}

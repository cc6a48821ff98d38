//! Emails, ids and names have one form, whichever RPC takes them: every form of the tables is sent through every field of
//! the contract that it fits, which must all refuse it, or all answer as they answer the form that is kept.

mod emails;
mod fields;
mod table;

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MethodDescriptor, Value as Field};
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    conversation::{self, SETTINGS, Variables, call, message, methods},
    support::{
        TestServer,
        error::{fields_of, reason_of},
        golden,
    },
};
use emails::emails;
use fields::{FormField, Holds};
use table::{Form, ids, names, phones, request_ids, usernames};

/// A server on which the conversation has got to the first acceptance, and every email of the table is invited.
struct Stage {
    server: TestServer,
    /// A request of every RPC, without what would keep its answer from depending on a field.
    requests: BTreeMap<String, DynamicMessage>,
    fields: Vec<FormField>,
}

impl Stage {
    async fn new() -> Self {
        let server = TestServer::with(SETTINGS).await;
        let (methods, mut variables) = (methods(), Variables::default());
        for step in conversation::steps() {
            let method = &methods[&step.name];
            let answer = call(&server.api.channel, method, &message(method, &variables.fill(&step.request))).await;
            variables.take(&step, &answer.expect("the conversation is allowed"));
            if step.name == "AcceptInvitation" {
                break;
            }
        }
        let kept = emails().into_iter().filter(|form| form.kept.as_ref() == Some(&form.sent));
        let grants = json!([{"resource": {"type": "studio"}, "role": "artist"}]);
        let invitees: Vec<_> = kept.map(|form| json!({"email": form.sent, "grants": grants})).collect();
        let invite = json!({"tenant": "acme", "actor": {"id": "ada"}, "invitees": invitees});
        call(&server.api.channel, &methods["Invite"], &message(&methods["Invite"], &invite))
            .await
            .expect("a manager may");
        let requests = requests(&methods, &variables);
        Self { server, requests, fields: fields::of_the_contract(&methods) }
    }

    /// The fields of a kind, but for the one that no write supports yet.
    fn fields(&self, holds: Holds) -> Vec<&FormField> {
        let found = self.fields.iter().filter(|field| field.holds == holds && field.path() != "impersonator.id");
        found.collect()
    }

    async fn send(&self, field: &FormField, kind: &str, text: &str) -> Result<Value, Status> {
        let mut request = self.requests[field.method.name()].clone();
        if field.method.name() == "DeclineInvitation" && kind == "email" {
            // Whoever declines without an account names the same email twice.
            request.set_field_by_name("email", Field::String(text.to_owned()));
        }
        field.set(&mut request, kind, text);
        call(&self.server.api.channel, &field.method, &request).await
    }

    /// How a request with this text in a field is answered; none if it is refused for that field.
    async fn answer(&self, field: &FormField, kind: &str, text: &str) -> Option<String> {
        let path = field.path();
        match self.send(field, kind, text).await {
            Ok(answer) => {
                let wrong = answer.pointer("/results/0/error/field").and_then(Value::as_str);
                let is_refused = wrong.is_some_and(|wrong| path == format!("items[0].{wrong}"));
                (!is_refused).then(|| golden::masked(answer).to_string())
            }
            Err(status) if status.code() == Code::InvalidArgument && fields_of(&status).contains(&path) => None,
            Err(status) => {
                let metadata = status.get_details_error_info().map(|info| info.metadata);
                let metadata: BTreeMap<_, _> = metadata.unwrap_or_default().into_iter().collect();
                Some(format!("{:?} {} {metadata:?}", status.code(), status.message()))
            }
        }
    }

    /// Sends the forms through every field of a kind; those of subjects and resources with this type.
    async fn assert_alike(&self, holds: Holds, kind: &str, forms: &[Form], at_least: usize) {
        let fields = self.fields(holds);
        assert!(fields.len() >= at_least, "{} fields of the contract are {holds:?}", fields.len());
        for field in fields {
            let mut of_kept = BTreeMap::new();
            for Form { sent, kept } in forms {
                let name = format!("{} of {}: {}", field.path(), field.method.name(), sent.escape_unicode());
                let answer = self.answer(field, kind, sent).await;
                if kept.as_ref() == Some(sent) {
                    of_kept.insert(sent.as_str(), answer.clone());
                }
                // In a table a form that is kept comes before its other spellings.
                let expected = kept.as_ref().and_then(|kept| of_kept[kept.as_str()].clone());
                assert_eq!(answer.is_some(), kept.is_some(), "{name}: {answer:?}");
                assert_eq!(answer, expected, "{name}");
            }
        }
    }
}

/// A request of every RPC, as the conversation has it: writes as dry runs, and without request ids, filters that would
/// leave nothing to list, and what is used already.
fn requests(methods: &BTreeMap<String, MethodDescriptor>, variables: &Variables) -> BTreeMap<String, DynamicMessage> {
    let mut requests = BTreeMap::new();
    for step in conversation::steps().into_iter().filter(|step| step.is_kept) {
        let mut request = step.request;
        match step.name.as_str() {
            "CreateTenant" => request["tenant"] = "another".into(),
            "AcceptInvitation" => request["invitationToken"] = "$TURNED_DOWN".into(),
            "DeclineInvitation" => request["actor"] = json!({"id": "dan"}),
            _ => {}
        }
        let method = &methods[&step.name];
        let mut request = message(method, &variables.fill(&request));
        for name in ["request_id", "kinds", "statuses"] {
            request.clear_field_by_name(name);
        }
        if method.input().get_field_by_name("validate_only").is_some() {
            request.set_field_by_name("validate_only", Field::Bool(true));
        }
        requests.insert(step.name, request);
    }
    assert!(requests.keys().eq(methods.keys()), "every RPC has a request");
    requests
}

#[tokio::test]
async fn an_email_has_one_form_in_every_call() {
    let stage = Stage::new().await;
    stage.assert_alike(Holds::Email, "", &emails(), 9).await;
    stage.assert_alike(Holds::Subject, "email", &emails(), 45).await;
}

#[tokio::test]
async fn an_id_has_one_form_in_every_call() {
    let stage = Stage::new().await;
    stage.assert_alike(Holds::Subject, "user", &ids(), 45).await;
    stage.assert_alike(Holds::Resource, "project", &ids(), 23).await;
    stage.assert_alike(Holds::Id, "", &ids(), 3).await;
    stage.assert_alike(Holds::RequestId, "", &request_ids(), 23).await;
}

#[tokio::test]
async fn names_and_numbers_of_people_have_one_form_in_every_call() {
    let stage = Stage::new().await;
    stage.assert_alike(Holds::Username, "", &usernames(), 4).await;
    stage.assert_alike(Holds::Phone, "", &phones(), 4).await;
    stage.assert_alike(Holds::Name, "", &names(), 7).await;
}

#[tokio::test]
async fn what_is_answered_is_the_form_that_is_kept() {
    let stage = Stage::new().await;
    for (path, forms, pointer) in [
        ("profile.emails[0].email", emails(), "/firstMember/profile/emails/0/email"),
        ("profile.username", usernames(), "/firstMember/profile/username"),
        ("profile.phone", phones(), "/firstMember/profile/phone"),
        ("profile.display_name", names(), "/firstMember/profile/displayName"),
        ("display_name", names(), "/tenant/displayName"),
        ("first_member.id", ids(), "/firstMember/subject/id"),
    ] {
        let is_this = |field: &&FormField| field.method.name() == "CreateTenant" && field.path() == path;
        let field = stage.fields.iter().find(is_this).expect("the contract has it");
        for Form { sent, kept } in forms {
            let Some(kept) = kept else { continue };
            let answer = stage.send(field, "user", &sent).await.expect("it fits");
            assert_eq!(answer.pointer(pointer), Some(&json!(kept)), "{path}: {}", sent.escape_unicode());
        }
    }
}

#[tokio::test]
async fn a_field_that_is_not_supported_yet_is_refused_by_name() {
    let stage = Stage::new().await;
    let later: Vec<_> = stage.fields.iter().filter(|field| field.path() == "impersonator.id").collect();
    assert!(!later.is_empty(), "take the exception for `impersonator` out");
    for field in later {
        let status = stage.send(field, "user", "edith").await.expect_err("no write heeds it");
        assert_eq!(reason_of(&status), "FIELD_NOT_SUPPORTED", "{}", field.method.name());
    }
}

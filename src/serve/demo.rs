//! The sample tenant of `--demo`, created by the same governed writes that every client uses.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    sync::Arc,
};

use rollcall_engine::{Grant, Profile, ResourceKey, Subject, kind};

use crate::{
    serve::error::Error,
    service::{
        self, AcceptInvitation, Caller, CreateResource, CreateTenant, ErrorKind, Invite, Invitee, RequestContext,
        Service, Who,
    },
};

const TENANT: &str = "acme";
const ADMIN: &str = "ada";

/// People of the sample tenant: id, name, job site, role there.
const PEOPLE: [(&str, &str, &str, &str); 3] = [
    ("edith", "Edith Ember", "harbour", "editor"),
    ("victor", "Victor Vale", "harbour", "viewer"),
    ("quentin", "Quentin Quarry", "quarry", "editor"),
];

/// Creates the sample tenant unless it exists, and prints calls to try.
pub(super) async fn prepare(service: &Arc<Service>, address: SocketAddr) -> Result<(), Error> {
    match service.tenant(TENANT).await {
        Ok(_) => {}
        Err(error) if error.kind == ErrorKind::NotFound => create(service).await?,
        Err(error) => return Err(error.into()),
    }
    Ok(print(address)?)
}

async fn create(service: &Arc<Service>) -> service::Result<()> {
    let operator = Subject::new(kind::OPERATOR, "demo");
    let tenant = CreateTenant {
        display_name: "Acme Building".to_owned(),
        policy: "lumicon".to_owned(),
        policy_version: 0,
        first_member: Subject::user(ADMIN),
        profile: profile(ADMIN, "Ada Archer"),
    };
    service.write(call(&operator), tenant).await?;
    let admin = Subject::user(ADMIN);
    for (id, display_name) in [("harbour", "Harbour Bridge"), ("quarry", "Old Quarry")] {
        let resource = ResourceKey::new("job_site", id);
        let site = CreateResource { resource, parent: None, display_name: display_name.to_owned() };
        service.write(call(&admin), site).await?;
    }
    for (id, name, site, role) in PEOPLE {
        let invite = Invite {
            invitees: vec![Invitee {
                who: Who::Email(email(id)),
                display_name: name.to_owned(),
                grants: vec![Grant::permanent(ResourceKey::new("job_site", site), role)],
            }],
        };
        let invited = service.write(call(&admin), invite).await?;
        let issued = invited.answer.results.into_iter().find_map(|result| result.issued);
        let token = issued.map(|issued| issued.token).unwrap_or_default();
        service.write(call(&Subject::user(id)), AcceptInvitation { token, profile: profile(id, name) }).await?;
    }
    Ok(())
}

fn call(actor: &Subject) -> RequestContext {
    RequestContext {
        tenant: TENANT.to_owned(),
        actor: actor.clone(),
        caller: Arc::new(Caller::unlimited(Caller::SERVER, true)),
        trace_id: None,
        reason: String::new(),
        idempotency_key: None,
        validate_only: false,
    }
}

fn email(id: &str) -> String {
    format!("{id}@acme.example")
}

fn profile(id: &str, name: &str) -> Profile {
    Profile { display_name: name.to_owned(), email: Some(email(id)), ..Profile::default() }
}

fn print(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "The sample tenant `{TENANT}` runs the policy `lumicon`. Try:\n")?;
    let calls = [
        ("AuthorizationService/Check", check("edith", "data.edit", "")),
        ("AuthorizationService/Check", check("victor", "data.edit", r#","explain":true"#)),
        ("MembershipService/ListMembers", format!(r#"{{"tenant":"{TENANT}",{HARBOUR}}}"#)),
        (
            "MembershipService/ChangeRole",
            format!(
                r#"{{"tenant":"{TENANT}","actor":{{"id":"edith"}},"member":{{"id":"victor"}},{HARBOUR},"role":"editor","validate_only":true}}"#
            ),
        ),
    ];
    for (method, body) in calls {
        writeln!(out, "  grpcurl -plaintext -d '{body}' {address} rollcall.v1.{method}\n")?;
    }
    out.flush()
}

const HARBOUR: &str = r#""resource":{"type":"job_site","id":"harbour"}"#;

fn check(who: &str, action: &str, more: &str) -> String {
    format!(r#"{{"tenant":"{TENANT}","subject":{{"id":"{who}"}},"action":"{action}",{HARBOUR}{more}}}"#)
}

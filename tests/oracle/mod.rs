//! The oracle: it reads a policy's text and says what every write comes to, in the plainest way, by walking trees and
//! maps. It uses nothing of the engine or the service, and must not, or both could be wrong alike.

#![allow(dead_code, unused_imports, reason = "every test program uses its own part")]

mod actors;
mod expression;
mod facts;
mod generator;
mod invariants;
mod invitations;
mod invite;
mod memberships;
mod names;
mod operations;
mod permission;
mod policy;
mod policy_reader;
mod preconditions;
mod renewal;
mod rules;
mod tokens;

pub use self::{
    actors::Actors,
    facts::{AssignedRole, Invitation, Key, Member, ModelFacts, NEVER, Profile, Resource},
    generator::Generator,
    operations::{Operation, OperationKind, RoleChange, Who},
    policy::{DAY, PolicyFile},
    rules::{Verdict, decide},
    tokens::{IssuedInvitation, Tokens},
};

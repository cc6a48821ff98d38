//! Teams that one request puts in teams. Each is decided on the facts before the write; together they may still make a
//! circle, or a chain that is too long.

use rollcall_engine::{MembershipWrite, Nesting, Subject, nesting_refusals};

use crate::service::{
    error::{Error, Result},
    write::engine::{
        context::{ResourceNode, WriteContext},
        refuse,
    },
};

/// A role of the request that puts a team in another.
struct NestedTeam {
    /// The indexes of the invitee and of its grant in the request.
    path: (usize, usize),
    team: Subject,
    resource: ResourceNode,
    write: MembershipWrite,
}

/// The roles of a request that put teams in others.
#[derive(Default)]
pub(crate) struct NestedTeams {
    teams: Vec<NestedTeam>,
    /// What each of them comes to, in the same order.
    nestings: Vec<Nesting>,
}

impl NestedTeams {
    /// Notes a role that is permitted, by the indexes of its invitee and grant; only if it puts a team in another.
    pub(crate) fn add(
        &mut self,
        context: &WriteContext<'_>,
        path: (usize, usize),
        team: &Subject,
        resource: ResourceNode,
        write: MembershipWrite,
    ) -> Result<()> {
        let nesting = context.with_facts(|facts| Ok(Nesting::find(facts, resource.node, team.as_ref())))?;
        if let Some(nesting) = nesting {
            self.teams.push(NestedTeam { path, team: team.clone(), resource, write });
            self.nestings.push(nesting);
        }
        Ok(())
    }

    /// The roles that are refused because of the others, by the indexes of invitee and grant.
    pub(crate) fn refusals(&self, context: &WriteContext<'_>) -> Result<Vec<((usize, usize), Error)>> {
        // Of one alone it is decided already.
        if self.nestings.len() < 2 {
            return Ok(Vec::new());
        }
        context.with_facts(|facts| {
            let decided = self.teams.iter().zip(nesting_refusals(facts, &self.nestings));
            let refused = decided.filter_map(|(nested, refusal)| {
                let (request, node) = (context.request, nested.resource.node);
                let error = refuse::membership_write(
                    facts,
                    &request.actor,
                    node,
                    &nested.team,
                    nested.write,
                    refusal.as_ref()?,
                );
                Some((nested.path, error))
            });
            Ok(refused.collect())
        })
    }
}

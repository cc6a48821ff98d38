//! The registered resources of a view: adding, changing and removing them.

use crate::{
    domain::{Resource, ResourceKey, ResourceRef, Subject},
    facts::{Facts, Node},
    model::Registration,
    view::{
        apply::Diverged,
        facts::{NodeRow, View},
    },
};

impl View {
    pub(crate) fn add_resource(&mut self, resource: &Resource) -> Result<(), Diverged> {
        let parent = match &resource.parent {
            Some(parent) => Some(self.locate(parent.as_ref()).ok_or(Diverged)?),
            None => None,
        };
        let node = self.add_node(resource.key.as_ref(), resource.owner.clone(), resource.archived).ok_or(Diverged)?;
        self.set_parent(node, parent);
        self.insert_in_order(node);
        if let Some(ids) = self.deleted.get_mut(&self.resource(node).resource_type) {
            ids.remove(resource.key.id.as_str());
        }
        Ok(())
    }

    /// Remembers that a resource was deleted, where a request could state it.
    pub(crate) fn add_deleted(&mut self, key: ResourceRef<'_>) {
        let found = self.policy.type_named(key.kind);
        if let Some(resource_type) = found.filter(|found| found.registration() == Registration::Optional) {
            self.deleted.entry(resource_type.id()).or_default().insert(key.id.into());
        }
    }

    /// Adds a node without a parent. None when its type is not one of the policy's.
    pub(crate) fn add_node(&mut self, key: ResourceRef<'_>, owner: Option<Subject>, archived: bool) -> Option<Node> {
        let resource_type = self.policy.type_named(key.kind)?.id();
        let row = NodeRow { id: key.id.into(), owner: owner.map(Box::new), parent: None, resource_type, archived };
        let index = match self.free_nodes.pop() {
            Some(free) => free,
            None => u32::try_from(self.nodes.len()).ok()?,
        };
        match self.nodes.get_mut(index as usize) {
            Some(slot) => *slot = row,
            None => self.nodes.push(row),
        }
        self.node_index.insert((resource_type, key.id), index, Self::node_key(&self.nodes));
        Some(Node(index))
    }

    pub(crate) fn set_archived(&mut self, key: &ResourceKey, archived: bool) -> Result<(), Diverged> {
        self.node_row(key)?.archived = archived;
        Ok(())
    }

    pub(crate) fn set_owner(&mut self, key: &ResourceKey, owner: Option<Subject>) -> Result<(), Diverged> {
        self.node_row(key)?.owner = owner.map(Box::new);
        Ok(())
    }

    pub(crate) fn move_resource(&mut self, key: &ResourceKey, parent: &ResourceKey) -> Result<(), Diverged> {
        let parent = self.locate(parent.as_ref()).ok_or(Diverged)?;
        self.node_row(key)?.parent = Some(parent);
        Ok(())
    }

    pub(crate) fn set_parent(&mut self, node: Node, parent: Option<Node>) {
        if let Some(row) = self.nodes.get_mut(node.0 as usize) {
            row.parent = parent;
        }
    }

    /// Removes a resource at which no role is bound any more, and below which there is no other.
    pub(crate) fn remove_node(&mut self, key: &ResourceKey) -> Result<(), Diverged> {
        let node = self.locate(key.as_ref()).ok_or(Diverged)?;
        let resource_type = self.resource(node).resource_type;
        let id = |node: Node| self.nodes.get(node.0 as usize).map(|row| &*row.id);
        if let Some(ordered) = self.nodes_by_type.get_mut(usize::from(resource_type)) {
            let position = ordered.partition_point(|other| id(*other) < Some(key.id.as_str()));
            if ordered.get(position) == Some(&node) {
                ordered.remove(position);
            }
        }
        self.node_index.remove((resource_type, key.id.as_str()), node.0);
        self.free_nodes.push(node.0);
        self.add_deleted(key.as_ref());
        Ok(())
    }

    /// The node of a resource, by its name.
    pub(crate) fn locate(&self, key: ResourceRef<'_>) -> Option<Node> {
        self.find(self.policy.type_named(key.kind)?.id(), key.id)
    }

    fn node_row(&mut self, key: &ResourceKey) -> Result<&mut NodeRow, Diverged> {
        let node = self.locate(key.as_ref()).ok_or(Diverged)?;
        self.nodes.get_mut(node.0 as usize).ok_or(Diverged)
    }

    fn insert_in_order(&mut self, node: Node) {
        let (resource_type, nodes) = (self.resource(node).resource_type, &self.nodes);
        let id = |node: Node| nodes.get(node.0 as usize).map(|row| &*row.id);
        if let Some(ordered) = self.nodes_by_type.get_mut(usize::from(resource_type)) {
            let position = ordered.partition_point(|other| id(*other) < id(node));
            ordered.insert(position, node);
        }
    }
}

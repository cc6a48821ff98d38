-- Distributes the tables of Rollcall by tenant, on Citus. Run it once, on the coordinator, after `rollcall migrate`:
--
--   psql "$url" -v ON_ERROR_STOP=1 -f deploy/citus.sql
--
-- All or nothing. If the database has data, stop the servers first: every table is locked while its rows are copied.

BEGIN;

-- Shards of tables that refer to each other are made over one connection for each worker.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- A tenant's rows of all tables are on one node, so that a write is a transaction of that node alone. A table comes
-- after those that its foreign keys refer to: Citus refuses a foreign key to a table that is local still.
SELECT create_distributed_table('tenant', 'tenant_id');
SELECT create_distributed_table('member', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('resource', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('binding', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('tombstone', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('invitation', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('invitation_link', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('log_commit', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('log_change', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('request', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('checkpoint', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('profile', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('address', 'tenant_id', colocate_with => 'tenant');
SELECT create_distributed_table('reason', 'tenant_id', colocate_with => 'tenant');

-- Of no tenant, small, and read far more often than written, so each node has a copy: `owner` says what the store is,
-- `policy_text` has the texts of policies. Only whoever migrates needs `lease` and `seaql_migrations`: they stay local
-- to the coordinator.
SELECT create_reference_table('owner');
SELECT create_reference_table('policy_text');

COMMIT;

-- Stands in for Citus: functions of its names and arguments that refuse what it would refuse, and note what they were
-- asked for. They distribute nothing.

CREATE SCHEMA citus_stub;

CREATE TABLE citus_stub.noted (
    relation regclass PRIMARY KEY,
    -- The column that the table is distributed by; none for a reference table.
    distributed_by name,
    -- The table that this one is together with.
    colocated_with regclass
);

-- A column of a table, by its name.
CREATE FUNCTION citus_stub.attribute(relation regclass, name text) RETURNS pg_attribute LANGUAGE plpgsql AS $$
DECLARE
    found pg_attribute;
BEGIN
    SELECT * INTO found FROM pg_attribute WHERE attrelid = relation AND attname = name AND NOT attisdropped;
    IF found.attnum IS NULL THEN
        RAISE 'column "%" of relation "%" does not exist', name, relation;
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION citus_stub.note(relation regclass, by_column name, together regclass) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM citus_stub.noted n WHERE n.relation = note.relation) THEN
        RAISE 'table "%" is already distributed', relation;
    END IF;
    INSERT INTO citus_stub.noted VALUES (relation, by_column, together);
END $$;

-- A unique index is kept by each node alone, so the column that says which node a row is on must be in it.
CREATE FUNCTION citus_stub.check_unique_indexes(relation regclass, by_column name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number smallint := (citus_stub.attribute(relation, by_column)).attnum;
    wrong regclass;
BEGIN
    SELECT indexrelid INTO wrong FROM pg_index
        WHERE indrelid = relation AND (indisunique OR indisexclusion)
            AND number <> ALL ((indkey::smallint[])[0:indnkeyatts - 1]);
    IF wrong IS NOT NULL THEN
        RAISE 'unique index "%" of "%" does not include the distribution column', wrong, relation;
    END IF;
END $$;

-- A foreign key leads to rows of the same node: of a table that is distributed together with this one, with the column
-- on both sides of the key, or of a reference table.
CREATE FUNCTION citus_stub.check_foreign_keys(relation regclass, by_column name, together regclass) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    number smallint := (citus_stub.attribute(relation, by_column)).attnum;
    foreign_key pg_constraint;
    other citus_stub.noted;
BEGIN
    FOR foreign_key IN SELECT * FROM pg_constraint WHERE conrelid = relation AND contype = 'f' LOOP
        IF foreign_key.confrelid = relation THEN
            other := ROW(relation, by_column, together);
        ELSE
            SELECT n.* INTO other FROM citus_stub.noted n WHERE n.relation = foreign_key.confrelid;
        END IF;
        IF other.relation IS NULL THEN
            RAISE 'foreign key "%" of "%" refers to a local table', foreign_key.conname, relation;
        ELSIF other.distributed_by IS NULL THEN
            CONTINUE;
        ELSIF other.colocated_with <> together THEN
            RAISE 'foreign key "%" of "%" refers to a table that is not colocated', foreign_key.conname, relation;
        ELSIF array_position(foreign_key.conkey, number) IS DISTINCT FROM array_position(
            foreign_key.confkey, (citus_stub.attribute(other.relation, other.distributed_by)).attnum
        ) OR number <> ALL (foreign_key.conkey) THEN
            RAISE 'foreign key "%" of "%" does not include the distribution column', foreign_key.conname, relation;
        END IF;
    END LOOP;
END $$;

-- Tables are together only where that is said. Citus also puts those together of which nothing is said, if their
-- columns are of one type.
CREATE FUNCTION create_distributed_table(
    table_name regclass,
    distribution_column text,
    distribution_type text DEFAULT 'hash',
    colocate_with text DEFAULT 'default',
    shard_count integer DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mine pg_attribute := citus_stub.attribute(table_name, distribution_column);
    theirs pg_attribute;
    other citus_stub.noted;
    together regclass := table_name;
BEGIN
    IF distribution_type <> 'hash' THEN
        RAISE 'distribution type "%" is not expected', distribution_type;
    END IF;
    IF colocate_with NOT IN ('default', 'none') THEN
        SELECT n.* INTO other FROM citus_stub.noted n WHERE n.relation = colocate_with::regclass;
        IF other.distributed_by IS NULL THEN
            RAISE 'relation "%" is not distributed', colocate_with;
        END IF;
        theirs := citus_stub.attribute(other.relation, other.distributed_by);
        IF (mine.atttypid, mine.attcollation) IS DISTINCT FROM (theirs.atttypid, theirs.attcollation) THEN
            RAISE 'cannot colocate "%" and "%", whose columns are compared differently', table_name, other.relation;
        END IF;
        together := other.colocated_with;
    END IF;
    PERFORM citus_stub.check_unique_indexes(table_name, distribution_column);
    PERFORM citus_stub.check_foreign_keys(table_name, distribution_column, together);
    PERFORM citus_stub.note(table_name, distribution_column, together);
END $$;

CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong name;
BEGIN
    SELECT conname INTO wrong FROM pg_constraint c JOIN citus_stub.noted n ON n.relation = c.confrelid
        WHERE c.conrelid = table_name AND c.contype = 'f' AND n.distributed_by IS NOT NULL;
    IF wrong IS NOT NULL THEN
        RAISE 'foreign key "%" of "%" refers to a distributed table', wrong, table_name;
    END IF;
    PERFORM citus_stub.note(table_name, NULL, NULL);
END $$;

-- The log's tables. Each statement is one that PostgreSQL's kin understand too.

-- Where each shard's log ends, and the newest fence that may write to it.
CREATE TABLE log_shard (
    shard integer PRIMARY KEY,
    next bigint NOT NULL,
    hash bytea NOT NULL,
    fence bigint NOT NULL,
    -- Counts the questions after an append of which nobody knew whether it had arrived.
    asked bigint NOT NULL
);

-- The records, byte for byte as in every other store: this is the log.
CREATE TABLE log_record (
    shard integer NOT NULL,
    first bigint NOT NULL,
    events integer NOT NULL,
    hash bytea NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (shard, first)
);

-- The same events in columns, written with the record that holds them: for SQL, and so that a stream can have each
-- version once.
CREATE TABLE log_event (
    shard integer NOT NULL,
    position bigint NOT NULL,
    record bigint NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    kind text NOT NULL,
    schema integer NOT NULL,
    at_ms bigint NOT NULL,
    input text NOT NULL,
    cause_key text NOT NULL,
    actor text NOT NULL,
    data jsonb,
    PRIMARY KEY (shard, position),
    UNIQUE (shard, stream, version)
);

-- Small named values beside the log.
CREATE TABLE log_cursor (
    shard integer NOT NULL,
    name text NOT NULL,
    turn bigint NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (shard, name)
);

-- Who holds each shard, until when by this server's clock.
CREATE TABLE log_lease (
    shard integer PRIMARY KEY,
    fence bigint NOT NULL,
    holder text,
    expires_at timestamptz NOT NULL
);

-- Which runners are there, until when by this server's clock.
CREATE TABLE log_runner (
    runner text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- What a runner has worked out of the log for those who ask in SQL: as it stood after the event at `as_of`.
CREATE TABLE log_view (
    shard integer NOT NULL,
    view text NOT NULL,
    key text NOT NULL,
    as_of bigint NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (shard, view, key)
);

-- How far the rows of each view have come.
CREATE TABLE log_view_head (
    shard integer NOT NULL,
    view text NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (shard, view)
);

-- Every event of every shard.
CREATE VIEW events AS
SELECT shard,
       position,
       stream,
       split_part(stream, '/', 1) AS workflow,
       split_part(stream, '/', 2) AS tenant,
       split_part(stream, '/', 3) AS key,
       version AS seq,
       kind AS type,
       schema,
       CASE WHEN at_ms BETWEEN -62135596800000 AND 253402300799999
            THEN timestamptz '1970-01-01 00:00:00+00' + (at_ms / 1000) * interval '1 second'
                 + (at_ms % 1000) * interval '1 millisecond'
       END AS at,
       actor AS who,
       input,
       cause_key,
       data
FROM log_event;

-- Where each shard's log ends and who may write to it.
CREATE VIEW shard_heads AS
SELECT log_shard.shard,
       log_shard.next AS events,
       encode(log_shard.hash, 'hex') AS hash,
       log_shard.fence,
       CASE WHEN log_lease.expires_at > clock_timestamp() THEN log_lease.holder END AS holder,
       log_lease.expires_at
FROM log_shard
JOIN log_lease ON log_lease.shard = log_shard.shard;

-- Each placement as of now: of one row, `as_of` is the event after which it stood so.
CREATE VIEW placements_now AS
SELECT log_view.shard,
       log_view.as_of,
       log_view.content ->> 'tenant' AS tenant,
       log_view.content ->> 'placement' AS placement,
       log_view.content ->> 'state' AS state,
       (log_view.content ->> 'since')::timestamptz AS since,
       (log_view.content ->> 'version')::bigint AS version,
       (log_view.content ->> 'updated')::timestamptz AS updated
FROM log_view
WHERE log_view.view = 'placements';

-- The days on which a placement worked without coverage in force: a row for each run of days, as counted on `until`.
CREATE VIEW coverage_gaps AS
SELECT log_view.shard,
       log_view.as_of,
       log_view.content ->> 'tenant' AS tenant,
       log_view.content ->> 'placement' AS placement,
       (gap.value ->> 'first')::date AS first_day,
       (gap.value ->> 'last')::date AS last_day,
       (gap.value ->> 'days')::bigint AS days,
       gap.value ->> 'by' AS known_by,
       gap.value ->> 'held' AS held,
       (gap.value ->> 'known_position')::bigint AS known_position,
       (log_view.content ->> 'until')::date AS until
FROM log_view, jsonb_array_elements(log_view.content -> 'gaps') AS gap (value)
WHERE log_view.view = 'gaps';

-- How far the two views above have come, beside how far the log has.
CREATE VIEW views_reach AS
SELECT log_shard.shard,
       log_view_head.view,
       log_view_head.next AS events_seen,
       log_shard.next AS events
FROM log_view_head
JOIN log_shard ON log_shard.shard = log_view_head.shard;

-- What SQL is told of a record's events beside their rows, as one JSON text: an array with an object for each, in their
-- order. Kept once for a record it is less work for the server than columns of every event, which rows from before still
-- have. Each statement is one that PostgreSQL's kin understand too.
ALTER TABLE log_record ADD COLUMN told text;

ALTER TABLE log_event ALTER COLUMN schema DROP NOT NULL;
ALTER TABLE log_event ALTER COLUMN input DROP NOT NULL;
ALTER TABLE log_event ALTER COLUMN cause_key DROP NOT NULL;
ALTER TABLE log_event ALTER COLUMN actor DROP NOT NULL;

CREATE OR REPLACE VIEW events AS
SELECT log_event.shard,
       log_event.position,
       log_event.stream,
       split_part(log_event.stream, '/', 1) AS workflow,
       split_part(log_event.stream, '/', 2) AS tenant,
       split_part(log_event.stream, '/', 3) AS key,
       log_event.version AS seq,
       log_event.kind AS type,
       COALESCE(log_event.schema, (said.event ->> 'schema')::integer) AS schema,
       CASE WHEN log_event.at_ms BETWEEN -62135596800000 AND 253402300799999
            THEN timestamptz '1970-01-01 00:00:00+00' + (log_event.at_ms / 1000) * interval '1 second'
                 + (log_event.at_ms % 1000) * interval '1 millisecond'
       END AS at,
       COALESCE(log_event.actor, said.event ->> 'actor') AS who,
       COALESCE(log_event.input, said.event ->> 'input') AS input,
       COALESCE(log_event.cause_key, said.event ->> 'key') AS cause_key,
       COALESCE(log_event.data, said.event -> 'data') AS data
FROM log_event
LEFT JOIN log_record ON log_record.shard = log_event.shard AND log_record.first = log_event.record
-- The offset has each text be read once, not once for each column.
LEFT JOIN LATERAL (
    SELECT log_record.told::jsonb -> (log_event.position - log_event.record)::integer AS event OFFSET 0
) AS said ON true;

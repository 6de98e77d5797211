-- A record may be kept squeezed from here on. An older program would take that for damage, and refuses by the version.
COMMENT ON COLUMN log_record.bytes IS
    'The record, or its squeezed form where that is smaller: docs/postgres.md. The hash is the record''s.';

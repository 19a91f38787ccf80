-- The ledger of version 1 as it was released; never edited.

CREATE TABLE chargestead_schema (
    version INTEGER NOT NULL,
    touched_at BIGINT NOT NULL
);

CREATE TABLE chargestead_sessions (
    id INTEGER NOT NULL,
    uid VARCHAR(255) NOT NULL,
    station_id VARCHAR(255) NOT NULL,
    connector_id INTEGER NOT NULL,
    transaction_id VARCHAR(255) NOT NULL,
    issued_id BIGINT,
    id_token VARCHAR(255),
    driver_id VARCHAR(255),
    vehicle_id VARCHAR(255),
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    register_start_mwh BIGINT,
    register_last_mwh BIGINT,
    register_last_at BIGINT,
    register_stop_mwh BIGINT,
    stop_reason VARCHAR(255),
    stop_id_token VARCHAR(255),
    remote_start_id BIGINT,
    flags VARCHAR(255) NOT NULL,
    tariff_id VARCHAR(255),
    price_snapshot_id BIGINT,
    statement_id BIGINT,
    CONSTRAINT pk_chargestead_sessions PRIMARY KEY (id),
    CONSTRAINT uq_chargestead_sessions_uid UNIQUE (uid)
);

CREATE INDEX ix_chargestead_sessions_issued_id ON chargestead_sessions (issued_id);

CREATE INDEX ix_chargestead_sessions_station_id_transaction_id_started_at ON chargestead_sessions (station_id, transaction_id, started_at);

CREATE INDEX ix_chargestead_sessions_started_at ON chargestead_sessions (started_at);

CREATE INDEX ix_chargestead_sessions_station_id_started_at ON chargestead_sessions (station_id, started_at);

CREATE INDEX ix_chargestead_sessions_ended_at_station_id_started_at ON chargestead_sessions (ended_at, station_id, started_at);

CREATE TABLE chargestead_registers (
    station_id VARCHAR(255) NOT NULL,
    connector_id INTEGER NOT NULL,
    at BIGINT NOT NULL,
    register_mwh BIGINT NOT NULL,
    CONSTRAINT pk_chargestead_registers PRIMARY KEY (station_id, connector_id)
)
 WITHOUT ROWID;

CREATE TABLE chargestead_readings (
    session_id INTEGER NOT NULL,
    at BIGINT NOT NULL,
    context SMALLINT NOT NULL,
    register_mwh BIGINT NOT NULL,
    signed TEXT,
    CONSTRAINT pk_chargestead_readings PRIMARY KEY (session_id, at, context),
    CONSTRAINT fk_chargestead_readings_session_id FOREIGN KEY(session_id) REFERENCES chargestead_sessions (id)
)
 WITHOUT ROWID;

-- Times are UTC text of fixed width, so that their order is the order of the text.

create table run (
    id text primary key,
    pipeline text not null,
    environment text not null,
    status text not null,
    started text not null,
    ended text,
    owner text not null
);
create index run_by_pipeline on run (pipeline, environment, started);
create index run_by_start on run (started);

create table event (
    id integer primary key autoincrement,
    run text not null,
    kind text not null,
    at text not null,
    body text not null
);
create index event_by_run on event (run, id);
create index event_by_kind on event (kind, id);

create table version (
    number integer primary key autoincrement,
    dataset text not null,
    id text not null,
    run text not null,
    created text not null,
    columns text not null,
    parts text not null,
    fingerprint text not null,
    inputs text not null,
    code text not null,
    unique (dataset, id)
);

-- Each way a version was made: other code may give equal bytes, and is then known by both.
create table making (
    dataset text not null,
    fingerprint text not null,
    version text not null,
    inputs text not null,
    code text not null,
    primary key (dataset, fingerprint),
    foreign key (dataset, version) references version (dataset, id)
) without rowid;

-- The pointers of each environment. `kind` is visible (readers see it) or held.
create table ref (
    environment text not null,
    dataset text not null,
    version text not null,
    kind text not null,
    pipeline text not null,
    primary key (environment, dataset),
    foreign key (dataset, version) references version (dataset, id)
) without rowid;

create table release (
    environment text not null,
    number integer not null,
    kind text not null,
    pipeline text not null,
    run text not null,
    published text not null,
    because text not null,
    code text,
    dirty integer not null,
    verdicts text not null,
    metrics text not null,
    author text not null,
    restores integer,
    only text,
    primary key (environment, number)
) without rowid;

-- All the pointers of an environment, as they stood after a release.
create table release_item (
    environment text not null,
    number integer not null,
    dataset text not null,
    version text not null,
    kind text not null,
    pipeline text not null,
    primary key (environment, number, dataset),
    foreign key (environment, number) references release (environment, number),
    foreign key (dataset, version) references version (dataset, id)
) without rowid;
create index release_item_by_dataset on release_item (environment, dataset, number, version);

create table measurement (
    run text not null,
    dataset text not null,
    version text not null,
    metric text not null,
    value real,
    at text not null,
    primary key (run, dataset, version, metric)
) without rowid;
create index measurement_by_metric on measurement (dataset, metric, at);

-- What a suite said of a version; neither ever changes, so it need not be asked again.
create table gate_result (
    dataset text not null,
    version text not null,
    suite text not null,
    verdict text not null,
    outcomes text not null,
    run text not null,
    at text not null,
    primary key (dataset, version, suite)
) without rowid;

-- A row stays when its lease ends, because its token must only ever grow.
create table lease (
    name text primary key,
    owner text not null,
    token integer not null,
    pid integer not null,
    host text not null,
    place text not null,
    process text not null,
    since text not null,
    expires text not null
) without rowid;

create table seen_file (
    path text primary key,
    size integer not null,
    mtime_ns integer not null,
    ctime_ns integer not null,
    inode integer not null,
    digest text not null,
    noted_ns integer not null
) without rowid;

create table cursor (
    name text primary key,
    position integer not null
) without rowid;

-- Models that were made of a release, as those who made them say. `metrics` is JSON.
create table model (
    number integer primary key autoincrement,
    name text not null,
    environment text not null,
    release integer not null,
    run text not null,
    at text not null,
    author text not null,
    metrics text not null,
    location text not null,
    foreign key (environment, release) references release (environment, number)
);
create index model_by_release on model (environment, release);
create index model_by_name on model (name, number);

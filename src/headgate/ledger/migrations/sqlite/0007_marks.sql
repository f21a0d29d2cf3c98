-- Names that people gave to releases. What a tag names is kept.
create table tag (
    name text primary key,
    environment text not null,
    number integer not null,
    created text not null,
    author text not null,
    message text not null,
    foreign key (environment, number) references release (environment, number)
) without rowid;

-- What people want kept: a release (`environment` and `number`), or a version of a dataset.
create table pin (
    subject text primary key,
    environment text,
    number integer,
    dataset text,
    version text,
    created text not null,
    author text not null,
    because text not null,
    foreign key (environment, number) references release (environment, number),
    foreign key (dataset, version) references version (dataset, id)
) without rowid;

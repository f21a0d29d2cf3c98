-- Names that people gave to releases. What a tag names is kept.
create table tag (
    name text collate "C" primary key,
    environment text collate "C" not null,
    number bigint not null,
    created text collate "C" not null,
    author text collate "C" not null,
    message text collate "C" not null,
    foreign key (environment, number) references release (environment, number)
);

-- What people want kept: a release (`environment` and `number`), or a version of a dataset.
create table pin (
    subject text collate "C" primary key,
    environment text collate "C",
    number bigint,
    dataset text collate "C",
    version text collate "C",
    created text collate "C" not null,
    author text collate "C" not null,
    because text collate "C" not null,
    foreign key (environment, number) references release (environment, number),
    foreign key (dataset, version) references version (dataset, id)
);

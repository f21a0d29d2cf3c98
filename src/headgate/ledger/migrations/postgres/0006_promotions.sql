-- Where the pointers of a release came from, such as `prod@3`, where a run did not make them anew.
alter table release add column origin text collate "C" not null default '';

-- What somebody asked to promote: `moves` is JSON, dataset to version before and after, and `digest`
-- the hash of it. `status` is asked, done, or overtaken by a later request.
create table promotion (
    id text collate "C" primary key,
    source text collate "C" not null,
    target text collate "C" not null,
    digest text collate "C" not null,
    author text collate "C" not null,
    asked text collate "C" not null,
    moves text collate "C" not null,
    status text collate "C" not null
);
create index promotion_by_target on promotion (target, source, asked);

-- An approval is for the moves of one request, and counts for no other.
create table approval (
    promotion text collate "C" not null,
    author text collate "C" not null,
    at text collate "C" not null,
    comment text collate "C" not null,
    primary key (promotion, author),
    foreign key (promotion) references promotion (id)
);

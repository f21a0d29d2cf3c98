-- Where the pointers of a release came from, such as `prod@3`, where a run did not make them anew.
alter table release add column origin text not null default '';

-- What somebody asked to promote: `moves` is JSON, dataset to version before and after, and `digest`
-- the hash of it. `status` is asked, done, or overtaken by a later request.
create table promotion (
    id text primary key,
    source text not null,
    target text not null,
    digest text not null,
    author text not null,
    asked text not null,
    moves text not null,
    status text not null
) without rowid;
create index promotion_by_target on promotion (target, source, asked);

-- An approval is for the moves of one request, and counts for no other.
create table approval (
    promotion text not null,
    author text not null,
    at text not null,
    comment text not null,
    primary key (promotion, author),
    foreign key (promotion) references promotion (id)
) without rowid;

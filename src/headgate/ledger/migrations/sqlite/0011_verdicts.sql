-- What `headgate ci` said of a commit; `dirty` is 1 where files were judged that are not in it as they are.
-- `body` is the whole verdict, as JSON.
create table ci_verdict (
    number integer primary key autoincrement,
    code text not null,
    base text not null,
    status text not null,
    dirty integer not null,
    at text not null,
    author text not null,
    body text not null
);
create index ci_verdict_by_code on ci_verdict (code, number);
-- Which commit runs in an environment from when on. `made` and `committed` are when the commit was
-- written and committed, `commits` those that came with it, as JSON, newest first.
create table deployment (
    number integer primary key autoincrement,
    environment text not null,
    code text not null,
    came_from text,
    at text not null,
    author text not null,
    made text not null,
    committed text not null,
    commits text not null,
    verdict integer,
    status text not null,
    reason text not null
);
create index deployment_by_environment on deployment (environment, number);

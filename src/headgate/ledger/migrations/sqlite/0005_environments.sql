-- Environments that were made on purpose. One without a row here, such as the first, stands by itself.
-- `base` and `number` name the release it began from; `sampled` is JSON, and says what it holds of it.
create table environment (
    name text primary key,
    base text not null,
    number integer not null,
    fixed integer not null,
    created text not null,
    author text not null,
    expires text,
    sampled text not null
) without rowid;

-- What people did, each row sealed with the row before it: `digest` is the hash of both.
create table audit (
    number integer primary key,
    at text not null,
    author text not null,
    action text not null,
    environment text not null,
    subject text not null,
    body text not null,
    digest text not null
);

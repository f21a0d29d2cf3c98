-- What was measured of one part of a table: `part` is the hash of its bytes, `piece` that of what
-- was measured.
create table partial (
    part text not null,
    piece text not null,
    body blob not null,
    primary key (part, piece)
) without rowid;

-- The same of the first parts of a table together; `chain` is the hash of their hashes, in order.
create table total (
    number integer primary key autoincrement,
    dataset text not null,
    piece text not null,
    chain text not null,
    body blob not null,
    unique (dataset, piece, chain)
);

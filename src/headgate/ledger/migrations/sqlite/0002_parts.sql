-- Each part once, however many versions share it; `unique_key` and `statistics` are JSON.
create table part (
    digest text primary key,
    size integer not null,
    rows integer not null,
    unique_key text not null,
    statistics text not null
);

insert into part (digest, size, rows, unique_key, statistics)
select
    json_extract(held.value, '$.digest'),
    json_extract(held.value, '$.size'),
    json_extract(held.value, '$.rows'),
    json_extract(held.value, '$.unique'),
    json_extract(held.value, '$.statistics')
from version, json_each(version.parts) as held
where true
on conflict (digest) do nothing;

-- What is known of all parts together; null where it has to be put together from theirs.
alter table version add column statistics text;
alter table version add column unique_key text not null default '[]';

update version
set statistics = json_extract(parts, '$[0].statistics')
where json_array_length(parts) = 1;

-- From now on a version lists the digest and the path of each of its parts.
update version
set parts = (
    select json_group_array(
        json_array(json_extract(held.value, '$.digest'), json_extract(held.value, '$.path'))
    )
    from json_each(version.parts) as held
);

-- How each environment knows a version that it holds: of which files, inputs and code it was made, what
-- was read or computed behind it, and the rows set aside beside it. Without a row it is as in `version`.
create table holding (
    environment text not null,
    dataset text not null,
    version text not null,
    fingerprint text not null,
    inputs text not null,
    code text not null,
    whole text not null,
    aside text not null,
    primary key (environment, dataset, version),
    foreign key (dataset, version) references version (dataset, id)
) without rowid;
insert into holding (environment, dataset, version, fingerprint, inputs, code, whole, aside)
select ref.environment, ref.dataset, ref.version, version.fingerprint, version.inputs, version.code,
    version.whole, version.aside
from ref join version on version.dataset = ref.dataset and version.id = ref.version;

-- How each environment knows a version that it holds: of which files, inputs and code it was made, what
-- was read or computed behind it, and the rows set aside beside it. Without a row it is as in `version`.
create table holding (
    environment text collate "C" not null,
    dataset text collate "C" not null,
    version text collate "C" not null,
    fingerprint text collate "C" not null,
    inputs text collate "C" not null,
    code text collate "C" not null,
    whole text collate "C" not null,
    aside text collate "C" not null,
    primary key (environment, dataset, version),
    foreign key (dataset, version) references version (dataset, id)
);
insert into holding (environment, dataset, version, fingerprint, inputs, code, whole, aside)
select ref.environment, ref.dataset, ref.version, version.fingerprint, version.inputs, version.code,
    version.whole, version.aside
from ref join version on version.dataset = ref.dataset and version.id = ref.version;

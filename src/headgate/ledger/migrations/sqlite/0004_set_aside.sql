-- A version may be what is left of another one, its `whole`, after rows were set aside at a gate.
-- `aside` is the version of `_quarantine/<dataset>` that keeps all rows that are not in it.
alter table version add column whole text not null default '';
alter table version add column aside text not null default '';
alter table making add column aside text not null default '';

-- What is left of the version that was judged, and its rows that were set aside.
alter table gate_result add column good text not null default '';
alter table gate_result add column aside text not null default '';

-- Runs that somebody asked for, and that a worker takes. `status` is waiting, taken or done.
-- `body` is JSON: what was asked of the run. `run` is the run of the newest attempt, `ending` how it ended.
create table run_request (
    number integer primary key autoincrement,
    pipeline text not null,
    environment text not null,
    asked text not null,
    author text not null,
    code text,
    body text not null,
    status text not null,
    attempts integer not null,
    run text,
    ended text,
    ending text,
    message text not null
);
create index run_request_by_status on run_request (environment, status, number);

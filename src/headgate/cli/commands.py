"""The names of commands, where each one is, and what it does in a line."""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[str, tuple[str, str]]

COMMANDS: Table = {
    "init": ("headgate.cli.init", "Write a new project, empty or with a working example."),
    "run": ("headgate.cli.run", "Run pipelines through their gates and publish."),
    "validate": ("headgate.cli.validate", "Judge datasets or any file, and publish nothing."),
    "lint": ("headgate.cli.lint", "Look for mistakes in the project, without running it."),
    "test": ("headgate.cli.test", "Run the tests of the steps, on the rows that they give."),
    "plan": ("headgate.cli.plan", "Show what a run would do, and why."),
    "ci": ("headgate.cli.ci", "Judge a change, its code and its data, before it is merged."),
    "deploy": ("headgate.cli.deploy", "Say that a commit now runs in an environment."),
    "worker": ("headgate.cli.worker", "Run what is in the queue, and help other workers."),
    "status": ("headgate.cli.status", "Show what is served, how old it is and what is held back."),
    "show": ("headgate.cli.show", "Show a run, or a dataset at a version."),
    "report": ("headgate.cli.report", "Write what is known of every dataset as one page."),
    "audit": ("headgate.cli.audit", "List what people did, and verify the log of it."),
    "data": ("headgate.cli.groups:data", "Look at versions, roll back, see rows."),
    "quality": ("headgate.cli.groups:quality", "Look at data, and find checks for it."),
    "contract": ("headgate.cli.groups:contract", "Check contracts, and data by them."),
    "env": ("headgate.cli.groups:env", "Make environments, and promote from one to another."),
    "model": ("headgate.cli.groups:model", "Remember which data a model was made of."),
    "import": ("headgate.cli.groups:import_", "Take over what other tools keep."),
}
DATA_COMMANDS: Table = {
    "log": ("headgate.cli.data:log", "List the releases of an environment."),
    "diff": ("headgate.cli.diff:diff", "Show how the data of two releases differs."),
    "rollback": ("headgate.cli.data:rollback", "Serve an earlier release again."),
    "checkout": ("headgate.cli.checkout", "Put an earlier release into the working tree."),
    "export": ("headgate.cli.export", "Write a dataset to a CSV or Parquet file."),
    "compact": ("headgate.cli.compact", "Join the small files of what is appended."),
    "gc": ("headgate.cli.gc", "Remove data that nobody needs any more."),
    "tag": ("headgate.cli.marks:tag", "Give a release a name, and keep it."),
    "pin": ("headgate.cli.marks:pin", "Keep a release or a version, whatever its age."),
    "unpin": ("headgate.cli.marks:take_away", "Take a pin away."),
    "push": ("headgate.cli.transfers:push", "Send versions and releases to a remote."),
    "pull": ("headgate.cli.transfers:pull", "Bring versions and releases from a remote."),
    "verify": ("headgate.cli.verify", "Hash all data again, and mend it from a remote."),
    "rows": ("headgate.cli.data:rows", "Show the rows that a gate set aside."),
    "remote": ("headgate.cli.groups:remote", "Add, list and remove remotes."),
}
MODEL_COMMANDS: Table = {
    "list": ("headgate.cli.model:list_models", "List the models that were made of releases."),
    "record": ("headgate.cli.model:record", "Say that a model was made of a release."),
}
QUALITY_COMMANDS: Table = {
    "profile": ("headgate.cli.quality:profile", "Show what a dataset or file holds."),
    "suggest": ("headgate.cli.quality:suggest", "Suggest checks, with the evidence for each."),
    "backtest": ("headgate.cli.quality:backtest", "Try checks on past versions of a dataset."),
    "replay": ("headgate.cli.replay", "Judge the rows that are set aside again."),
    "dismiss": ("headgate.cli.dismiss", "Let go of rows that could not be read."),
}
ENV_COMMANDS: Table = {
    "list": ("headgate.cli.environments:list_", "List the environments and what they serve."),
    "create": ("headgate.cli.environments:create", "Begin an environment from a release."),
    "diff": ("headgate.cli.environments:diff", "Show what differs between two environments."),
    "promote": ("headgate.cli.promote:promote_", "Move what one serves to another."),
    "approve": ("headgate.cli.promote:approve_", "Approve a promotion that somebody asked for."),
    "drop": ("headgate.cli.environments:drop", "End an environment."),
    "sandbox": ("headgate.cli.sandbox", "Make an environment with a sample of a release."),
}
CONTRACT_COMMANDS: Table = {
    "check": ("headgate.cli.contract_check", "Judge data by a contract, and publish nothing."),
    "compatibility": ("headgate.cli.contract_compatibility", "Judge how Avro schemas changed."),
    "diff": ("headgate.cli.contract_diff", "Show what changed in a contract, and whom it breaks."),
    "example": ("headgate.cli.contract_example", "Print rows that keep to a contract."),
    "export": ("headgate.cli.contract_export", "Print a contract in another format."),
    "import": ("headgate.cli.contract_import", "Write a contract of what other formats say."),
    "lint": ("headgate.cli.contract_lint", "List what is wrong with contracts."),
    "show": ("headgate.cli.contract_show", "Show what a dataset promises."),
    "sla": ("headgate.cli.contract_sla", "Show the service levels promised, and how they are met."),
}
REMOTE_COMMANDS: Table = {
    "add": ("headgate.cli.remote:add", "Write a remote into headgate.yml."),
    "list": ("headgate.cli.remote:list_", "List the remotes of the project."),
    "remove": ("headgate.cli.remote:remove", "Take a remote out of headgate.yml."),
}
IMPORT_COMMANDS: Table = {
    "dvc": ("headgate.cli.import_dvc", "Make versions of what DVC keeps."),
}

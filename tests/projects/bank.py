"""A small bank's repository: customers with personal data, their accounts, and payments."""

from __future__ import annotations

from pathlib import Path

from tests.projects.shop import Shop

KEY = "kEy-0f-a-test-2f81c6e0"
PIPELINE = """
name: bank
owner: ada
sources:
  customers: {path: data/raw/customers.csv, key: [id], arrives: upsert}
  accounts: data/raw/accounts.csv
  payments:
    path: data/raw/payments.csv
    checks:
      - reference: {columns: account, to: accounts, keys: iban}
      - between: {column: amount, low: 0, high: 100000}
steps:
  statements:
    run: transformations/statements.sql
    path: data/out/statements.parquet
publish: [customers, statements]
"""
STATEMENTS = """
select customers.id, customers.email, accounts.iban, count(*) as payments, sum(amount) as total
from payments
join accounts on payments.account = accounts.iban
join customers on accounts.owner = customers.id
group by all
order by all
"""
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: one
version: 1.0.0
schema:
  - name: customers
    properties:
      - {name: id, logicalType: integer, primaryKey: true, classification: restricted}
      - {name: email, logicalType: string, required: true, classification: restricted,
         logicalTypeOptions: {pattern: '^[a-z]{4,9}[0-9]*@[a-z]{4}[.]example$'}}
      - name: born
        logicalType: date
        classification: confidential
        customProperties:
          - {property: anonymizationStrategy, value: {strategy: generalise, to: year}}
      - {name: town, logicalType: string, enum: [{value: Ulm}, {value: Jena}]}
  - name: accounts
    properties:
      - {name: iban, logicalType: string, primaryKey: true, classification: restricted,
         logicalTypeOptions: {pattern: 'DE[0-9]{20}'}}
      - {name: owner, logicalType: integer, required: true,
         relationships: [{type: foreignKey, to: customers.id}]}
  - name: payments
    properties:
      - {name: no, logicalType: integer, primaryKey: true}
      - {name: account, logicalType: string, required: true,
         relationships: [{type: foreignKey, to: accounts.iban}]}
      - {name: amount, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 500}}
"""
CUSTOMERS, ACCOUNTS, PAYMENTS = 400, 600, 3000


def email(n: int) -> str:
    return f"person{n:03}@bank.example"


def iban(n: int) -> str:
    return f"DE{n * 7919 + 10**18:020}"


def make(folder: Path, settings: str = "") -> Shop:
    """The bank's repository, with its first deliveries."""
    bank = Shop(folder)
    bank.write("headgate.yml", f"name: bank\n{settings}")
    bank.write("pipelines/bank.yml", PIPELINE)
    bank.write("transformations/statements.sql", STATEMENTS)
    bank.write("contracts/bank.yaml", CONTRACT)
    towns = ("Ulm", "Jena")
    people = [
        f"{n},{email(n)},19{40 + n % 60}-0{1 + n % 9}-1{n % 9},{towns[n % 4 == 0]}"
        for n in range(CUSTOMERS)
    ]
    accounts = [f"{iban(n)},{n * 3 % CUSTOMERS}" for n in range(ACCOUNTS)]
    payments = [f"{n},{iban(n * 11 % ACCOUNTS)},{n % 400}.5" for n in range(PAYMENTS)]
    bank.deliver("id,email,born,town\n" + "\n".join(people) + "\n", "customers.csv")
    bank.deliver("iban,owner\n" + "\n".join(accounts) + "\n", "accounts.csv")
    bank.deliver("no,account,amount\n" + "\n".join(payments) + "\n", "payments.csv")
    return bank

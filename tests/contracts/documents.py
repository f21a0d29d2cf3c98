"""Contracts of our own, of each version of the standard, that together use all of its parts."""

from __future__ import annotations

V30 = """
version: 1.1.0
apiVersion: v3.0.2
kind: DataContract
id: sensors-30
status: active
name: readings
tenant: works
domain: climate
dataProduct: air
tags: [air, raw]
description:
  purpose: What the sensors measured.
  limitations: none
  usage: for anybody
authoritativeDefinitions:
  - {url: "https://example.org/air", type: definition}
servers:
  - {server: here, type: local, path: ./data, format: parquet}
schema:
  - name: readings
    logicalType: object
    physicalType: table
    physicalName: readings_v1
    businessName: Readings
    description: One row a reading.
    dataGranularityDescription: A reading.
    tags: [raw]
    properties:
      - name: id
        logicalType: integer
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: internal
        quality:
          - {rule: nullCheck, type: library, dimension: completeness, severity: error}
          - {rule: duplicateCount, type: library, mustBeLessThan: 1, unit: rows}
      - name: kind
        logicalType: string
        physicalType: varchar(10)
        logicalTypeOptions: {minLength: 1, maxLength: 10, pattern: "^[a-z]+$"}
        partitioned: true
        partitionKeyPosition: 1
        criticalDataElement: false
        transformSourceObjects: [raw.readings]
        transformLogic: lower(kind)
        transformDescription: in small letters
        examples: [air, water]
        quality:
          - {rule: validValues, type: library, validValues: [air, water]}
      - {name: level, logicalType: integer, logicalTypeOptions: {minimum: 0, exclusiveMinimum: true}}
      - name: seen_at
        logicalType: date
        logicalTypeOptions: {minimum: "2020-01-01", format: yyyy-MM-dd}
    quality:
      - {rule: rowCount, type: library, mustBeBetween: [1, 1000]}
      - {type: text, description: Readings come from calibrated sensors.}
      - {type: sql, query: "select count(*) from {object}", mustBeGreaterThan: 0}
      - {type: custom, engine: soda, implementation: "row_count > 0"}
price: {priceAmount: 9.95, priceCurrency: EUR, priceUnit: month}
team:
  - {username: ada, role: owner, dateIn: "2020-01-01"}
roles:
  - {role: reader, access: read, firstLevelApprovers: ada}
slaDefaultElement: readings.seen_at
slaProperties:
  - {property: latency, value: 4, unit: d, element: readings.seen_at}
support:
  - {channel: "#air", tool: slack, url: "https://example.org/chat"}
customProperties:
  - {property: color, value: blue}
contractCreatedTs: "2024-01-01T00:00:00Z"
"""

V31 = """
version: 2.0.0
apiVersion: v3.1.0
kind: DataContract
id: shop-31
status: draft
name: shop
schema:
  - id: customers_tbl
    name: customers
    properties:
      - {id: id_col, name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 2}
      - {name: country, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
      - name: email
        logicalType: string
        logicalTypeOptions: {format: email}
        unique: true
        tags: [pii]
        quality:
          - {metric: missingValues, arguments: {missingValues: [null, "", n/a]}, mustBeLessThan: 5, unit: percent}
          - {metric: duplicateValues, mustBeLessOrEqualTo: 3}
      - {name: born_at, logicalType: timestamp, logicalTypeOptions: {exclusiveMinimum: "1900-01-01T00:00:00", timezone: false}}
      - {name: wakes_at, logicalType: time, logicalTypeOptions: {maximum: "12:00:00"}}
      - {name: score, logicalType: number, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 10, multipleOf: 0.5, format: f64}}
      - {name: level, logicalType: integer, logicalTypeOptions: {format: i8, multipleOf: 2}}
      - {name: active, logicalType: boolean}
      - name: address
        logicalType: object
        properties:
          - {name: street, logicalType: string}
      - name: phones
        logicalType: array
        logicalTypeOptions: {minItems: 1, maxItems: 3, uniqueItems: true}
        items: {logicalType: string}
    quality:
      - {metric: rowCount, mustNotBe: 0, severity: warning, businessImpact: no shop}
      - {metric: duplicateValues, arguments: {properties: [country, email]}, mustBe: 0}
      - {type: custom, engine: headgate, implementation: {between: {column: level, low: 0, high: 9}}}
      - {type: custom, engine: greatExpectations, implementation: {type: expect_table_column_count_to_equal, kwargs: {value: 10}}}
  - name: orders
    relationships:
      - {type: foreignKey, from: [orders.customer, orders.country], to: [customers.id, customers.country]}
    properties:
      - {name: number, logicalType: integer, primaryKey: true}
      - {name: customer, logicalType: integer, relationships: [{to: /schema/customers_tbl/properties/id_col}]}
      - {name: country, logicalType: string, relationships: [{to: customers.country}]}
team:
  name: shop team
  members: [{username: ada, role: owner}]
"""

V32 = """
version: 3.1.4
apiVersion: v3.2.0
kind: DataContract
id: planes-32
name: planes
status: active
context:
  instructions: ask the tower
  constraints: [{constraint: no joyrides}]
  verifiedStatements: [{question: How many, answer: Enough.}]
servers:
  - {server: here, type: duckdb, database: x.db, schema: main}
schema:
  - name: planes
    context: what can fly
    deprecated: false
    synonyms: [{synonym: aircraft, locale: en}]
    customProperties: [{property: removalDate, value: "2027-01-31", vendor: us}]
    properties:
      - name: tail
        logicalType: string
        physicalType: VARCHAR
        required: true
        classification: restricted
        encryptedName: tail_hash
        customProperties: [{property: anonymizationStrategy, value: hmac}]
      - name: kind
        logicalType: string
        enum: [{value: jet, label: Jet, description: fast}, {value: prop}]
      - name: seats
        logicalType: integer
        semanticType: column
        physicalType: BIGINT
        quality:
          - {metric: invalidValues, arguments: {validValues: [2, 4, 100]}, mustBeLessOrEqualTo: 10, unit: percent, dimension: conformity}
          - {metric: nullValues, mustBe: 0, severity: info, name: seats are known}
          - {type: sql, query: "SELECT max(${property}) FROM ${object}", mustBeBetween: [1, 900]}
      - name: labels
        logicalType: map
        map:
          key: {logicalType: string}
          value: {logicalType: number}
      - name: shape
        logicalType: vector
        logicalTypeOptions: {dimensions: 3, elementType: float32, distanceMetric: cosine}
      - {name: owner, logicalType: string, relationships: [{to: "people.yaml#/schema/people/properties/name"}]}
      - {name: fleet, logicalType: integer, semanticType: measure, transformLogic: count(*)}
      - {name: built, logicalType: date, physicalType: TIMESTAMP, logicalTypeOptions: {minimum: "1950-01-01 00:00:00"}}
slaProperties:
  - {property: frequency, value: 1, unit: d, driver: operational}
  - {property: endOfLife, value: "2030-01-01"}
"""

ALL = {"3.0": V30, "3.1": V31, "3.2": V32}

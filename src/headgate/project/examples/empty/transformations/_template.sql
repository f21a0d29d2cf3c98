-- A step in SQL. Copy this file to transformations/daily_sales.sql, say, and change it.
SELECT ordered_on, count(*) AS orders, sum(amount) AS amount
FROM orders
GROUP BY ordered_on

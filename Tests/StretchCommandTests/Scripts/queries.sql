-- stretched
DECLARE @year int = 2004, @name nvarchar(20) = N'it''s', @price decimal(10, 2) = 1.50, @at datetime = '2026-02-26T13:45:00';
SELECT count(*) FROM orders WHERE year <= @Year;
SELECT @name, @price, @at, typeof(@price), @nothing;
SELECT @name, @price, @at, typeof(@price);
DECLARE @count int = (SELECT count(*) FROM orders);
PRINT 'orders: ' + CAST(@count AS nvarchar(10));
INSERT INTO orders(year, total) VALUES(@year, 7.25) RETURNING id, year, total;
INSERT INTO orders(id, year, total) VALUES(2, 2002, 1.25) ON CONFLICT(id) DO UPDATE SET total = total + 100;
INSERT INTO orders(id, year, total) VALUES(2, 2002, 1.25);
SELECT id, total FROM orders WHERE id IN (2, 11) ORDER BY id;
UPDATE orders SET total = 50.5 WHERE id = 3;
DELETE FROM orders WHERE id = 4;
SELECT count(*), sum(total) FROM orders;
SELECT * FROM missing;
SELEKT 1;
CREATE TRIGGER noted AFTER DELETE ON orders BEGIN SELECT 1; SELECT 2; END;
ALTER TABLE orders ADD COLUMN note TEXT DEFAULT 'none';
SELECT id, note FROM orders WHERE id = 1;
DROP TABLE orders;
PRAGMA query_only = ON;
DELETE FROM main.orders;
PRAGMA query_only = OFF;
GO
SELECT @year;

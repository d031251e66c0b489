-- stretched
EXEC sp_rda_reconcile_columns N'orders';
ALTER TABLE orders ADD COLUMN note TEXT;
CREATE INDEX by_total ON orders(total);
SELECT count(*) FROM sys.dm_db_rda_schema_update_status;
EXEC sp_rda_reconcile_columns @objname = N'orders';
EXEC sp_rda_reconcile_indexes @objname = N'dbo.orders';
EXEC sp_rda_reconcile_indexes N'missing';
EXEC sp_rda_reconcile_columns N'missing';
EXEC sp_rda_reconcile_batch N'missing';
EXEC sp_rda_reconcile_columns;
ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = PAUSED));
EXEC sp_rda_reconcile_indexes N'orders';
EXEC sp_rda_set_rpo_duration 7;

USE app
PRINT 'one'
GO
PRINT 'two';
INSERT INTO t VALUES (1)
go 3
  GO -- a comment
GO 0
GO 99999999999
SELECT go FROM t;
SELECT 1 go
GO
/* a /* nested */ comment */ PRINT 'three' /* /* */ */ ; -- end
USE [other db] USE "third"
USE;
USE a b;
PRINT 'unclosed
GO
PRINT 'last' /* unclosed /* */

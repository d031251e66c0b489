// One import gives all names that this product's calls use.
@_exported public import StretchCore
@_exported public import StretchEngine
@_exported public import StretchSQLite
@_exported public import TransactSQL

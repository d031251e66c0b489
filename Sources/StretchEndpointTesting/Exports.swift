// The suite is given endpoints.
@_exported public import StretchEndpoint

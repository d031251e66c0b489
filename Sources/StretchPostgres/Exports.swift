// A provider is asked for endpoints.
@_exported public import StretchEndpoint
